"""Many callers, pollers and processors at once, on threads and on processes; DOKU's ledger says what came of it."""

import contextlib
import io
import itertools
import traceback
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

from local.stack import LocalStack
from proofs.part import Shown
from tests.contention.deployments import Deployment, Processes, Threads
from tests.contention.scenarios import SCENARIOS
from tests.stateful.explore import deployed

_SEEDS = range(1, 4)


def run(console: Console) -> Shown:
    """Every scenario with several seeds, once on threads and once on processes."""
    table = Table("scenario", "on", "rounds", "calls at once", "failed", title="many at once")
    runs = calls = failed = 0
    with deployed() as surroundings, LocalStack(concurrency=3) as stack:
        on: Mapping[str, Callable[[], Deployment]] = {
            "threads": lambda: Threads.started(surroundings),
            "processes": lambda: Processes(stack),
        }
        for (where, start), name in itertools.product(on.items(), SCENARIOS):
            made, broken = _rounds(start, name, console)
            table.add_row(name, where, str(len(_SEEDS)), str(made), str(broken))
            runs, calls, failed = runs + len(_SEEDS), calls + made, failed + broken
    console.print(table)
    figures = {
        "concurrency_scenarios": len(SCENARIOS),
        "concurrency_runs": runs,
        "concurrency_calls": calls,
        "concurrency_failed": failed,
    }
    return Shown(
        f"{runs} runs of {len(SCENARIOS)} scenarios, {calls} calls at once, {failed} failed", figures, not failed
    )


def _rounds(start: Callable[[], Deployment], name: str, console: Console) -> tuple[int, int]:
    """Calls made, and how many of the rounds failed."""
    made = failed = 0
    for seed in _SEEDS:
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # functions on threads log there
                made += SCENARIOS[name](start(), seed)
        except Exception:
            failed += 1
            console.print(f"{name}, seed {seed}:\n{traceback.format_exc()}", highlight=False, markup=False)
    return made, failed
