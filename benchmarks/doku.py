"""A DOKU that answers token and check status only, after a given time, and counts whom it was asked about.

It runs in a process of its own, so that it takes nothing of the interpreter that is measured. It verifies tokens and
signatures with the simulator's code, not with ours.
"""

import json
from collections import Counter
from typing import Self

from benchmarks.lines import Child


class StandIn:
    """Serves at `url` until the end of its `with`. `secret` is the merchant's JSON."""

    def __init__(self, secret: str, latency: float = 0.0) -> None:
        self._child = Child("benchmarks.doku_server")
        self._child.tell({"secret": json.loads(secret), "latency": latency})
        self.url = f"http://127.0.0.1:{self._child.hear()['port']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close()

    def asked(self) -> Counter[str]:
        """Status checks since the last `reset`, by reference. Raises RuntimeError where one was refused."""
        self._child.tell({"asked": True})
        heard = self._child.hear()
        if heard["refused"]:
            raise RuntimeError(f"the stand-in refused {heard['refused']} requests: wrong token or signature")
        return Counter(heard["asked"])

    def reset(self) -> None:
        """Count anew; whom it was asked about before is forgotten."""
        self._child.tell({"reset": True})
        self._child.hear()
