"""Random histories of a deployment, with the invariants checked after every step.

The machine must also find each seeded bug, by an invariant that the bug breaks, and find nothing in the control: a
deployment composed in the same way without a bug.
"""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from multiprocessing import get_context
from operator import add

from hypothesis import Phase, settings
from rich.console import Console
from rich.table import Table

from tests.stateful.batches import explore_batches
from tests.stateful.bugs import BUGS, Parts, started_with
from tests.stateful.explore import PROFILES, Explored, deployed, explore
from tests.stateful.rails import Met
from tests.verification.part import Shown

_FIRST = settings(PROFILES["test"], phases=[Phase.generate])
_SEARCHES = (
    settings(_FIRST, max_examples=8, stateful_step_count=20),
    settings(_FIRST, max_examples=40, stateful_step_count=30),
    settings(_FIRST, max_examples=160, stateful_step_count=30),
)
"""Short histories first, which find most bugs. The last search is for those that need several things at once."""
_OF_BATCHES = settings(_FIRST, max_examples=20, stateful_step_count=30)
_PROCESSES = 2
_SEEDS = (1, 2)
"""The profile `prove` runs once for each seed, in its own process."""


def run(console: Console) -> Shown:
    """Run the profile `prove`, the control, and every seeded bug."""
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as processes:
        exploring, controlling = [processes.submit(_explored, seed) for seed in _SEEDS], processes.submit(_control)
        of_batches = processes.submit(_batches)
        searches = {bug: processes.submit(_found, bug) for bug in reversed(list(BUGS))}  # the longest first
        found = {bug: searches[bug].result() for bug in BUGS}
        explored, control = reduce(add, (one.result() for one in exploring)), controlling.result()
        batches, batches_failed = of_batches.result()
    console.print(explored.failed or str(explored), highlight=False)
    console.print(", ".join(f"{explored.met[met]} {met}" for met in Met), highlight=False)
    table = Table("seeded bug", "found by", "examples", "steps", title="seeded bugs")
    for name, search in found.items():
        table.add_row(name, search.broken or "nothing", str(search.examples), str(search.steps))
    table.add_row("none (control)", control.broken or "nothing", str(control.examples), str(control.steps))
    console.print(table)
    missed = [name for name, search in found.items() if search.broken not in BUGS[name].breaks]
    console.print(f"batches: {dict(batches)}", highlight=False)
    for failed in [control.failed, batches_failed, *(found[name].failed for name in missed)]:
        console.print(failed or "", end="", highlight=False, markup=False)
    line = f"{explored}; {len(BUGS) - len(missed)} of {len(BUGS)} seeded bugs found"
    line += f"; {batches['steps']} steps of batches, {'1 failed' if batches_failed else '0 failed'}"
    if control.failed:
        line += "; the control failed"
    if explored.never_met:
        line += f"; in no history: {', '.join(explored.never_met)}"
    figures = {
        "stateful_examples": explored.examples,
        "stateful_steps": explored.steps,
        "stateful_failed": int(explored.failed is not None),
        "stateful_refused_by_limits": explored.met[Met.LIMIT],
        "stateful_refused_by_stops": explored.met[Met.STOP],
        "stateful_taken_after_refusals": explored.met[Met.RETURN],
        "stateful_bugs": len(BUGS),
        "stateful_bugs_missed": len(missed),
        "stateful_control_failed": int(control.failed is not None),
    }
    wrong = explored.failed or explored.never_met or control.failed or missed or batches_failed
    return Shown(line, figures, not wrong)


def _explored(seed: int) -> Explored:
    with deployed() as backing_services:
        return explore(backing_services, PROFILES["prove"], seed=seed)


def _batches() -> tuple[Counter[str], str | None]:
    with deployed() as backing_services:
        return explore_batches(backing_services, _OF_BATCHES)


def _control() -> Explored:
    """Run the first search on a deployment composed like those with a bug, from the product's parts alone."""
    with deployed() as backing_services:
        return explore(backing_services, _SEARCHES[0], started_with(Parts()))


def _found(bug: str) -> Explored:
    """Search until an invariant is broken. Returns the last search."""
    with deployed() as backing_services:
        for search in _SEARCHES:
            explored = explore(backing_services, search, started_with(BUGS[bug].parts))
            if explored.failed:
                break
        return explored
