"""Write docs/invariants.md from tests/docs/scenarios.csv and the tests' `covers` markers (make invariants)."""

import ast
import csv
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "invariants.md"
SCENARIOS = ROOT / "tests" / "docs" / "scenarios.csv"
_ORACLES = (
    "tests/verification/matrix/oracle.py",
    "tests/verification/matrix/cell_run.py",
    "tests/verification/matrix/workers.py",
    "tests/verification/matrix/flows.py",
)

_HEAD = """\
# Invariants and fault scenarios

The ids that code, tests and other pages use:

- **I1 to I39** are invariants: statements that hold after any sequence of events, faults and crashes.
- **1 to 69** are fault scenarios: events that the tests cause on purpose. Some test names begin with the number.

A test names the ids that it covers: `@pytest.mark.covers(24, "I1")` shows scenario 24 and invariant I1. To add an
invariant or a scenario, add a row to `tests/docs/scenarios.csv`, mark a test, and run `make invariants`, which writes
this page. Tests fail while an entry has no test, a marker names no entry, or this page is not current.

*matrix* means that the fault matrix checks the invariant as well (`make prove ARGS=matrix`): it breaks every outbound
call of every flow in every way, in real processes, and compares the result with the ledger of the DOKU simulator.
[proof.md](proof.md) describes the other proofs.
"""


@dataclass(frozen=True, order=True)
class Marked:
    """A test and the entries that its marker names."""

    path: str
    name: str
    ids: tuple[str, ...]


def statements() -> dict[str, str]:
    """Every invariant (I1 ...) and scenario (1 ...) by its id."""
    with SCENARIOS.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["statement"] for row in csv.DictReader(file)}


def tests() -> list[Marked]:
    """All tests with a `covers` marker, read from the sources: nothing is imported or run."""
    return sorted(test for path in sorted((ROOT / "tests").rglob("test_*.py")) for test in _of_file(path))


def checked_by_matrix() -> frozenset[str]:
    """The invariants that the fault matrix checks."""
    found = (re.findall(r"report\(\s*\"(I\d+)\"", (ROOT / path).read_text(encoding="utf-8")) for path in _ORACLES)
    return frozenset(one for ids in found for one in ids)


def page() -> str:
    """The content of the page."""
    known, covering = statements(), tests()
    invariants = [name for name in known if name.startswith("I")]
    scenarios = [name for name in known if not name.startswith("I")]
    parts = (
        _HEAD,
        "## Invariants\n",
        _table(invariants, known, covering),
        "## Scenarios\n",
        _table(scenarios, known, covering),
    )
    return "\n".join(parts)


def main() -> int:
    """Write the page. Returns the exit code."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(statements())} entries, {len(tests())} tests")
    return 0


def _of_file(path: Path) -> Iterator[Marked]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.FunctionDef):
            ids = [name for decorator in node.decorator_list for name in _covered(decorator)]
            if ids:
                yield Marked(path.relative_to(ROOT).as_posix(), node.name, tuple(ids))


def _covered(decorator: ast.expr) -> list[str]:
    if not isinstance(decorator, ast.Call) or ast.unparse(decorator.func) != "pytest.mark.covers":
        return []
    return [str(ast.literal_eval(argument)) for argument in decorator.args]


def _table(names: Iterable[str], known: dict[str, str], covering: list[Marked]) -> str:
    lines = ["| id | statement | tests |", "|---|---|---|"]
    for name in names:
        shown = [_link(test) for test in covering if name in test.ids]
        if name in checked_by_matrix():
            shown.insert(0, "*matrix*")
        lines.append(f"| {name} | {known[name]} | {', '.join(shown)} |")
    return "\n".join(lines) + "\n"


def _link(test: Marked) -> str:
    words = test.name.removeprefix("test_").replace("_", " ")
    return f"[{words}](../{test.path})"


if __name__ == "__main__":
    sys.exit(main())
