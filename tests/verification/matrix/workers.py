"""Worker processes that run cells one after the other, each in its own world."""

import json
import multiprocessing
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import monotonic

from local import doku_secret
from tests.verification import libraries
from tests.verification.matrix.cell_run import CellRun, NeverCame, Stuck
from tests.verification.matrix.cells import Cell
from tests.verification.matrix.flows import run_cell
from tests.verification.matrix.fork_server import ForkServer
from tests.verification.matrix.world import World

_ATTEMPTS = 3  # until the call to break is made
_forking = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Result:
    """The result of a cell: broken invariants with descriptions, the timeline, and the labels of the calls."""

    cell: Cell
    broken: list[tuple[str, str]]
    timeline: list[str]
    labels: list[str]
    seconds: float


class Workers:
    """A number of worker processes for the bundle at `root`."""

    def __init__(self, root: Path, number: int) -> None:
        libraries.load()
        secret = doku_secret.generate()
        self._lines: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for _ in range(number):
            ours, theirs = _forking.Pipe()
            process = _forking.Process(target=_serve, args=(root, secret, theirs, [*self._lines, ours]))
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)

    def run(self, cells: Iterable[Cell]) -> Iterator[Result]:
        """Run the cells. Yields results as they complete."""
        waiting, results = SimpleQueue[Cell | None](), SimpleQueue[Result | None]()
        for cell in cells:
            waiting.put(cell)
        threads = [Thread(target=_feed, args=(line, waiting, results), daemon=True) for line in self._lines]
        for thread in threads:
            waiting.put(None)
            thread.start()
        ended = 0
        while ended < len(threads):
            result = results.get()
            if result is None:
                ended += 1
            else:
                yield result
        while not waiting.empty():
            if cell_left := waiting.get():
                yield _not_run(cell_left, "no worker was left to run it")

    def close(self) -> None:
        """Stop all workers."""
        for line in self._lines:
            line.close()
        for process in self._processes:
            process.join()


@contextmanager
def started(root: Path, number: int) -> Iterator[Workers]:
    """Workers that stop at the end of the `with`."""
    running = Workers(root, number)
    try:
        yield running
    finally:
        running.close()


def _feed(line: Connection, waiting: "SimpleQueue[Cell | None]", results: "SimpleQueue[Result | None]") -> None:
    while (cell := waiting.get()) is not None:
        try:
            line.send(cell)
            results.put(line.recv())
        except (EOFError, OSError):
            results.put(_not_run(cell, "its worker died"))
            break
    results.put(None)


def _not_run(cell: Cell, why: str) -> Result:
    return Result(cell, [("the matrix itself", why)], [], [], 0.0)


def _serve(root: Path, secret: str, line: Connection, of_the_parent: list[Connection]) -> None:
    for inherited in of_the_parent:  # otherwise the worker would not see the parent close its end
        inherited.close()
    fork_server = ForkServer()
    world = World(root, json.loads(secret), secret, fork_server)
    try:
        while True:
            line.send(_result(world, line.recv()))
    except (EOFError, KeyboardInterrupt):
        pass
    finally:
        world.close()


def _result(world: World, cell: Cell) -> Result:
    began = monotonic()
    for _ in range(_ATTEMPTS):
        world.reset()
        run = CellRun(world, cell)
        world.wire.on_arrival = run.oracle.arriving
        try:
            run_cell(run)
        except NeverCame as error:
            run.oracle.report("the matrix itself", str(error))
            continue
        except Stuck as stuck:
            run.oracle.report("I8", str(stuck))
        except Exception:
            run.oracle.report("the matrix itself", traceback.format_exc())
        break
    timeline = []
    if run.oracle.broken:
        timeline = [*run.notes, *_history(world, run.reference), *run.oracle.warnings()]
    return Result(cell, run.oracle.broken, timeline, run.labels, monotonic() - began)


def _history(world: World, reference: str) -> list[str]:
    item = world.item(reference)
    calls = [f"call {one.label} {one.mode or ''} -> {one.status or 'no answer'}" for one in world.wire.seen]
    if item is None:
        return [*calls, "there is no such transfer"]
    seen = (
        f"history {one.get('at', item['createdAt'])} {one['is']} {one.get('by', '')} {one.get('text', '')}"
        for one in item["history"]
    )
    return [*calls, *seen, f"stored as {item['status']}"]
