"""Copies of the project in which one file at a time is changed and tests run against the change."""

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
    """A run of some tests: pytest's exit code and its output."""

    code: int
    output: str

    @property
    def failed_test(self) -> str:
        """The first test that failed; empty if none did."""
        failed = _FAILED.search(self.output)
        return failed[1] if self.code == 1 and failed else ""

    @property
    def passed(self) -> bool:
        """True if every test passed."""
        return self.code == 0

    @property
    def noticed(self) -> bool:
        """True if a test failed, collection failed, or the run exceeded its processor time.

        Raises RuntimeError for a run that ended in another way: it proves nothing.
        """
        if self.code not in (0, 1, 2, -signal.SIGXCPU):
            raise RuntimeError(f"a run of pytest ended with {self.code}: {self.output[-2000:]}")
        return not self.passed

    def __str__(self) -> str:
        return self.failed_test or self.output.strip().rpartition("\n")[2] or f"exit code {self.code}"


class Copy:
    """One copy of the project; it runs one set of tests at a time."""

    def __init__(self, root: Path) -> None:
        """Copy the files that the tests need and start a pytest server there."""
        self._root = root
        for name in _COPIED:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        for name in _FILES:
            shutil.copy(ROOT / name, root / name)
        self._times = count(1)
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.verification.pytest_server"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def close(self) -> None:
        """Stop the pytest server."""
        self._server.communicate()

    def run(self, arguments: Iterable[str], cpu_seconds: int = _CPU_SECONDS) -> Run:
        """Run tests on the unchanged copy; `arguments` are pytest's. A run over `cpu_seconds` is killed."""
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
        second = next(self._times)  # a new mtime: Python finds stale bytecode by mtime in seconds and size
        os.utime(path, (second, second))


class Copies:
    """The copies of the project that work is spread over."""

    def __init__(self, copies: list[Copy], threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._idle: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for copy in copies:
            self._idle.put(copy)

    def each(self, work: Callable[[Copy, Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Run `work` on each item in any free copy. Yields results as they complete."""
        futures = [self._threads.submit(self._in_a_copy, work, item) for item in items]
        yield from (future.result() for future in as_completed(futures))

    def failing(self, runs: Iterable[tuple[str, ...]], cpu_seconds: int = _CPU_SECONDS) -> str:
        """Output of the runs that fail on the unchanged project; empty if all pass."""
        results = self.each(lambda copy, arguments: copy.run(arguments, cpu_seconds), sorted(set(runs)))
        return "\n".join(result.output or str(result) for result in results if not result.passed)

    def _in_a_copy(self, work: Callable[[Copy, Item], Result], item: Item) -> Result:
        copy = self._idle.get()
        try:
            return work(copy, item)
        finally:
            self._idle.put(copy)


@contextmanager
def project_copies() -> Iterator[Copies]:
    """Two copies, one for each core; removed at the end of the `with`."""
    with TemporaryDirectory(prefix="payouts-") as folder, ExitStack() as running:
        made = [Copy(Path(folder) / str(number)) for number in range(_AT_ONCE)]
        for copy in made:
            running.callback(copy.close)
        threads = ThreadPoolExecutor(_AT_ONCE)
        running.callback(threads.shutdown, cancel_futures=True)
        yield Copies(made, threads)
