"""Runs the fault matrix; prints each failed cell and a table.

MATRIX_ONLY selects cells by comma-separated patterns with `*`, such as `submit/*/doku.transfer#1/*`. MATRIX_WORKERS is
the number of cells that run at once, MATRIX_ROOT the root of the bundle to test, by default this repository.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.verification.matrix.cells import OF_BATCHES, Cell, selected, with_faults
from tests.verification.matrix.flows import FLOWS
from tests.verification.matrix.modes import WAITS, Mode
from tests.verification.matrix.workers import Result, Workers, started
from tests.verification.part import Shown

ROOT = Path(__file__).parents[3]
_EARLY = 0.9
_WORKERS = 10  # most cells wait for a time-out or for another process
_STEP = 100
_WIDTH = 150


def run(console: Console) -> Shown:
    """Run all cells, or those of MATRIX_ONLY."""
    number = int(os.environ.get("MATRIX_WORKERS", _WORKERS))
    root = Path(os.environ.get("MATRIX_ROOT", ROOT))
    results = list(matrix(root, os.environ.get("MATRIX_ONLY", ""), number, console))
    _show(console, results)
    failed = [result for result in results if result.broken]
    line = f"{len(results)} cells, {len(failed)} failed"
    return Shown(line, {"matrix_cells": len(results), "matrix_failed": len(failed)}, bool(results) and not failed)


def matrix(root: Path, only: str, number: int, console: Console) -> Iterator[Result]:
    """Run every flow without a fault, which finds its calls, then one cell for each call and mode."""
    with started(root, number) as workers:
        colds = {flow: (False,) if flow.startswith(OF_BATCHES) else (True, False) for flow in FLOWS}
        healthy = [Cell(flow, cold) for flow in FLOWS for cold in colds[flow]]
        cells: list[Cell] = []
        for result in workers.run(_healthy(healthy, only)):
            cells += with_faults(result.cell, result.labels)
            if result.broken or selected([result.cell], only):
                yield _reported(result, console)
        cells = selected(cells, only)
        cells.sort(key=_turn(random.Random(0)))
        console.print(f"{len(cells)} cells with a fault, {number} at once")
        yield from _results(workers, cells, console)


def _turn(order: random.Random) -> Callable[[Cell], float]:
    """Mix cells that wait with cells that compute, but let none that waits be among the last."""
    return lambda cell: order.random() * (_EARLY if cell.mode in WAITS else 1)


def _healthy(cells: list[Cell], only: str) -> list[Cell]:
    """The cells without a fault whose flow the patterns may name."""
    return selected(cells, ",".join("/".join(pattern.split("/")[:2]) for pattern in only.split(",")))


def _results(workers: Workers, cells: list[Cell], console: Console) -> Iterator[Result]:
    failed = 0
    for done, result in enumerate(workers.run(cells), start=1):
        failed += bool(result.broken)
        if done % _STEP == 0 or done == len(cells):
            console.print(f"  {done} of {len(cells)}, {failed} failed", highlight=False)
        yield _reported(result, console)


def _reported(result: Result, console: Console) -> Result:
    if result.broken:
        console.print(f"[red]{result.cell.name}[/]", highlight=False)
        for invariant, how in result.broken:
            console.print(f"  {invariant}: {how}", highlight=False, markup=False)
        for line in result.timeline:
            console.print(f"    {line}", highlight=False, markup=False, soft_wrap=True)
        again = f"MATRIX_ONLY='{result.cell.name}' make prove ARGS='--no-figures matrix'"
        console.print(f"  to repeat this cell: {again}", highlight=False, markup=False, soft_wrap=True)
    return result


def _show(console: Console, results: list[Result]) -> None:
    """Print the number of cells by flow and mode, and of failed cells in red."""
    modes = [mode for mode in (None, *Mode) if any(result.cell.mode is mode for result in results)]
    table = Table("flow", *(mode or "no fault" for mode in modes), "all", box=None, header_style="bold", padding=(0, 1))
    all_cells = Counter((result.cell.flow, result.cell.mode) for result in results)
    failed = Counter((result.cell.flow, result.cell.mode) for result in results if result.broken)

    def count(flows: list[str], of: list[Mode | None]) -> str:
        total, bad = (sum(counts[flow, mode] for flow in flows for mode in of) for counts in (all_cells, failed))
        return f"{total} [red]({bad})[/]" if bad else str(total or "")

    flows = [flow for flow in FLOWS if any(result.cell.flow == flow for result in results)]
    for flow in flows:
        table.add_row(flow, *(count([flow], [mode]) for mode in modes), count([flow], modes))
    table.add_row("all", *(count(flows, [mode]) for mode in modes), count(flows, modes))
    Console(file=console.file, width=max(console.width, _WIDTH)).print(table)
