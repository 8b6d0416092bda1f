"""Each guard against paying twice or losing a transfer is taken away once, in a copy: a test must die of it."""

from rich.console import Console

from tests.verification.copies import ROOT, Copies, Copy, Run, copies
from tests.verification.hand_mutants.listed import Guard, listed
from tests.verification.part import Shown


def run(console: Console) -> Shown:
    """Take away every guard of guards.toml, two at a time."""
    guards = listed()
    with copies() as running:
        console.print("  the tests, with all guards in place")
        tests = sorted({test for guard in guards for test in guard.tests})
        if broken := running.failing([tuple(tests[::2]), tuple(tests[1::2])]):
            console.print(broken, markup=False, highlight=False)
            return Shown("the tests fail with all guards in place", {}, holds=False)
        survived = _survived(console, running, guards)
    figures = {"guards_removed": len(guards), "guards_survived": survived}
    return Shown(f"{len(guards)} guards removed, {survived} survived", figures, not survived)


def _survived(console: Console, running: Copies, guards: list[Guard]) -> int:
    """Take each away, tell what happened, and count those of which no test died."""
    survived = 0
    for guard, run in running.each(_without, guards):
        survived += not run.died
        mark = "died" if run.died else "SURVIVED"
        console.print(f"  {mark}: {guard.protects}: {run}", markup=False, highlight=False)
    return survived


def _without(copy: Copy, guard: Guard) -> tuple[Guard, Run]:
    source = (ROOT / guard.file).read_text(encoding="utf-8")
    return guard, copy.run_with(guard.file, guard.removed_from(source), guard.tests)
