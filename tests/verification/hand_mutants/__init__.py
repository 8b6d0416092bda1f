"""Remove each guard against a double payment or a lost transfer once, in a copy: a test must fail."""

from rich.console import Console

from tests.verification.copies import ROOT, Copies, Copy, Run, project_copies
from tests.verification.hand_mutants.listed import Guard, listed
from tests.verification.part import Shown

_PARTS = 8
"""Runs of the tests with all guards: few, since each starts from nothing, and enough for two cores to end together."""


def run(console: Console) -> Shown:
    """Remove every guard of guards.toml, two at a time."""
    guards = listed()
    with project_copies() as copies:
        console.print("  running the tests with all guards in place")
        tests = sorted({test for guard in guards for test in guard.tests})
        if output := copies.failing(tuple(tests[part::_PARTS]) for part in range(_PARTS)):
            console.print(output, markup=False, highlight=False)
            return Shown("the tests fail with all guards in place", {}, holds=False)
        survived = _survived(console, copies, guards)
    figures = {"guards_removed": len(guards), "guards_survived": survived}
    return Shown(f"{len(guards)} guards removed, {survived} survived", figures, not survived)


def _survived(console: Console, copies: Copies, guards: list[Guard]) -> int:
    """Remove each guard, print the result, and count those that no test noticed."""
    survived = 0
    for guard, run in copies.each(_without, guards):
        survived += not run.failed_test
        result = "caught" if run.failed_test else "SURVIVED"
        console.print(f"  {result}: {guard.protects}: {run}", markup=False, highlight=False)
    return survived


def _without(copy: Copy, guard: Guard) -> tuple[Guard, Run]:
    source = (ROOT / guard.file).read_text(encoding="utf-8")
    return guard, copy.run_with(guard.file, guard.removed_from(source), guard.tests)
