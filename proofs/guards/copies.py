"""A copy of the project, in which guards are taken away and tests die."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from proofs.guards.listed import ROOT, Guard

_COPIED = ("bench", "console", "docs", "events", "functions", "layers", "local", "proofs", "tests", "tools")
_FILES = ("pyproject.toml", "template.yaml", "README.md", "Makefile")
_FAILED = re.compile(r"^(?:FAILED|ERROR) \S*?(\w+\.py(?:::\w+)?)", re.MULTILINE)
_SECONDS = 600.0
"""After which a run is given up. That is no death: nothing was shown."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What happened without a guard: the test that died, or how they all lived on."""

    guard: Guard
    died: bool
    told: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy; one guard at a time is missing in it."""

    root: Path

    @classmethod
    def make(cls, folder: str) -> Self:
        """Copy what the tests need."""
        root = Path(folder)
        for name in _COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        for name in _FILES:
            shutil.copy(ROOT / name, root / name)
        return cls(root)

    def failing(self, tests: Iterable[str]) -> str:
        """What pytest says of tests that fail as things are; empty where they pass."""
        code, told = self._pytest(tests)
        return "" if code == 0 else told

    def without(self, guard: Guard) -> Fate:
        """Run its tests without a guard."""
        path = self.root / guard.file
        source = path.read_text(encoding="utf-8")
        path.write_text(guard.removed_from(source), encoding="utf-8")
        try:
            code, told = self._pytest(guard.tests)
        finally:
            path.write_text(source, encoding="utf-8")
        dead = _FAILED.search(told)
        if code == 1 and dead:
            return Fate(guard, True, dead[1])
        return Fate(guard, False, told.strip().rpartition("\n")[2] or f"exit code {code}")

    def _pytest(self, tests: Iterable[str]) -> tuple[int, str]:
        command = [sys.executable, "-B", "-m", "pytest", "-x", "--no-header", "-rfE", "--tb=no", *tests]
        try:
            ended = subprocess.run(
                command, cwd=self.root, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return 2, f"no end within {_SECONDS:.0f} s"
        return ended.returncode, ended.stdout + ended.stderr
