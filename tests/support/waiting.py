"""Waiting for other threads and processes without sleeping."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread, Timer

PATIENCE = 10.0  # seconds, for what takes milliseconds unless it is broken


def until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds. Raises AssertionError after PATIENCE."""
    patience = Event()
    timer = Timer(PATIENCE, patience.set)
    timer.start()
    while not condition():
        assert not patience.wait(0.005), "it never happened"
    timer.cancel()


def is_gone(pid: int) -> bool:
    """True if a process has ended; a zombie has."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return not state or state.startswith("Z")


@contextmanager
def in_the_background(run: Callable[[Event], None]) -> Iterator[None]:
    """Run `run` in a thread; its event is set at the end."""
    stop = Event()
    thread = Thread(target=run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
