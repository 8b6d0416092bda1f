"""A lane: a process that plays cells, one after the other, in a world of its own."""

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
from tests.verification.matrix.cells import Cell
from tests.verification.matrix.flows import play
from tests.verification.matrix.fork_server import Nursery
from tests.verification.matrix.play import NeverCame, Play, Stuck
from tests.verification.matrix.world import World

_ATTEMPTS = 3  # to have the fault fall at all
_forking = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Result:
    """What a cell showed: each broken invariant with how, the timeline, and the calls that left meanwhile."""

    cell: Cell
    broken: list[tuple[str, str]]
    timeline: list[str]
    labels: list[str]
    seconds: float


class Lanes:
    """So many lanes over the bundle at `root`."""

    def __init__(self, root: Path, number: int) -> None:
        libraries.load()
        secret = doku_secret.generate()
        self._lines: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for _ in range(number):
            ours, theirs = _forking.Pipe()
            process = _forking.Process(target=_live, args=(root, secret, theirs, [*self._lines, ours]))
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)

    def play(self, cells: Iterable[Cell]) -> Iterator[Result]:
        """The results as they come."""
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
                yield _unplayed(cell_left, "no lane was left to play it")

    def close(self) -> None:
        """End all lanes."""
        for line in self._lines:
            line.close()
        for process in self._processes:
            process.join()


@contextmanager
def lanes(root: Path, number: int) -> Iterator[Lanes]:
    """Lanes for as long as they are needed."""
    running = Lanes(root, number)
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
            results.put(_unplayed(cell, "its lane died"))
            break
    results.put(None)


def _unplayed(cell: Cell, why: str) -> Result:
    return Result(cell, [("the matrix itself", why)], [], [], 0.0)


def _live(root: Path, secret: str, line: Connection, of_the_parent: list[Connection]) -> None:
    for inherited in of_the_parent:  # else the parent's end would not be seen
        inherited.close()
    nursery = Nursery()
    world = World(root, json.loads(secret), secret, nursery)
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
        subject = Play(world, cell)
        world.wire.on_arrival = subject.judge.arriving
        try:
            play(subject)
        except NeverCame as missed:
            subject.judge.breaks("the matrix itself", str(missed))
            continue
        except Stuck as stuck:
            subject.judge.breaks("I8", str(stuck))
        except Exception:
            subject.judge.breaks("the matrix itself", traceback.format_exc())
        break
    timeline = []
    if subject.judge.broken:
        timeline = [*subject.notes, *_history(world, subject.reference), *subject.judge.complaints()]
    return Result(cell, subject.judge.broken, timeline, subject.labels, monotonic() - began)


def _history(world: World, reference: str) -> list[str]:
    item = world.item(reference)
    calls = [f"call {one.label} {one.mode or ''} -> {one.status or 'no answer'}" for one in world.wire.seen]
    if item is None:
        return [*calls, "there is no such transfer"]
    seen = (f"history {one['at']} {one['finding']} {one['source']} {one.get('message', '')}" for one in item["history"])
    return [*calls, *seen, f"stored as {item['status']}"]
