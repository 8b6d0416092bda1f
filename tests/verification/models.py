"""The model checks: of transfers, and of batches."""

from concurrent.futures import ProcessPoolExecutor

from rich.console import Console
from rich.table import Table

from tests.verification.batch_model import explore_batch
from tests.verification.batch_model.scenario import BatchScenario
from tests.verification.batch_model.scenarios import SCENARIOS as BATCH_SCENARIOS
from tests.verification.model.explore import Explored, explore
from tests.verification.model.scenario import Scenario
from tests.verification.model.scenarios import SCENARIOS
from tests.verification.part import Shown

_PROCESSES = 2


def run(console: Console) -> Shown:
    """Explore all scenarios in two processes, the longest of transfers first."""
    table = Table("scenario", "states", "transitions", "depth", "runs of real code", "ticks until final", title="model")
    found = []
    with ProcessPoolExecutor(_PROCESSES) as processes:
        for explored in processes.map(_explored, (*SCENARIOS, *BATCH_SCENARIOS)):
            found.append(explored)
            console.print(f"  {explored.scenario}: {explored.states:,} states", highlight=False)
            _print_violation(console, explored)
    for one in found:
        table.add_row(one.scenario, *(f"{n:,}" for n in (one.states, one.transitions, one.depth, one.runs, one.ticks)))
    console.print(table)
    for scenario in SCENARIOS:
        console.print(f"  {scenario.name}: {_bound(scenario)}", highlight=False, soft_wrap=True)
    for of_batches in BATCH_SCENARIOS:
        console.print(f"  {of_batches.name}: {_numbers(of_batches)}", highlight=False, soft_wrap=True)
    states, violations = sum(one.states for one in found), sum(bool(one.violation) for one in found)
    transitions = sum(one.transitions for one in found)
    figures = {
        "model_states": states,
        "model_transitions": transitions,
        "model_scenarios": len(found),
        "model_ticks": max(one.ticks for one in found[: len(SCENARIOS)]),
        "model_violations": violations,
    }
    line = f"{states:,} states, {transitions:,} transitions, {violations} violations"
    return Shown(line, figures, violations == 0)


def _explored(scenario: Scenario | BatchScenario) -> Explored:
    return explore(scenario) if isinstance(scenario, Scenario) else explore_batch(scenario)


def _numbers(scenario: Scenario | BatchScenario) -> str:
    """The budget, as text."""
    return ", ".join(f"{count} {name}" for name, count in scenario.budget._asdict().items() if count)


def _bound(scenario: Scenario) -> str:
    """The bound of one exploration, as text."""
    words = [numbers] if (numbers := _numbers(scenario)) else []
    words += [f"a clock {ahead // 60_000} minutes ahead" for ahead in scenario.pollers if ahead]
    words += [name for name, holds in (("impatient", not scenario.patient), ("fickle", scenario.fickle)) if holds]
    before = f", after {len(scenario.prelude)} given events" if scenario.prelude else ""
    return f"{', '.join(words) or 'no faults'}{before}; DOKU's words: {scenario.words}"


def _print_violation(console: Console, explored: Explored) -> None:
    if explored.violation:
        console.print(f"[bold red]{explored.violation}[/]; the shortest trace:")
        for number, words in enumerate(explored.trace, 1):
            console.print(f"    {number}. {words}", highlight=False, markup=False)
