"""The local stack, for many callers at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from local.stack import LocalStack
from tests.support.harness import Answer

_PATIENCE = 60.0
"""Seconds for an answer, which take a fraction of one on a machine that does nothing else."""


ENVIRONMENTS = 8
"""Processes of the API, and the most of every other function."""


@contextmanager
def running(table_url: str | None = None, **parameters: str) -> Iterator["Deployment"]:
    """A local stack that is warm: all of the API's processes have answered once, and there is a token."""
    with LocalStack(concurrency=ENVIRONMENTS, table_url=table_url, parameters=parameters) as stack:
        deployment = Deployment(stack)
        while len(stack.functions["TransferApiFunction"].pids) < ENVIRONMENTS:
            all_at_once([lambda: deployment.request("GET", "/v1/balance")] * (2 * ENVIRONMENTS))
        yield deployment


def all_at_once(calls: Iterable[Callable[[], Any]], threads: int = 32) -> list[Any]:
    """Every call, so many at once; what they return, in order. Raises what the first one raised."""
    with ThreadPoolExecutor(threads) as pool:
        return [one.result() for one in [pool.submit(call) for call in calls]]


@dataclass
class Deployment:
    """Processes of their own behind HTTP, which share a table, a queue, DOKU and the clock.

    Every method may be called from any thread. Threads of one process would show less than they seem to: Powertools
    keeps the event in an attribute of a class, since an environment of Lambda has one invocation at a time.
    """

    stack: LocalStack

    def __post_init__(self) -> None:
        self.doku = self.stack.simulator

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        caller: str = "frontend-1",
    ) -> Answer:
        """Call the transfer API."""
        authorized = {"Authorization": f"Bearer {self.stack.token(sub=caller)}", **(headers or {})}
        answer = requests.request(method, self.stack.api_url + path, json=body, headers=authorized, timeout=_PATIENCE)
        titles = {name.title(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, titles, answer.json())

    def tick(self) -> Any:
        """One tick of one more poller, over all shards; the poller's summary of it."""
        return self.stack.functions["StatusPollerFunction"].invoke({"poller": 0, "of": 1})

    def process(self) -> Any:
        """Let the processor have what is in the queue."""
        return self.stack.drain()

    def advance(self, seconds: float) -> None:
        """Move the clock; what DOKU then announces is in the queue afterwards, and its copies."""
        self.doku.fault("notification", "duplicate", times=None)
        self.doku.advance(seconds)
        self.doku.heal()
