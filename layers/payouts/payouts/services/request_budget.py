"""The API's share of the requests to DOKU, which its processes take from windows of a few seconds.

One warm process may get all of a lone user's requests, so the share is not divided among the processes. A process
counts its requests in the window's item before it sends them: one write unit for one transfer, or for two if it sent
in the window before. A process that finds the window used up writes nothing more until it ends.
"""

import math
import random
import time
from collections.abc import Callable

from payouts.domain.errors import PayoutError, RefusedEarly
from payouts.domain.rate import Share
from payouts.services.doku_rate import DokuRate
from payouts.store.rate import RateStore

WINDOW = 4
"""Seconds. Longer ones would let more requests leave at once."""
CHUNK = 4
"""Requests that a busy process takes at once: two transfers with their account inquiries. A process that waits for a
slow DOKU would lose what it has left at the end of the window, so it takes what it needs."""
_LEAST = 2
"""Requests in a window, however low the rate: one transfer with its account inquiry."""
_BUSY = "DOKU has too many requests at the moment; nothing was sent. Send the same request again after Retry-After"


def _ignore(error: PayoutError) -> None:
    """Default hook; does nothing."""


def free(requests: int = 1) -> None:
    """Take nothing: the requests of an operator's command are not counted."""


class RequestBudget:
    """Requests that one process of the API may send.

    If the table does not answer, the request goes on uncounted: the table will decide about its transfer in a moment.
    `failed` is called with the error.
    """

    def __init__(
        self,
        store: RateStore,
        rate: DokuRate,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        failed: Callable[[PayoutError], None] = _ignore,
    ) -> None:
        self._store = store
        self._rate = rate
        self._clock = clock
        self._jitter = jitter
        self._failed = failed
        self._window = -math.inf
        self._left = 0
        self._full = (-math.inf, 0)
        """A window, and a count that was exceeded in it."""

    def take(self, requests: int) -> None:
        """Take requests for a transfer or an account inquiry. Raises RefusedEarly if the window is used up."""
        if not self._has(requests, part=1.0):
            raise self._refusal()

    def take_spare(self) -> None:
        """Take a request for the balance. Raises RefusedEarly if such requests have used up half of the window."""
        if not self.spare():
            raise self._refusal()

    def spare(self) -> bool:
        """Take a request for a status check or the balance, which leave half of a window to transfers."""
        return self._has(1, part=0.5)

    def _refusal(self) -> RefusedEarly:
        window = self._clock() / WINDOW
        waits = math.floor(window) + 1 - window + self._jitter()  # jitter: not all at the next window's start
        return RefusedEarly(_BUSY, math.ceil(waits * WINDOW))

    def _has(self, requests: int, part: float) -> bool:
        per_second = self._rate.of(Share.API)
        if math.isinf(per_second):
            return True
        limit = int(max(_LEAST, per_second * WINDOW) * part)
        window = int(self._clock() // WINDOW)
        if window == self._window and self._left >= requests:
            self._left -= requests
            return True
        return self._counted(window, requests, limit)

    def _counted(self, window: int, requests: int, limit: int) -> bool:
        full, count = self._full
        if window == full and limit - requests <= count:
            return False
        chunk = CHUNK if 0 <= window - self._window <= 1 else requests
        for size in sorted({min(chunk, limit), requests}, reverse=True):
            if self._took(window, size, limit):
                self._left = size - requests
                self._window = window
                return True
        self._full = window, limit - requests
        return False

    def _took(self, window: int, requests: int, limit: int) -> bool:
        try:
            return self._store.take(window, requests, limit, self._clock())
        except PayoutError as error:
            self._failed(error)
            return True
