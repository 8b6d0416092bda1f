"""Copies of the project, in which a file is changed and tests die of it."""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

ROOT = Path(__file__).parents[2]
_COPIED = ("benchmarks", "console", "docs", "events", "functions", "layers", "local", "tests", "tools")
_FILES = ("pyproject.toml", "template.yaml", "README.md", "Makefile")
_FAILED = re.compile(r"^FAILED \S*?(\w+\.py(?:::\w+)?)", re.MULTILINE)
_CPU_SECONDS = 300
_AT_ONCE = 2

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Run:
    """A run of some tests: pytest's exit code, and all that it said."""

    code: int
    told: str

    @property
    def died(self) -> str:
        """The first test that failed; empty where none did."""
        dead = _FAILED.search(self.told)
        return dead[1] if self.code == 1 and dead else ""

    @property
    def passed(self) -> bool:
        """Whether every test lived on."""
        return self.code == 0

    @property
    def noticed(self) -> bool:
        """Whether a test failed, none could be collected, or they computed for too long.

        Raises RuntimeError for a run that ended in another way: it shows nothing.
        """
        if self.code not in (0, 1, 2, -signal.SIGXCPU):
            raise RuntimeError(f"a run of pytest ended with {self.code}: {self.told[-2000:]}")
        return not self.passed

    def __str__(self) -> str:
        return self.died or self.told.strip().rpartition("\n")[2] or f"exit code {self.code}"


class Copy:
    """One copy of the project, in which one run takes place at a time."""

    def __init__(self, root: Path) -> None:
        """Copy what the tests need."""
        self._root = root
        for name in _COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        for name in _FILES:
            shutil.copy(ROOT / name, root / name)
        self._times = count(1)
        self._server = subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.verification.pytest_server"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def close(self) -> None:
        """End its runs."""
        self._server.communicate()

    def run(self, arguments: Iterable[str], cpu_seconds: int = _CPU_SECONDS) -> Run:
        """Run tests, given as pytest takes them, as things are. A run that computes for longer is killed."""
        stdin, stdout = self._server.stdin, self._server.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps({"arguments": list(arguments), "cpu_seconds": cpu_seconds}) + "\n")
        stdin.flush()
        return Run(**json.loads(stdout.readline()))

    def run_with(self, file: str, source: str, arguments: Iterable[str], cpu_seconds: int = _CPU_SECONDS) -> Run:
        """Run tests with one file changed."""
        path = self._root / file
        before = path.read_text(encoding="utf-8")
        try:
            self._write(path, source)
            return self.run(arguments, cpu_seconds)
        finally:
            self._write(path, before)

    def _write(self, path: Path, source: str) -> None:
        path.write_text(source, encoding="utf-8")
        second = next(self._times)  # one of its own, since what is compiled is told apart by second and size
        os.utime(path, (second, second))


class Copies:
    """As many copies as are worked in at once."""

    def __init__(self, copies: list[Copy], threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._idle: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for copy in copies:
            self._idle.put(copy)

    def each(self, work: Callable[[Copy, Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Do the work on each item, in any of the copies. Yields as they end."""
        futures = [self._threads.submit(self._in_a_copy, work, item) for item in items]
        yield from (future.result() for future in as_completed(futures))

    def failing(self, orders: Iterable[tuple[str, ...]], cpu_seconds: int = _CPU_SECONDS) -> str:
        """What pytest says of runs that fail as things are; empty where all pass."""
        runs = self.each(lambda copy, order: copy.run(order, cpu_seconds), sorted(set(orders)))
        return "\n".join(run.told or str(run) for run in runs if not run.passed)

    def _in_a_copy(self, work: Callable[[Copy, Item], Result], item: Item) -> Result:
        copy = self._idle.get()
        try:
            return work(copy, item)
        finally:
            self._idle.put(copy)


@contextmanager
def copies() -> Iterator[Copies]:
    """As many as there are cores for, which end with this."""
    with TemporaryDirectory(prefix="payouts-") as folder, ExitStack() as running:
        made = [Copy(Path(folder) / str(number)) for number in range(_AT_ONCE)]
        for copy in made:
            running.callback(copy.close)
        threads = ThreadPoolExecutor(_AT_ONCE)
        running.callback(threads.shutdown, cancel_futures=True)
        yield Copies(made, threads)
