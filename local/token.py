"""`python -m local.token`, which is `make token`: prints the bearer token of the running local stack."""

import os
import sys

import requests

from local.gateway.console import LOCAL_HEADER
from local.gateway.http_server import HOST
from local.ports import Ports

_SECONDS = 5.0


def main() -> int:
    """Print the token alone, or an error to standard error. Returns the exit code."""
    url = f"http://{HOST}:{os.environ.get('LOCAL_PORT') or Ports.api}"
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy for this machine
            answer = session.get(f"{url}/_local/session", headers={LOCAL_HEADER: "1"}, timeout=_SECONDS)
        print(answer.json()["token"])
    except (requests.RequestException, KeyError, TypeError):
        print(
            f"make token: no local run answers on {url}; start `make run`, or set LOCAL_PORT as it did", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
