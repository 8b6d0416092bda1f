"""Many callers, pollers and processors at once, in processes of their own; DOKU's ledger says what came of it."""

import traceback

from rich.console import Console
from rich.table import Table

from tests.contention.deployment import ENVIRONMENTS, Deployment, running
from tests.contention.scenarios import SCENARIOS, Scenario
from tests.verification.part import Shown

_SEEDS = range(1, 4)


def run(console: Console) -> Shown:
    """Every scenario with several seeds."""
    table = Table("scenario", "rounds", "calls at once", "failed", title="many at once")
    calls = failed = 0
    with running() as deployment:
        for name, scenario in SCENARIOS.items():
            made, broken = _rounds(deployment, name, scenario, console)
            table.add_row(name, str(len(_SEEDS)), str(made), str(broken))
            calls, failed = calls + made, failed + broken
    console.print(table)
    runs = len(SCENARIOS) * len(_SEEDS)
    figures = {
        "concurrency_scenarios": len(SCENARIOS),
        "concurrency_seeds": len(_SEEDS),
        "concurrency_environments": ENVIRONMENTS,
        "concurrency_runs": runs,
        "concurrency_calls": calls,
        "concurrency_failed": failed,
    }
    return Shown(
        f"{runs} runs of {len(SCENARIOS)} scenarios, {calls} calls at once, {failed} failed", figures, not failed
    )


def _rounds(deployment: Deployment, name: str, scenario: Scenario, console: Console) -> tuple[int, int]:
    """Calls made, and how many of the rounds failed."""
    made = failed = 0
    for seed in _SEEDS:
        try:
            made += scenario(deployment, seed)
        except Exception:
            failed += 1
            console.print(f"{name}, seed {seed}:\n{traceback.format_exc()}", highlight=False, markup=False)
    return made, failed
