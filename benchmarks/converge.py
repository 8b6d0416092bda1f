"""That a backlog is worked off: thousands of transfers fell due in an hour without ticks (issue 4).

What a tick can do follows from the poller's limits: its time-out less what it keeps in reserve, its threads, and the
time that DOKU takes to answer. That time is counted and not slept, so that an hour is over in a minute.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import ground
from benchmarks.doku import StandIn
from benchmarks.doku_server import WORKED_ON
from benchmarks.stored import Loader, Mould
from local.clock import Clock
from payouts.domain.schedule import HOUR, MINUTE
from payouts.domain.transfer import Finding

TICK_SECONDS = ground.TICK_SECONDS
RESERVE_SECONDS = 15
"""With less left the poller begins no further check."""
_EVERY = 10
"""Of so many transfers DOKU is still working on one when it is asked first."""
_AFTERWARDS = 75 * MINUTE // 1000
"""Seconds after which a transfer that was an hour old, and still worked on, is due again, jitter included."""

Tick = Callable[[Callable[[], float]], dict[str, Any]]
"""One tick of the poller, given how to tell how many seconds remain."""


@dataclass(frozen=True)
class Backlog:
    """So many transfers, a poller of so many threads, and a DOKU that answers after so many seconds."""

    transfers: int
    threads: int
    answer_seconds: float

    @property
    def ticks(self) -> int:
        """In which every transfer is asked about once."""
        return math.ceil(self.transfers / self.checks_a_tick)

    @property
    def checks_a_tick(self) -> float:
        """As far as the time goes."""
        return (TICK_SECONDS - RESERVE_SECONDS) * self.threads / self.answer_seconds

    def reference(self, number: int) -> str:
        """Of one transfer."""
        return f"{'LATE' if number % _EVERY else WORKED_ON}-{number:06d}"

    @property
    def asked(self) -> dict[str, int]:
        """How often each transfer is asked about: once a slot, and only those still worked on have a second one."""
        references = map(self.reference, range(self.transfers))
        return {reference: 1 + reference.startswith(WORKED_ON) for reference in references}


@dataclass(frozen=True)
class Course:
    """How it went."""

    ticks: list[dict[str, Any]]
    """Until nothing was left that was due."""
    last: dict[str, Any]
    """The tick an hour later, about those that DOKU was still working on."""
    asked: Counter[str]
    """Status checks that reached DOKU, by reference."""


class CountedTime:
    """A tick's time, of which every check takes its share as if DOKU's answer were waited for."""

    def __init__(self, backlog: Backlog) -> None:
        self._check = backlog.answer_seconds / backlog.threads
        self._begun = 0

    def __call__(self) -> float:
        """Seconds that remain. The poller asks once before every check that it begins."""
        self._begun += 1
        return TICK_SECONDS - self._begun * self._check


def work_off(backlog: Backlog, loader: Loader, shards: int, clock: Clock, doku: StandIn, tick: Tick) -> Course:
    """Store the backlog, then tick every minute until nothing due is left, and once more after an hour."""
    now = int(clock() * 1000)
    mould = Mould(shards, Finding.ACCEPTED, due=True)

    def late(number: int) -> str:
        created_at = now - HOUR - MINUTE + HOUR * number // backlog.transfers
        return mould.cast(backlog.reference(number), created_at, created_at + MINUTE)

    loader.write(range(backlog.transfers), late)
    doku.reset()
    ticks = [tick(CountedTime(backlog))]
    while not ticks[-1]["finished"]:
        clock.advance(MINUTE / 1000)
        ticks.append(tick(CountedTime(backlog)))
    clock.advance(_AFTERWARDS)
    return Course(ticks, tick(CountedTime(backlog)), doku.asked())


def check(backlog: Backlog, course: Course) -> None:
    """Raises AssertionError unless the backlog went as promised."""
    checks = sum(tick["learned"] for tick in (*course.ticks, course.last))
    problems = [tick for tick in course.ticks if tick["silent"] or tick["skipped"] or tick["taken"]]
    expected = backlog.asked
    promises: Mapping[str, bool] = {
        f"{len(course.ticks)} ticks instead of {backlog.ticks}": len(course.ticks) == backlog.ticks,
        f"slots that were not asked about: {problems}": not problems,
        f"asked otherwise than once a slot: {dict(course.asked - Counter(expected))}": course.asked == expected,
        f"{checks} checks were recorded of {course.asked.total()}": checks == course.asked.total(),
        f"not all paid in the end: {course.last}": course.last["statuses"].keys() <= {"SUCCESS"},
    }
    for broken, kept in promises.items():
        assert kept, broken


def run(console: Console) -> Mapping[str, float]:
    """10,000 on DynamoDB Local."""
    backlog = Backlog(transfers=10_000, threads=16, answer_seconds=0.2)
    with ground.prepared(latency=0.0) as prepared:
        poller = ground.cold_start(prepared.environment, prepared.clock, backlog.threads)
        began = time.monotonic()
        tick: Tick = lambda remaining: poller.tick(remaining=remaining)  # noqa: E731
        course = work_off(backlog, prepared.loader, prepared.shards, prepared.clock, prepared.doku, tick)
        seconds = time.monotonic() - began
    check(backlog, course)
    console.print(_table(backlog, course, seconds))
    return {"converge_transfers": backlog.transfers, "converge_ticks": len(course.ticks)}


def _table(backlog: Backlog, course: Course, seconds: float) -> Table:
    title = f"{backlog.transfers:,} transfers due after an hour without ticks"
    stated = f"stated: {backlog.ticks} ticks of {backlog.checks_a_tick:,.0f}"
    most = max(course.asked.values())
    table = Table(title=title, caption=f"{stated}; asked at most {most}x; took {seconds:.0f} s")
    for column in ("tick", "checks", "oldest slot, min", "all asked"):
        table.add_column(column, justify="right")
    for number, tick in enumerate((*course.ticks, course.last), start=1):
        label = f"{number}" if tick is not course.last else "an hour later"
        oldest = f"{tick['oldestDueSeconds'] / 60:.0f}"
        table.add_row(label, f"{tick['learned']:,}", oldest, "yes" if tick["finished"] else "no")
    return table
