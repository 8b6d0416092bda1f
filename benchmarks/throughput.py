"""Checks per second against a DOKU that takes its time, as a share of what its latency allows."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks import ground
from benchmarks.ground import Ground
from benchmarks.lines import Child
from benchmarks.stored import Mould
from payouts.domain.schedule import MINUTE
from payouts.domain.transfer import Finding

LATENCY = 0.2
_CONCURRENCIES = (4, 16, 64)
_STANDARD = 16
"""POLL_CONCURRENCY as template.yaml has it."""
_ROUNDS = 50
"""Checks that each thread makes: ten seconds of them."""
_POLLERS = ((1, 1), (2, 2), (4, 4), (4, 1))
"""How many run side by side, and into how many parts the shards are divided; the last all ask for the same."""


@dataclass(frozen=True)
class Speed:
    """What one or more ticks at once did."""

    checks: int
    seconds: float
    cpu_seconds: float
    """Of all pollers together."""
    asked_most: int
    """How often the transfer asked about most was asked about."""
    taken: int
    """Slots that one poller found taken by another."""

    @property
    def rate(self) -> float:
        """Checks per second."""
        return self.checks / self.seconds

    def share(self, threads: int) -> float:
        """Of the ideal, in which every thread waits for DOKU and for nothing else."""
        return self.rate * LATENCY / threads

    @property
    def cpu_millis(self) -> float:
        """Processor time of a check."""
        return self.cpu_seconds * 1000 / self.checks


def run(console: Console) -> Mapping[str, float]:
    """One poller of 4, 16 and 64 threads, then 1, 2 and 4 pollers of 16 side by side."""
    with ground.prepared(LATENCY) as prepared:
        figures = _one_poller(prepared, console)
        return figures | _side_by_side(prepared, console)


def _one_poller(prepared: Ground, console: Console) -> dict[str, float]:
    table = _table("One poller", "threads")
    figures: dict[str, float] = {}
    for threads in _CONCURRENCIES:
        speed = _speed(prepared, threads * _ROUNDS, threads, pollers=1, parts=1)
        _add(table, str(threads), speed, threads)
        figures[f"poll_share_of_ideal_{threads}"] = speed.share(threads)
        if threads == _STANDARD:
            figures |= {"poll_share_of_ideal": speed.share(threads), "poll_cpu_ms": speed.cpu_millis}
            figures["poll_checks_per_second"] = speed.rate
    console.print(table)
    return figures


def _side_by_side(prepared: Ground, console: Console) -> dict[str, float]:
    table = _table(f"Pollers side by side, {_STANDARD} threads each", "pollers")
    figures: dict[str, float] = {}
    for pollers, parts in _POLLERS:
        label = f"{pollers}" if pollers == parts else f"{pollers}, same shards"
        speed = _speed(prepared, _STANDARD * _ROUNDS * 2, _STANDARD, pollers, parts)
        _add(table, label, speed, _STANDARD * pollers)
        if pollers == parts:
            figures[f"pollers_checks_per_second_{pollers}"] = speed.rate
        figures["pollers_asked_most"] = max(speed.asked_most, figures.get("pollers_asked_most", 0))
    console.print(table)
    return figures


def _speed(prepared: Ground, due: int, threads: int, pollers: int, parts: int) -> Speed:
    """Let so many pollers at once, each of so many threads, ask about so many due transfers."""
    with _warm(prepared, threads, pollers) as children:
        _make_due(prepared, due)
        prepared.doku.reset()
        began = time.perf_counter()
        for number, child in enumerate(children):
            child.tell({"poller": number % parts, "of": parts})
        ticks = [child.hear() for child in children]
        seconds = time.perf_counter() - began
    asked = prepared.doku.asked()
    if len(asked) != due:
        raise RuntimeError(f"{len(asked)} of {due} transfers were asked about: {ticks}")
    cpu, taken = sum(tick["cpuSeconds"] for tick in ticks), sum(tick["taken"] for tick in ticks)
    return Speed(asked.total(), seconds, cpu, max(asked.values()), taken)


@contextmanager
def _warm(prepared: Ground, threads: int, pollers: int) -> Iterator[list[Child]]:
    """Pollers in processes of their own, past their first tick: they have a token and connections."""
    environment = {**prepared.environment, "POLL_CONCURRENCY": str(threads)}
    children = [Child("benchmarks.poller", environment) for _ in range(pollers)]
    try:
        for child in children:
            child.hear()
            _make_due(prepared, threads)
            child.tell({"poller": 0, "of": 1})
            child.hear()
        yield children
    finally:
        for child in children:
            child.close()


def _make_due(prepared: Ground, count: int) -> None:
    now = int(prepared.clock() * 1000)
    mould = Mould(prepared.shards, Finding.ACCEPTED, due=True)
    prepared.loader.write(range(count), lambda n: mould.cast(f"DUE-{n:07d}", now - 2 * MINUTE, now - MINUTE + n))


def _table(title: str, first: str) -> Table:
    note = "CPU: of one check. asked: the transfer asked about most. taken: slots lost to another poller."
    table = Table(title=f"{title}; DOKU answers after {LATENCY * 1000:.0f} ms", caption=note)
    for column in (first, "checks", "s", "checks/s", "ideal", "share", "CPU ms", "asked", "taken"):
        table.add_column(column, justify="right")
    return table


def _add(table: Table, label: str, speed: Speed, threads: int) -> None:
    table.add_row(
        label,
        f"{speed.checks:,}",
        f"{speed.seconds:.1f}",
        f"{speed.rate:.1f}",
        f"{threads / LATENCY:.0f}",
        f"{speed.share(threads):.0%}",
        f"{speed.cpu_millis:.1f}",
        f"{speed.asked_most}x",
        str(speed.taken),
    )
