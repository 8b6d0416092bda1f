"""Mutation testing of the pure modules: make every small change that cosmic-ray knows; a test must fail for each."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.verification.copies import Copy, Run, project_copies
from tests.verification.mutation.modules import MODULES
from tests.verification.mutation.mutants import Mutant, mutants
from tests.verification.part import Shown

_EXPLAINED = Path(__file__).parent / "survivors.toml"
_STEP = 100
_CPU_SECONDS = 20
"""A mutant that takes more processor time loops, and counts as killed."""


def run(console: Console, modules: Sequence[str] = tuple(MODULES), only: str = "") -> Shown:
    """Mutate the lines of the modules that contain `only`. Fails for a survivor that survivors.toml does not explain,
    and for an explained mutant that is killed."""
    found = [mutant for module in modules for mutant in mutants(module) if only in mutant.before]
    console.print(f"  {len(found)} mutants of {len(modules)} modules; running their tests unchanged first")
    with project_copies() as copies:
        if output := copies.failing(map(_arguments, modules), _CPU_SECONDS):
            console.print(output, markup=False, highlight=False)
            return Shown("the tests fail without a mutation", {}, holds=False)
        survivors = set()
        for done, (mutant, ran) in enumerate(copies.each(_mutated, found), start=1):
            if not ran.noticed:
                survivors.add(mutant)
                console.print(f"  survived: {mutant}", markup=False, highlight=False, soft_wrap=True)
            if done % _STEP == 0 or done == len(found):
                console.print(f"  {done} of {len(found)}, {len(survivors)} survived", highlight=False)
    explained = {mutant for mutant in explanations() if mutant.module in modules and only in mutant.before}
    _show(console, found, survivors, explained)
    figures = {"mutants": len(found), "mutants_explained": len(survivors & explained)}
    unexplained = len(survivors - explained)
    line = f"{len(found)} mutants, {len(survivors)} survived, {unexplained} not explained"
    return Shown(line, figures | {"mutants_unexplained": unexplained}, survivors == explained)


def explanations() -> dict[Mutant, str]:
    """Expected survivors, which change no observable behaviour, and the reason for each."""
    with _EXPLAINED.open("rb") as file:
        entries = tomllib.load(file)["survivor"]
    return {Mutant(entry["module"], entry["before"], entry["after"]): entry["why"] for entry in entries}


def _mutated(copy: Copy, mutant: Mutant) -> tuple[Mutant, Run]:
    return mutant, copy.run_with(mutant.module, mutant.source, _arguments(mutant.module), _CPU_SECONDS)


def _arguments(module: str) -> tuple[str, ...]:
    """pytest's arguments for the tests of a module; the fixtures of conftest.py are not needed."""
    return "--noconftest", *MODULES[module]


def _show(console: Console, found: list[Mutant], survivors: set[Mutant], explained: set[Mutant]) -> None:
    table = Table("module", "mutants", "survived", title="mutants")
    counts, survived = (Counter(mutant.module for mutant in some) for some in (found, survivors))
    for module, count in counts.items():
        table.add_row(module, str(count), str(survived[module]))
    console.print(table)
    for mutant in sorted(survivors - explained, key=str):
        console.print(f"survived, not explained: {mutant}", markup=False, highlight=False, soft_wrap=True)
    for mutant in sorted(explained - survivors, key=str):
        console.print(f"killed, remove its explanation: {mutant}", markup=False, highlight=False, soft_wrap=True)
