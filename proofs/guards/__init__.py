"""Each guard against paying twice or losing a transfer is taken away once, in a copy: a test must die of it."""

from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory

from rich.console import Console

from proofs.guards.copies import Copy, Fate
from proofs.guards.listed import Guard, listed
from proofs.part import Shown

_PROCESSES = 2


def run(console: Console) -> Shown:
    """Take away every guard of guards.toml, two at a time."""
    guards = listed()
    with TemporaryDirectory(prefix="guards-") as folder:
        copies = [Copy.make(f"{folder}/{number}") for number in range(_PROCESSES)]
        console.print("  the tests, with all guards in place")
        if broken := _broken_already(copies, guards):
            console.print(broken, markup=False, highlight=False)
            return Shown("the tests fail with all guards in place", {}, holds=False)
        fates = _all_fates(console, copies, guards)
    survivors = [fate for fate in fates if not fate.died]
    for fate in survivors:
        console.print(f"[bold red]survived[/]: {fate.guard}: {fate.told}")
    figures = {"guards_removed": len(guards), "guards_survived": len(survivors)}
    return Shown(f"{len(guards)} guards removed, {len(survivors)} survived", figures, not survivors)


def _broken_already(copies: list[Copy], guards: list[Guard]) -> str:
    """What pytest says of the tests before a guard is missing; empty where they pass."""
    tests = sorted({test for guard in guards for test in guard.tests})
    with ThreadPoolExecutor(_PROCESSES) as threads:
        halves = threads.map(lambda number: copies[number].failing(tests[number::_PROCESSES]), range(_PROCESSES))
        return "\n".join(filter(None, halves))


def _all_fates(console: Console, copies: list[Copy], guards: list[Guard]) -> list[Fate]:
    def work(number: int) -> list[Fate]:
        fates = []
        for guard in guards[number::_PROCESSES]:
            fate = copies[number].without(guard)
            fates.append(fate)
            mark = "died" if fate.died else "SURVIVED"
            console.print(f"  {mark}: {guard.protects}: {fate.told}", markup=False, highlight=False)
        return fates

    with ThreadPoolExecutor(_PROCESSES) as threads:
        return [fate for fates in threads.map(work, range(_PROCESSES)) for fate in fates]
