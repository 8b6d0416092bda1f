"""The local stack for concurrent callers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from local.stack import APPROVER, LocalStack
from tests.support.harness import Answer

_PATIENCE = 60.0
"""Seconds to wait for an answer. On an idle machine it takes a fraction of a second."""


ENVIRONMENTS = 8
"""Processes of the API, and the maximum of every other function."""


@contextmanager
def running(table_url: str | None = None, **parameters: str) -> Iterator["Deployment"]:
    """Start a warm local stack: all API processes have answered once, and there is a token."""
    with LocalStack(concurrency=ENVIRONMENTS, table_url=table_url, parameters=parameters) as stack:
        deployment = Deployment(stack)
        while len(stack.functions["TransferApiFunction"].pids) < ENVIRONMENTS:
            run_concurrently([lambda: deployment.request("GET", "/v1/balance")] * (2 * ENVIRONMENTS))
        yield deployment


def run_concurrently(calls: Iterable[Callable[[], Any]], threads: int = 32) -> list[Any]:
    """Run the calls in `threads` threads. Returns their results in order. Raises the first error."""
    with ThreadPoolExecutor(threads) as pool:
        return [one.result() for one in [pool.submit(call) for call in calls]]


@dataclass
class Deployment:
    """Function processes behind HTTP, which share a table, a queue, DOKU and the clock. Thread-safe.

    Threads of one process would not do: Powertools stores the current event in a class attribute, since a Lambda
    environment has one invocation at a time.
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
        token = self.stack.approver_token() if caller == APPROVER else self.stack.token(sub=caller)
        authorized = {"Authorization": f"Bearer {token}", **(headers or {})}
        answer = requests.request(method, self.stack.api_url + path, json=body, headers=authorized, timeout=_PATIENCE)
        titles = {name.title(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, titles, answer.json())

    def tick(self) -> Any:
        """Run a tick of another poller over all shards. Returns its summary."""
        return self.stack.functions["StatusPollerFunction"].invoke({"poller": 0, "of": 1})

    def work(self, batch: str) -> Any:
        """Deliver a message about the first chunk of a batch to another worker."""
        body = f'{{"batch": "{batch}", "chunk": 0}}'
        return self.stack.functions["BatchWorkerFunction"].invoke({"Records": [{"messageId": "1", "body": body}]})

    def process(self) -> Any:
        """Let the processor process the queue."""
        return self.stack.drain()

    def advance(self, seconds: float) -> None:
        """Advance the clock. DOKU's notifications and their copies are in the queue afterwards."""
        self.doku.fault("notification", "duplicate", times=None)
        self.doku.advance(seconds)
        self.doku.heal()
