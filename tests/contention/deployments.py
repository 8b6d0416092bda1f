"""The same deployment twice: as threads of this process, and as processes of their own behind HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol, Self

import requests

from local.doku_simulator.control import Control
from local.stack import LocalStack
from tests.harness import Answer, World
from tests.stateful.callbacks import of_doku
from tests.surroundings import Surroundings

_PATIENCE = 60.0
"""Seconds for an answer, which take a fraction of one on a machine that does nothing else."""


class Deployment(Protocol):
    """What many callers at once may do to it. Every method may be called from any thread."""

    doku: Control

    def request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Call the transfer API."""

    def tick(self) -> Any:
        """One tick of one more poller, over all shards; the poller's summary of it."""

    def process(self) -> Any:
        """Let the processor have what is in the queue."""

    def advance(self, seconds: float) -> None:
        """Move the clock; what DOKU then announces is in the queue afterwards, and its copies."""


@dataclass
class Threads:
    """Several cold starts in this process, which share the table, DOKU and the clock."""

    surroundings: Surroundings
    worlds: list[World]

    @classmethod
    def started(cls, surroundings: Surroundings, environments: int = 4) -> Self:
        """So many environments over a new table: no poller has other transfers to ask about."""
        table = {"TABLE_NAME": surroundings.new_table()}
        return cls(surroundings, [surroundings.start(table) for _ in range(environments)])

    def __post_init__(self) -> None:
        self.doku = self.surroundings.doku
        self._turn = count()
        self._announced = len(self.doku.ledger()["notifications"])

    def request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        return self._next().request(method, path, body, headers)

    def tick(self) -> Any:
        return self._next().tick()

    def process(self) -> Any:
        return self._next().pump()

    def advance(self, seconds: float) -> None:
        self.surroundings.clock.advance(seconds)
        secret = json.loads(self.surroundings.secret)
        announced = self.doku.ledger()["notifications"]
        for one in announced[self._announced :] * 2:
            callback = of_doku(one, secret["agentKey"], secret["notificationKey"])
            assert self._next().notify(callback.kind, callback.body, callback.headers).status == 200
        self._announced = len(announced)

    def _next(self) -> World:
        return self.worlds[next(self._turn) % len(self.worlds)]


@dataclass
class Processes:
    """A local stack."""

    stack: LocalStack

    def __post_init__(self) -> None:
        self.doku = self.stack.simulator

    def request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        authorized = {"Authorization": f"Bearer {self.stack.token()}", **(headers or {})}
        answer = requests.request(method, self.stack.api_url + path, json=body, headers=authorized, timeout=_PATIENCE)
        lower = {name.title(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, lower, answer.json())

    def tick(self) -> Any:
        return self.stack.functions["StatusPollerFunction"].invoke({"poller": 0, "of": 1})

    def process(self) -> Any:
        return self.stack.drain()

    def advance(self, seconds: float) -> None:
        self.doku.fault("notification", "duplicate", times=None)
        self.doku.advance(seconds)
        self.doku.heal()
