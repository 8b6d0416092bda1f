"""One module's session of cosmic-ray, in a copy of the project."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proofs.guards.copies import Copy

_CONFIG = """\
[cosmic-ray]
module-path = "{module}"
timeout = 120.0
excluded-modules = []
test-command = "{python} -B -m pytest -x --no-header --tb=no {tests}"

[cosmic-ray.distributor]
name = "local"
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change that no test died of: the lines before and after it, stripped."""

    module: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.module}: {self.before!r} -> {self.after!r}"


@dataclass(frozen=True, slots=True)
class Mutated:
    """How many mutants a module had, and which of them survived."""

    module: str
    mutants: int
    survivors: tuple[Mutant, ...]


def mutate(copy: Copy, module: str, tests: tuple[str, ...]) -> Mutated:
    """Run all mutants of one module. Raises CalledProcessError where the tests fail without any."""
    config, session = copy.root / "cosmic-ray.toml", copy.root / "cosmic-ray.sqlite"
    config.write_text(_CONFIG.format(module=module, python=sys.executable, tests=" ".join(tests)), encoding="utf-8")
    session.unlink(missing_ok=True)
    cosmic_ray = Path(sys.executable).parent / "cosmic-ray"
    for command in (("baseline", config), ("init", config, session), ("exec", config, session)):
        subprocess.run((cosmic_ray, *command), cwd=copy.root, check=True, capture_output=True)
    dumped = subprocess.run([cosmic_ray, "dump", session], cwd=copy.root, check=True, capture_output=True, text=True)
    results = [json.loads(line) for line in dumped.stdout.splitlines()]
    return Mutated(module, len(results), tuple(_survivors(module, results)))


def _survivors(module: str, results: list[list[dict[str, str] | None]]) -> Iterator[Mutant]:
    for _, result in results:
        if result is None or result["worker_outcome"] != "normal":
            yield Mutant(module, "not run", str(result and result["output"])[-200:])
        elif result["test_outcome"] == "survived":
            yield _mutant(module, result["diff"])


def _mutant(module: str, diff: str) -> Mutant:
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    after = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return Mutant(module, before, after)
