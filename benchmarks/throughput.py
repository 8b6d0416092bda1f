"""Status checks per second against a slow DOKU, as a share of the rate that its latency allows."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks import backing_services
from benchmarks.backing_services import BackingServices
from benchmarks.child_process import ChildProcess
from benchmarks.stored_transfers import ItemTemplate
from payouts.domain.schedule import MINUTE
from payouts.domain.transfer import Finding

LATENCY = 0.2
_CONCURRENCIES = (4, 16, 64)
_STANDARD = 16
"""POLL_CONCURRENCY in template.yaml."""
_ROUNDS = 50
"""Checks by each thread, which take ten seconds."""
_POLLERS = ((1, 1), (2, 2), (4, 4), (4, 1))
"""Pollers that run side by side, and parts of the shards; in the last case all pollers read the same shards."""


@dataclass(frozen=True)
class Speed:
    """The result of one or more concurrent ticks."""

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
        """Share of the ideal rate, at which threads wait for DOKU only."""
        return self.rate * LATENCY / threads

    @property
    def cpu_millis(self) -> float:
        """Processor time of a check, in milliseconds."""
        return self.cpu_seconds * 1000 / self.checks


def run(console: Console) -> Mapping[str, float]:
    """One poller of 4, 16 and 64 threads, then 1, 2 and 4 pollers of 16 side by side."""
    with backing_services.started(LATENCY) as services:
        figures = _one_poller(services, console)
        return figures | _side_by_side(services, console)


def _one_poller(services: BackingServices, console: Console) -> dict[str, float]:
    table = _table("One poller", "threads")
    figures: dict[str, float] = {}
    for threads in _CONCURRENCIES:
        speed = _speed(services, threads * _ROUNDS, threads, pollers=1, parts=1)
        _add(table, str(threads), speed, threads)
        figures[f"poll_share_of_ideal_{threads}"] = speed.share(threads)
        if threads == _STANDARD:
            figures |= {"poll_share_of_ideal": speed.share(threads), "poll_cpu_ms": speed.cpu_millis}
            figures["poll_checks_per_second"] = speed.rate
    console.print(table)
    return figures


def _side_by_side(services: BackingServices, console: Console) -> dict[str, float]:
    table = _table(f"Pollers side by side, {_STANDARD} threads each", "pollers")
    figures: dict[str, float] = {}
    for pollers, parts in _POLLERS:
        label = f"{pollers}" if pollers == parts else f"{pollers}, same shards"
        speed = _speed(services, _STANDARD * _ROUNDS * 2, _STANDARD, pollers, parts)
        _add(table, label, speed, _STANDARD * pollers)
        if pollers == parts:
            figures[f"pollers_checks_per_second_{pollers}"] = speed.rate
        figures["pollers_asked_most"] = max(speed.asked_most, figures.get("pollers_asked_most", 0))
    console.print(table)
    return figures


def _speed(services: BackingServices, due: int, threads: int, pollers: int, parts: int) -> Speed:
    """Check `due` transfers with concurrent pollers of this many threads each."""
    with _warm(services, threads, pollers) as children:
        _make_due(services, due)
        services.doku.reset()
        began = time.perf_counter()
        for number, child in enumerate(children):
            child.send({"poller": number % parts, "of": parts})
        ticks = [child.receive() for child in children]
        seconds = time.perf_counter() - began
    asked = services.doku.asked()
    if len(asked) != due:
        raise RuntimeError(f"{len(asked)} of {due} transfers were checked: {ticks}")
    cpu, taken = sum(tick["cpuSeconds"] for tick in ticks), sum(tick["taken"] for tick in ticks)
    return Speed(asked.total(), seconds, cpu, max(asked.values()), taken)


@contextmanager
def _warm(services: BackingServices, threads: int, pollers: int) -> Iterator[list[ChildProcess]]:
    """Pollers in their own processes, after a first tick: they have a token and connections."""
    environment = {**services.environment, "POLL_CONCURRENCY": str(threads)}
    children = [ChildProcess("benchmarks.poller", environment) for _ in range(pollers)]
    try:
        for child in children:
            child.receive()
            _make_due(services, threads)
            child.send({"poller": 0, "of": 1})
            child.receive()
        yield children
    finally:
        for child in children:
            child.close()


def _make_due(services: BackingServices, count: int) -> None:
    now = int(services.clock() * 1000)
    template = ItemTemplate(services.shards, Finding.ACCEPTED, due=True)
    services.loader.write(range(count), lambda n: template.item(f"DUE-{n:07d}", now - 2 * MINUTE, now - MINUTE + n))


def _table(title: str, first: str) -> Table:
    note = "CPU: per check. most: checks of the transfer checked most often. taken: slots lost to another poller."
    table = Table(title=f"{title}; DOKU answers after {LATENCY * 1000:.0f} ms", caption=note)
    for column in (first, "checks", "s", "checks/s", "ideal", "share", "CPU ms", "most", "taken"):
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
