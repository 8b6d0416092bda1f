"""Cost of a tick by number of stored transfers: it should depend only on the transfers that are due."""

import os
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks import backing_services
from benchmarks.backing_services import BackingServices, PollerFunction
from benchmarks.stored_transfers import ItemTemplate
from payouts.domain.schedule import DAY, MINUTE
from payouts.domain.transfer import Finding

DUE = 500
_TICKS = 3
_LATENCY = 0.05
_SIZES = {"1k": 1_000, "100k": 100_000, "1m": 1_000_000}
_QUICK = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
_PAID = (Finding.ACCEPTED, Finding.SUCCESS)


@dataclass(frozen=True)
class Cost:
    """Capacity units, queries and duration of a tick."""

    read_units: float
    queries: int
    write_units: float
    seconds: float


def run(console: Console) -> Mapping[str, float]:
    """Fill a table step by step and measure ticks at each size. QUICK in the environment stops at 100,000."""
    sizes = _QUICK if os.environ.get("QUICK") else _SIZES
    figures: dict[str, float] = {}
    table = Table(title=f"One tick, {DUE} transfers due (median of {_TICKS})")
    for column in ("stored", "read units", "queries", "write units", "seconds", "load, items/s"):
        table.add_column(column, justify="right")
    with backing_services.started(_LATENCY) as services:
        for name, stored, rate, cost in _measured(services, sizes):
            table.add_row(
                f"{stored:,}",
                f"{cost.read_units:.1f}",
                str(cost.queries),
                f"{cost.write_units:,.0f}",
                f"{cost.seconds:.2f}",
                f"{rate:,.0f}",
            )
            figures |= {
                f"due_read_units_{name}": cost.read_units,
                f"due_write_units_{name}": cost.write_units,
                f"due_tick_seconds_{name}": cost.seconds,
            }
            console.print(f"  {stored:,} stored: {cost.read_units:.1f} read units, {cost.seconds:.2f} s a tick")
    console.print(table)
    return figures


def _measured(services: BackingServices, sizes: Mapping[str, int]) -> Iterator[tuple[str, int, float, Cost]]:
    poller = backing_services.cold_start(services.environment)
    _tick(services, poller)  # puts the token in memory and warms up Java
    for (name, stored), before in zip(sizes.items(), (DUE, *sizes.values()), strict=False):
        started = time.monotonic()
        _fill(services, range(before, stored))
        rate = (stored - before) / (time.monotonic() - started)
        costs = [_tick(services, poller) for _ in range(_TICKS)]
        yield name, stored, rate, Cost(*(statistics.median(values) for values in zip(*map(_tuple, costs), strict=True)))


def _tuple(cost: Cost) -> tuple[float, int, float, float]:
    return cost.read_units, cost.queries, cost.write_units, cost.seconds


def _fill(services: BackingServices, numbers: range) -> None:
    """Store paid transfers of the last years, one a minute. Every tenth is in the `due` index, due tomorrow."""
    now = int(services.clock() * 1000)
    ended, watched = ItemTemplate(services.shards, *_PAID, due=False), ItemTemplate(services.shards, *_PAID, due=True)

    def item(number: int) -> str:
        reference, created_at = f"STORED-{number:07d}", now - number * MINUTE
        if number % 10:
            return ended.item(reference, created_at)
        return watched.item(reference, created_at, now + DAY + number)

    services.loader.write(numbers, item)


def _tick(services: BackingServices, poller: PollerFunction) -> Cost:
    """Make the same transfers due, and check them in one tick."""
    now = int(services.clock() * 1000)
    waiting = ItemTemplate(services.shards, Finding.ACCEPTED, due=True)
    services.loader.write(range(DUE), lambda n: waiting.item(f"DUE-{n:07d}", now - 2 * MINUTE, now - MINUTE + n))
    poller.capacity.reset()
    started = time.perf_counter()
    tick = poller.tick()
    seconds = time.perf_counter() - started
    if tick["learned"] != DUE:
        raise RuntimeError(f"the tick should have checked {DUE} transfers: {tick}")
    return Cost(poller.capacity.read, poller.capacity.calls["Query"], poller.capacity.written, seconds)
