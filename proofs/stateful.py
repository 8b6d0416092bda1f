"""Histories of a deployment, drawn at random, and an invariant that must hold after every step of them.

It also shows that it would notice: deployments with a known bug, each of which it must find.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from hypothesis import Phase, settings
from rich.console import Console
from rich.table import Table

from proofs.part import Shown
from tests.stateful.bugs import BUGS, started_with
from tests.stateful.explore import PROFILES, Explored, deployed, explore

_FIRST = settings(PROFILES["test"], phases=[Phase.generate])
_SEARCHES = (
    settings(_FIRST, max_examples=8, stateful_step_count=20),
    settings(_FIRST, max_examples=40, stateful_step_count=30),
)
"""Short histories first: most bugs need no more."""
_PROCESSES = 2


def run(console: Console) -> Shown:
    """The profile `prove`, and every known bug."""
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as processes:
        exploring = processes.submit(_explored)
        found = dict(zip(BUGS, processes.map(_found, BUGS), strict=True))
        explored = exploring.result()
    console.print(explored.failed or str(explored), highlight=False)
    table = Table("seeded bug", "given away by", "examples", "steps", title="deployments with one thing wrong")
    for name, search in found.items():
        table.add_row(name, search.broken or "nothing", str(search.examples), str(search.steps))
    console.print(table)
    missed = [name for name, search in found.items() if not search.broken]
    line = f"{explored}; {len(BUGS) - len(missed)} of {len(BUGS)} seeded bugs found"
    figures = {
        "stateful_examples": explored.examples,
        "stateful_steps": explored.steps,
        "stateful_failed": int(explored.failed is not None),
        "stateful_bugs": len(BUGS),
        "stateful_bugs_missed": len(missed),
    }
    return Shown(line, figures, explored.failed is None and not missed)


def _explored() -> Explored:
    with deployed() as surroundings:
        return explore(surroundings, PROFILES["prove"])


def _found(bug: str) -> Explored:
    """The first search that breaks an invariant, or the last one."""
    with deployed() as surroundings:
        for search in _SEARCHES:
            explored = explore(surroundings, search, started_with(BUGS[bug]))
            if explored.broken:
                break
        return explored
