"""A DOKU stand-in that answers token requests and status checks after a set latency, and counts the status checks.

It runs in its own process, so that it takes no time from the measured interpreter. It verifies tokens and signatures
with the simulator's code.
"""

import json
from collections import Counter
from typing import Self

from benchmarks.child_process import ChildProcess


class StandIn:
    """Serves at `url` until the end of the `with`. `secret` is the JSON of the merchant's secret."""

    def __init__(self, secret: str, latency: float = 0.0) -> None:
        self._child = ChildProcess("benchmarks.doku_server")
        self._child.send({"secret": json.loads(secret), "latency": latency})
        self.url = f"http://127.0.0.1:{self._child.receive()['port']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close()

    def asked(self) -> Counter[str]:
        """Status checks since the last `reset`, by reference. Raises RuntimeError if one was refused."""
        self._child.send({"asked": True})
        answer = self._child.receive()
        if answer["refused"]:
            raise RuntimeError(f"the stand-in refused {answer['refused']} requests: wrong token or signature")
        return Counter(answer["asked"])

    def reset(self) -> None:
        """Delete the counts."""
        self._child.send({"reset": True})
        self._child.receive()
