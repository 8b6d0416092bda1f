"""python -m proofs.mutation [part of a module's path ...]: mutate the pure modules. Fails for a survivor that is not
explained in survivors.toml, and for an explanation whose mutant died."""

import argparse
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from proofs.guards.copies import Copy
from proofs.mutation.modules import MODULES
from proofs.mutation.session import Mutant, Mutated, mutate

_EXPLAINED = Path(__file__).parent / "survivors.toml"
_PROCESSES = 2


def main() -> int:
    """Mutate what the command line names. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m proofs.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="module", help="part of a path, such as schedule.py")
    options = parser.parse_args()
    wanted = [name for name in MODULES if not options.modules or any(part in name for part in options.modules)]
    if not wanted:
        parser.error(f"no module is called so; there are {', '.join(MODULES)}")
    console = Console()
    found = _all(console, wanted)
    survivors = {mutant for one in found for mutant in one.survivors}
    explained = {mutant for mutant in explanations() if mutant.module in wanted}
    for mutant in sorted(survivors - explained, key=str):
        console.print(f"[bold red]survived[/] {mutant}", highlight=False)
    for mutant in sorted(explained - survivors, key=str):
        console.print(f"[bold red]died, take its explanation out[/] {mutant}", highlight=False)
    count = sum(one.mutants for one in found)
    console.print(f"mutate: {count} mutants, {len(survivors)} survived, {len(survivors - explained)} not explained")
    return 0 if survivors == explained else 1


def explanations() -> dict[Mutant, str]:
    """Survivors that change nothing that anybody could see, with the reason."""
    with _EXPLAINED.open("rb") as file:
        entries = tomllib.load(file)["survivor"]
    return {Mutant(entry["module"], entry["before"], entry["after"]): entry["why"] for entry in entries}


def _all(console: Console, modules: list[str]) -> list[Mutated]:
    with TemporaryDirectory(prefix="mutation-") as folder, ThreadPoolExecutor(_PROCESSES) as threads:
        copies = [Copy.make(f"{folder}/{number}") for number in range(_PROCESSES)]

        def work(number: int) -> list[Mutated]:
            found = []
            for module in modules[number::_PROCESSES]:
                found.append(mutate(copies[number], module, MODULES[module]))
                console.print(f"  {module}: {found[-1].mutants} mutants, {len(found[-1].survivors)} survived")
            return found

        return [one for found in threads.map(work, range(_PROCESSES)) for one in found]


if __name__ == "__main__":
    sys.exit(main())
