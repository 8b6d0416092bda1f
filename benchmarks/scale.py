"""That a tick costs what is due, and nothing for what is stored."""

import os
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks import ground
from benchmarks.ground import Ground, PollerFunction
from benchmarks.stored import Mould
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
    """What a tick took."""

    read_units: float
    queries: int
    write_units: float
    seconds: float


def run(console: Console) -> Mapping[str, float]:
    """Fill one table up and measure ticks on the way. `QUICK` in the environment: up to 100,000 only."""
    sizes = _QUICK if os.environ.get("QUICK") else _SIZES
    figures: dict[str, float] = {}
    table = Table(title=f"One tick, {DUE} transfers due (median of {_TICKS})")
    for column in ("stored", "read units", "queries", "write units", "seconds", "load, items/s"):
        table.add_column(column, justify="right")
    with ground.prepared(_LATENCY) as prepared:
        for name, stored, rate, cost in _measured(prepared, sizes):
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


def _measured(prepared: Ground, sizes: Mapping[str, int]) -> Iterator[tuple[str, int, float, Cost]]:
    poller = ground.cold_start(prepared.environment)
    _tick(prepared, poller)  # the token is in memory from now on, and Java is warm
    for (name, stored), before in zip(sizes.items(), (DUE, *sizes.values()), strict=False):
        started = time.monotonic()
        _fill(prepared, range(before, stored))
        rate = (stored - before) / (time.monotonic() - started)
        costs = [_tick(prepared, poller) for _ in range(_TICKS)]
        yield name, stored, rate, Cost(*(statistics.median(values) for values in zip(*map(_tuple, costs), strict=True)))


def _tuple(cost: Cost) -> tuple[float, int, float, float]:
    return cost.read_units, cost.queries, cost.write_units, cost.seconds


def _fill(prepared: Ground, numbers: range) -> None:
    """Paid transfers of the last years, one a minute. Every tenth still stands in the index, due tomorrow."""
    now = int(prepared.clock() * 1000)
    ended, watched = Mould(prepared.shards, *_PAID, due=False), Mould(prepared.shards, *_PAID, due=True)

    def cast(number: int) -> str:
        reference, created_at = f"STORED-{number:07d}", now - number * MINUTE
        if number % 10:
            return ended.cast(reference, created_at)
        return watched.cast(reference, created_at, now + DAY + number)

    prepared.loader.write(numbers, cast)


def _tick(prepared: Ground, poller: PollerFunction) -> Cost:
    """Make the same transfers due, and let one tick ask about them."""
    now = int(prepared.clock() * 1000)
    waiting = Mould(prepared.shards, Finding.ACCEPTED, due=True)
    prepared.loader.write(range(DUE), lambda n: waiting.cast(f"DUE-{n:07d}", now - 2 * MINUTE, now - MINUTE + n))
    poller.capacity.reset()
    started = time.perf_counter()
    tick = poller.tick()
    seconds = time.perf_counter() - started
    if tick["learned"] != DUE:
        raise RuntimeError(f"the tick was to learn of {DUE} transfers: {tick}")
    return Cost(poller.capacity.read, poller.capacity.calls["Query"], poller.capacity.written, seconds)
