"""Print the token of the running local stack."""

import os

import requests

from tools.errors import CommandError


def print_token() -> None:
    """Print the token and nothing else, for `export TOKEN=$(make -s token)`. Raises CommandError."""
    port = os.environ.get("LOCAL_PORT") or "3000"
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/_local/session", headers={"X-Local-Console": "1"}, timeout=10)
        print(answer.json()["token"])
    except (requests.RequestException, ValueError, KeyError) as error:
        raise CommandError(
            f"no local run answers on port {port}; start `make run` first, or set LOCAL_PORT to its port"
        ) from error
