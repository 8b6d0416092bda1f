"""`python -m local.token`, which is `make token`: prints a bearer token of the running local stack.

`ROLE=approver` prints that of the person who approves batches.
"""

import os
import sys

import requests

from local.gateway.console import LOCAL_HEADER
from local.gateway.http_server import HOST
from local.ports import Ports

_SECONDS = 5.0
_FIELDS = {"user": "token", "approver": "approverToken"}


def main() -> int:
    """Print the token alone, or an error to standard error. Returns the exit code."""
    if (os.environ.get("ROLE") or "user") not in _FIELDS:
        print(f"make token: ROLE must be one of {', '.join(_FIELDS)}", file=sys.stderr)
        return 2
    url = f"http://{HOST}:{os.environ.get('LOCAL_PORT') or Ports.api}"
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy for this machine
            answer = session.get(f"{url}/_local/session", headers={LOCAL_HEADER: "1"}, timeout=_SECONDS)
        print(answer.json()[_FIELDS[os.environ.get("ROLE") or "user"]])
    except (requests.RequestException, KeyError, TypeError):
        print(
            f"make token: no local run answers on {url}; start `make run`, or set LOCAL_PORT as it did", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
