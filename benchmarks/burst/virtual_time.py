"""A clock that advances only while everything waits: simulated minutes take no longer than the work in them.

gevent runs the product's threads as greenlets, one at a time, so a lock that a sleeping thread holds keeps others
waiting without blocking the clock.
"""

import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent
from gevent.event import Event

_WHEN_NOTHING_ELSE_RUNS = -2
"""The lowest priority of gevent's event loop."""


class TimedOut(BaseException):
    """The time of `VirtualTime.limited` has passed. No handler catches it, as none survives Lambda's time-out."""


class VirtualTime:
    """Seconds since the epoch. `run` advances them to the next greenlet that `sleep` has put to sleep.

    `per_process`: classes and names of attributes that the product keeps once per process. Each greenlet finds after a
    sleep what it had set before, as if it ran in a process of its own.
    """

    def __init__(self, start: float) -> None:
        self.per_process: tuple[tuple[type, str], ...] = ()
        self._now = start
        self._sleepers: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._limits: dict[gevent.Greenlet, float] = {}

    def __call__(self) -> float:
        """The present time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Wait for so many virtual seconds. Raises TimedOut at the limit of this greenlet, if it has one."""
        until = self._now + max(seconds, 0)
        limit = self._limits.get(gevent.getcurrent(), until)
        kept = [(owner, name, getattr(owner, name, None)) for owner, name in self.per_process]
        woken = Event()
        heapq.heappush(self._sleepers, (min(until, limit), next(self._order), woken))
        woken.wait()
        for owner, name, value in kept:
            setattr(owner, name, value)
        if until > limit:
            raise TimedOut

    @contextmanager
    def limited(self, seconds: float) -> Iterator[float]:
        """Let this greenlet run for so many seconds at most. Yields the time at which it ends."""
        greenlet, ends = gevent.getcurrent(), self._now + seconds
        self._limits[greenlet] = ends
        try:
            yield ends
        finally:
            del self._limits[greenlet]

    def run(self, work: Callable[[], None]) -> None:
        """Run `work` and all that it starts until it ends. Raises what it raises."""
        greenlet = gevent.spawn(work)
        while not greenlet.ready():
            gevent.idle(_WHEN_NOTHING_ELSE_RUNS)
            if self._sleepers and not greenlet.ready():
                self._now, _, woken = heapq.heappop(self._sleepers)
                woken.set()
        greenlet.get()

    def replace_the_clock(self) -> None:
        """Make the module `time` of this process virtual, before the product is imported and binds its functions."""
        time.time = time.monotonic = self.__call__
        time.sleep = self.sleep  # type: ignore[assignment]
