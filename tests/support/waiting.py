"""Waits for other threads and processes without fixed sleeps."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread, Timer

PATIENCE = 10.0  # seconds


def until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds. Raises AssertionError after PATIENCE."""
    patience = Event()
    timer = Timer(PATIENCE, patience.set)
    timer.start()
    while not condition():
        assert not patience.wait(0.005), f"the condition did not hold within {PATIENCE:.0f} s"
    timer.cancel()


def is_gone(pid: int) -> bool:
    """True if a process has ended; a zombie has."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return not state or state.startswith("Z")


@contextmanager
def in_the_background(run: Callable[[Event], None]) -> Iterator[None]:
    """Run `run` in a thread. Its event is set at the end of the `with`."""
    stop = Event()
    thread = Thread(target=run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
