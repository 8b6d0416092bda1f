"""Keeps to the rate of requests that DOKU allows: the rate, and the pace of one process.

DOKU publishes no limit, so there is a configured rate, which a 429 of DOKU halves for all processes. Requests for
access tokens are not counted: there is one in a quarter of an hour.
"""

import math
import threading
import time
from collections.abc import Callable

from payouts.domain.errors import PayoutError
from payouts.domain.rate import RATE_MAX_AGE, Share, Throttle
from payouts.store.rate import RateStore

_LONGEST = 60.0
"""Seconds that no request waits: a poller has a minute."""


def _ignore(error: PayoutError) -> None:
    """Default hook; does nothing."""


class DokuRate:
    """The rate that each share may use now. It is read at most every five seconds.

    If it can't be read or stored, payouts go on: this process uses what it knows, and tries again after five seconds.
    `failed` is called with the error.
    """

    def __init__(
        self,
        store: RateStore,
        per_second: int,
        clock: Callable[[], float] = time.time,
        failed: Callable[[PayoutError], None] = _ignore,
    ) -> None:
        self._store = store
        self._per_second = per_second
        self._clock = clock
        self._failed = failed
        self._known = Throttle()
        self._read_at = -math.inf
        self._refused = False

    def of(self, share: Share) -> float:
        """Requests a second for all processes of a share together; infinite if no rate is configured."""
        if not self._per_second:
            return math.inf
        self.slow_down()
        self._read()
        return share.of(self._per_second * self._known.part(self._clock()))

    def refused(self) -> None:
        """Note that DOKU answered 429. Writes nothing: DOKU's answer about a transfer must be stored first."""
        self._refused = True

    def slow_down(self) -> None:
        """Halve the rate of all processes if DOKU has answered 429 since the last call; once in a cooling period."""
        if not self._refused or not self._per_second:
            return
        self._refused = False
        now = self._clock()
        if self._known.is_cooling(now):
            return
        try:
            known = self._store.read()
            self._known = known if known.is_cooling(now) else self._store.replace(known, known.halved(now))
        except PayoutError as error:
            self._failed(error)
            self._known = self._known.halved(now)  # of this process, until the next read
        self._read_at = now

    def _read(self) -> None:
        now = self._clock()
        if 0 <= now - self._read_at < RATE_MAX_AGE:
            return
        self._read_at = now
        try:
            self._known = self._store.read()
        except PayoutError as error:
            self._failed(error)


class Pace:
    """Spaces the requests of one process evenly. Safe for threads.

    `rate` gives the requests a second of all processes that share it.
    """

    def __init__(
        self,
        rate: Callable[[], float],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, at_most: float, processes: int = 1) -> bool:
        """Wait until this process, one of `processes`, may send a request. False if that takes longer than `at_most`
        seconds; then nothing was waited for."""
        with self._lock:
            interval = processes / self._rate()
            now = self._clock()
            ahead = self._next - now
            if ahead > interval + _LONGEST:  # the machine's clock was set back
                ahead = 0.0
            if ahead > max(at_most, 0.0):
                return False
            self._next = now + max(ahead, 0.0) + interval
        if ahead > 0:
            self._sleep(ahead)
        return True


UNPACED = Pace(lambda: math.inf)
"""Waits for nothing."""
