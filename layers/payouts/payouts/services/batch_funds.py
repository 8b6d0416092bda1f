"""Funds of batches: a chunk is paid only while the balance less the other chunks' reservations covers it."""

from collections.abc import Callable

from payouts.doku.time_limits import Remaining
from payouts.domain.errors import Throttled, Unavailable
from payouts.domain.money import Rupiah
from payouts.services.account_inquiry import DokuQueries
from payouts.store.funds import FundsStore, Reservation

_ATTEMPTS = 5


class Funds:
    """Reserves parts of the balance. Raises PayoutError if DOKU or the table does not answer."""

    def __init__(self, store: FundsStore, queries: DokuQueries, clock: Callable[[], float]) -> None:
        self._store = store
        self._queries = queries
        self._clock = clock

    def reserve(self, chunk: str, needed: Rupiah, until: int, remaining: Remaining) -> bool:
        """Reserve `needed` for a chunk until then (milliseconds). False if the balance does not cover it.

        The reservations are read before the balance: what another chunk pays in between counts twice, never not at all.
        """
        for _ in range(_ATTEMPTS):
            now = int(self._clock() * 1000)
            read = self._store.read()
            if self._balance(remaining).sen < needed.sen + read.of_others(chunk, now).sen:
                return False
            if self._store.replace(read, chunk, Reservation(needed, until), now):
                return True
        raise Throttled("too many simultaneous reservations of funds")

    def release(self, chunk: str) -> None:
        """Remove the reservation of a chunk."""
        for _ in range(_ATTEMPTS):
            read = self._store.read()
            if chunk not in read.by_chunk or self._store.replace(read, chunk, None, int(self._clock() * 1000)):
                return

    def cover(self, chunk: str, needed: Rupiah, remaining: Remaining) -> bool:
        """True if `reserve` would succeed now."""
        read = self._store.read()
        others = read.of_others(chunk, int(self._clock() * 1000))
        return self._balance(remaining).sen >= needed.sen + others.sen

    def _balance(self, remaining: Remaining) -> Rupiah:
        available = self._queries.balance(remaining).available
        if available is None:
            raise Unavailable("DOKU's answer has no balance")
        return available
