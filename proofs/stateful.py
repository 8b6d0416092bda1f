"""Histories of a deployment, drawn at random, and an invariant that must hold after every step of them.

It also shows that it would notice: deployments with a known bug, each of which it must find.
"""

from hypothesis import Phase, settings
from rich.console import Console
from rich.table import Table

from proofs.part import Shown
from tests.stateful.bugs import BUGS, started_with
from tests.stateful.explore import PROFILES, Explored, deployed, explore
from tests.stateful.merchant import Start
from tests.surroundings import Surroundings

_FIRST = settings(PROFILES["test"], phases=[Phase.generate])
_SEARCHES = (
    settings(_FIRST, max_examples=8, stateful_step_count=20),
    settings(_FIRST, max_examples=40, stateful_step_count=30),
)
"""Short histories first: most bugs need no more."""


def run(console: Console) -> Shown:
    """The profile `prove`, and every known bug."""
    with deployed() as surroundings:
        explored = explore(surroundings, PROFILES["prove"])
        console.print(explored.failed or str(explored), highlight=False)
        missed = _missed(surroundings, console)
    line = f"{explored}; {len(BUGS) - len(missed)} of {len(BUGS)} seeded bugs found"
    figures = {
        "stateful_examples": explored.examples,
        "stateful_steps": explored.steps,
        "stateful_failed": int(explored.failed is not None),
        "stateful_bugs": len(BUGS),
        "stateful_bugs_missed": len(missed),
    }
    return Shown(line, figures, explored.failed is None and not missed)


def _missed(surroundings: Surroundings, console: Console) -> list[str]:
    """The known bugs that no history gave away."""
    table = Table("seeded bug", "given away by", "examples", "steps", title="deployments with one thing wrong")
    missed = []
    for name, parts in BUGS.items():
        found = _found(surroundings, started_with(parts))
        table.add_row(name, found.broken or "nothing", str(found.examples), str(found.steps))
        if not found.broken:
            missed.append(name)
    console.print(table)
    return missed


def _found(surroundings: Surroundings, start: Start) -> Explored:
    """The first search that breaks an invariant, or the last one."""
    for search in _SEARCHES:
        explored = explore(surroundings, search, start)
        if explored.broken:
            break
    return explored
