"""The fault matrix as a part of the proof: plays all cells, prints a table and every cell that failed.

`MATRIX_ONLY` names the cells to play, separated by commas, with `*` for anything, such as `submit/*/doku.transfer#1/*`.
`MATRIX_LANES` is how many are played at once, `MATRIX_ROOT` another bundle than this repository's.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.verification.matrix.cells import Cell, broken, selected
from tests.verification.matrix.flows import FLOWS
from tests.verification.matrix.modes import Mode
from tests.verification.matrix.worker import Lanes, Result, lanes
from tests.verification.part import Shown

ROOT = Path(__file__).parents[3]
_LANES = 10  # most cells wait for a time-out or for another process
_STEP = 100
_WIDTH = 150


def run(console: Console) -> Shown:
    """All cells, or those of MATRIX_ONLY."""
    number = int(os.environ.get("MATRIX_LANES", _LANES))
    root = Path(os.environ.get("MATRIX_ROOT", ROOT))
    results = list(matrix(root, os.environ.get("MATRIX_ONLY", ""), number, console))
    _show(console, results)
    failed = [result for result in results if result.broken]
    line = f"{len(results)} cells, {len(failed)} failed"
    return Shown(line, {"matrix_cells": len(results), "matrix_failed": len(failed)}, bool(results) and not failed)


def matrix(root: Path, only: str, number: int, console: Console) -> Iterator[Result]:
    """Play the bundle at `root`: every flow unbroken, which tells its calls, and then every cell of these."""
    with lanes(root, number) as running:
        healthy = [Cell(flow, cold) for flow in FLOWS for cold in (True, False)]
        cells: list[Cell] = []
        for result in running.play(_asked_for(healthy, only)):
            cells += broken(result.cell, result.labels)
            if result.broken or selected([result.cell], only):
                yield _told(result, console)
        cells = selected(cells, only)
        random.Random(0).shuffle(cells)  # those that wait and those that work side by side
        console.print(f"{len(cells)} cells with a fault, {number} at once")
        yield from _played(running, cells, console)


def _asked_for(healthy: list[Cell], only: str) -> list[Cell]:
    """The flows that the patterns may be about."""
    return selected(healthy, ",".join("/".join(pattern.split("/")[:2]) for pattern in only.split(",")))


def _played(running: Lanes, cells: list[Cell], console: Console) -> Iterator[Result]:
    failed = 0
    for done, result in enumerate(running.play(cells), start=1):
        failed += bool(result.broken)
        if done % _STEP == 0 or done == len(cells):
            console.print(f"  {done} of {len(cells)}, {failed} failed", highlight=False)
        yield _told(result, console)


def _told(result: Result, console: Console) -> Result:
    if result.broken:
        console.print(f"[red]{result.cell.name}[/]", highlight=False)
        for invariant, how in result.broken:
            console.print(f"  {invariant}: {how}", highlight=False, markup=False)
        for line in result.timeline:
            console.print(f"    {line}", highlight=False, markup=False, soft_wrap=True)
        again = f"MATRIX_ONLY='{result.cell.name}' make prove ARGS='--no-figures matrix'"
        console.print(f"  to play just this one: {again}", highlight=False, markup=False, soft_wrap=True)
    return result


def _show(console: Console, results: list[Result]) -> None:
    """Flow by mode: cells played, and in red how many of them failed."""
    modes = [mode for mode in (None, *Mode) if any(result.cell.mode is mode for result in results)]
    table = Table("flow", *(mode or "healthy" for mode in modes), "all", box=None, header_style="bold", padding=(0, 1))
    played = Counter((result.cell.flow, result.cell.mode) for result in results)
    failed = Counter((result.cell.flow, result.cell.mode) for result in results if result.broken)

    def count(flows: list[str], of: list[Mode | None]) -> str:
        total, bad = (sum(counts[flow, mode] for flow in flows for mode in of) for counts in (played, failed))
        return f"{total} [red]({bad})[/]" if bad else str(total or "")

    flows = [flow for flow in FLOWS if any(result.cell.flow == flow for result in results)]
    for flow in flows:
        table.add_row(flow, *(count([flow], [mode]) for mode in modes), count([flow], modes))
    table.add_row("all", *(count(flows, [mode]) for mode in modes), count(flows, modes))
    Console(file=console.file, width=max(console.width, _WIDTH)).print(table)
