"""Ticks that a backlog takes: thousands of transfers that became due in an hour without ticks.

The poller's time-out less its reserve, its threads and DOKU's latency limit the checks of a tick. Latency is counted
instead of waited for, so an hour takes a minute.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import backing_services
from benchmarks.backing_services import BackingServices, PollerFunction
from benchmarks.doku_server import WORKED_ON
from benchmarks.stored_transfers import ItemTemplate
from payouts.domain.schedule import HOUR, MINUTE
from payouts.domain.transfer import Finding

TICK_SECONDS = backing_services.TICK_SECONDS
RESERVE_SECONDS = 20
"""With less time left, the poller starts no further check."""
_EVERY = 10
"""One in this many transfers is still processing at its first check."""
_AFTERWARDS = 75 * MINUTE // 1000
"""Seconds until an hour-old transfer that is still processing is due again, jitter included."""


@dataclass(frozen=True)
class Backlog:
    """Number of transfers, threads of the poller, and DOKU's latency in seconds."""

    transfers: int
    threads: int
    answer_seconds: float

    @property
    def ticks(self) -> int:
        """Ticks in which every transfer is checked once."""
        return math.ceil(self.transfers / self.checks_a_tick)

    @property
    def checks_a_tick(self) -> float:
        """Checks that fit into a tick."""
        return (TICK_SECONDS - RESERVE_SECONDS) * self.threads / self.answer_seconds

    def reference(self, number: int) -> str:
        """The reference of a transfer."""
        return f"{'LATE' if number % _EVERY else WORKED_ON}-{number:06d}"

    @property
    def asked(self) -> dict[str, int]:
        """Expected checks by reference: one for each due slot; only transfers still processing have a second slot."""
        references = map(self.reference, range(self.transfers))
        return {reference: 1 + reference.startswith(WORKED_ON) for reference in references}


@dataclass(frozen=True)
class Course:
    """The ticks that were made, and the checks that reached DOKU."""

    ticks: list[dict[str, Any]]
    """Ticks until no transfer was due."""
    last: dict[str, Any]
    """The tick an hour later, for transfers that were still processing."""
    asked: Counter[str]
    """Status checks that reached DOKU, by reference."""


class CountedTime:
    """The time left in a tick, of which every check takes DOKU's latency divided by the threads."""

    def __init__(self, backlog: Backlog, begun: Callable[[], int]) -> None:
        self._check = backlog.answer_seconds / backlog.threads
        self._begun = begun
        self._before = begun()

    def __call__(self) -> float:
        """Seconds left."""
        return TICK_SECONDS - (self._begun() - self._before) * self._check


def work_off(backlog: Backlog, services: BackingServices, poller: PollerFunction) -> Course:
    """Store the backlog, tick every minute until no transfer is due, and tick once more after an hour."""
    clock, doku = services.clock, services.doku
    now = int(clock() * 1000)
    template = ItemTemplate(services.shards, Finding.ACCEPTED, due=True)

    def late(number: int) -> str:
        created_at = now - HOUR - MINUTE + HOUR * number // backlog.transfers
        return template.item(backlog.reference(number), created_at, created_at + MINUTE)

    services.loader.write(range(backlog.transfers), late)

    def tick() -> dict[str, Any]:
        """One tick. Each check reads its transfer once, which counts the checks that began."""
        return poller.tick(remaining=CountedTime(backlog, lambda: poller.capacity.calls["GetItem"]))

    doku.reset()
    ticks = [tick()]
    while not ticks[-1]["finished"]:
        clock.advance(MINUTE / 1000)
        ticks.append(tick())
    clock.advance(_AFTERWARDS)
    return Course(ticks, tick(), doku.asked())


def check(backlog: Backlog, course: Course) -> None:
    """Raise AssertionError unless the backlog was worked off as expected."""
    checks = sum(tick["learned"] for tick in (*course.ticks, course.last))
    problems = [tick for tick in course.ticks if tick["silent"] or tick["skipped"] or tick["taken"]]
    expected = backlog.asked
    expectations: Mapping[str, bool] = {
        f"{len(course.ticks)} ticks instead of {backlog.ticks}": len(course.ticks) == backlog.ticks,
        f"slots that were not checked: {problems}": not problems,
        f"not checked once a slot: {dict(course.asked - Counter(expected))}": course.asked == expected,
        f"{checks} of {course.asked.total()} checks were recorded": checks == course.asked.total(),
        f"not all are paid in the end: {course.last}": course.last["statuses"].keys() <= {"SUCCESS"},
    }
    for failure, holds in expectations.items():
        assert holds, failure


def run(console: Console) -> Mapping[str, float]:
    """Work off a backlog of 10,000 on DynamoDB Local."""
    backlog = Backlog(transfers=10_000, threads=16, answer_seconds=0.2)
    with backing_services.started(latency=0.0) as services:
        poller = backing_services.cold_start(services.environment, services.clock, backlog.threads)
        began = time.monotonic()
        course = work_off(backlog, services, poller)
        seconds = time.monotonic() - began
    check(backlog, course)
    console.print(_table(backlog, course, seconds))
    return {"converge_transfers": backlog.transfers, "converge_ticks": len(course.ticks)}


def _table(backlog: Backlog, course: Course, seconds: float) -> Table:
    title = f"{backlog.transfers:,} transfers due after an hour without ticks"
    expected = f"expected: {backlog.ticks} ticks of {backlog.checks_a_tick:,.0f}"
    most = max(course.asked.values())
    table = Table(title=title, caption=f"{expected}; each checked at most {most} times; took {seconds:.0f} s")
    for column in ("tick", "checks", "oldest slot, min", "all checked"):
        table.add_column(column, justify="right")
    for number, tick in enumerate((*course.ticks, course.last), start=1):
        label = f"{number}" if tick is not course.last else "an hour later"
        oldest = f"{tick['oldestDueSeconds'] / 60:.0f}"
        table.add_row(label, f"{tick['learned']:,}", oldest, "yes" if tick["finished"] else "no")
    return table
