"""Mutation of the pure modules: every small change that cosmic-ray can think of is made once, and a test must die."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.verification.copies import Copy, Run, copies
from tests.verification.mutation.modules import MODULES
from tests.verification.mutation.mutants import Mutant, mutants
from tests.verification.part import Shown

_EXPLAINED = Path(__file__).parent / "survivors.toml"
_STEP = 100
_CPU_SECONDS = 20
"""A mutant that computes for longer was noticed: it loops."""


def run(console: Console, modules: Sequence[str] = tuple(MODULES)) -> Shown:
    """Mutate the modules. Fails for a survivor that is not explained in survivors.toml, and for an explanation whose
    mutant died."""
    found = [mutant for module in modules for mutant in mutants(module)]
    console.print(f"  {len(found)} mutants of {len(modules)} modules; first their tests, with nothing changed")
    with copies() as running:
        if broken := running.failing(map(_arguments, modules), _CPU_SECONDS):
            console.print(broken, markup=False, highlight=False)
            return Shown("the tests fail with nothing changed", {}, holds=False)
        survivors = set()
        for done, (mutant, ran) in enumerate(running.each(_mutated, found), start=1):
            if not ran.noticed:
                survivors.add(mutant)
                console.print(f"  lives on: {mutant}", markup=False, highlight=False, soft_wrap=True)
            if done % _STEP == 0 or done == len(found):
                console.print(f"  {done} of {len(found)}, {len(survivors)} survived", highlight=False)
    explained = {mutant for mutant in explanations() if mutant.module in modules}
    _show(console, found, survivors, explained)
    figures = {"mutants": len(found), "mutants_explained": len(survivors & explained)}
    unexplained = len(survivors - explained)
    line = f"{len(found)} mutants, {len(survivors)} survived, {unexplained} not explained"
    return Shown(line, figures | {"mutants_unexplained": unexplained}, survivors == explained)


def explanations() -> dict[Mutant, str]:
    """Survivors that change nothing that anybody could see, with the reason."""
    with _EXPLAINED.open("rb") as file:
        entries = tomllib.load(file)["survivor"]
    return {Mutant(entry["module"], entry["before"], entry["after"]): entry["why"] for entry in entries}


def _mutated(copy: Copy, mutant: Mutant) -> tuple[Mutant, Run]:
    return mutant, copy.run_with(mutant.module, mutant.source, _arguments(mutant.module), _CPU_SECONDS)


def _arguments(module: str) -> tuple[str, ...]:
    """What its tests are run with: without what the deployment's tests need."""
    return "--noconftest", *MODULES[module]


def _show(console: Console, found: list[Mutant], survivors: set[Mutant], explained: set[Mutant]) -> None:
    table = Table("module", "mutants", "survived", title="small changes, of which a test must die")
    made, lived = (Counter(mutant.module for mutant in some) for some in (found, survivors))
    for module, number in made.items():
        table.add_row(module, str(number), str(lived[module]))
    console.print(table)
    for mutant in sorted(survivors - explained, key=str):
        console.print(f"survived: {mutant}", markup=False, highlight=False, soft_wrap=True)
    for mutant in sorted(explained - survivors, key=str):
        console.print(f"died, take its explanation out: {mutant}", markup=False, highlight=False, soft_wrap=True)
