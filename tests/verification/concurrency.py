"""Many callers, pollers and processors at once, in their own processes, checked against DOKU's ledger."""

import traceback

from rich.console import Console
from rich.table import Table

from tests.contention.deployment import ENVIRONMENTS, Deployment, running
from tests.contention.scenarios import SCENARIOS, Scenario
from tests.verification.part import Shown

_SEEDS = range(1, 4)


def run(console: Console) -> Shown:
    """Run every scenario with several seeds."""
    table = Table("scenario", "rounds", "concurrent calls", "failed", title="concurrency")
    calls = failed = 0
    with running() as deployment:
        for name, scenario in SCENARIOS.items():
            made, failures = _rounds(deployment, name, scenario, console)
            table.add_row(name, str(len(_SEEDS)), str(made), str(failures))
            calls, failed = calls + made, failed + failures
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
        f"{runs} runs of {len(SCENARIOS)} scenarios, {calls} concurrent calls, {failed} failed", figures, not failed
    )


def _rounds(deployment: Deployment, name: str, scenario: Scenario, console: Console) -> tuple[int, int]:
    """Run all rounds of a scenario. Returns the number of calls and of failed rounds."""
    made = failed = 0
    for seed in _SEEDS:
        try:
            made += scenario(deployment, seed)
        except Exception:
            failed += 1
            console.print(f"{name}, seed {seed}:\n{traceback.format_exc()}", highlight=False, markup=False)
    return made, failed
