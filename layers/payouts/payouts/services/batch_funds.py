"""Funds of batches: a chunk is paid only while the balance less the other chunks' reservations covers it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from payouts.doku.time_limits import Remaining
from payouts.domain.errors import Throttled, Unavailable
from payouts.domain.money import Rupiah
from payouts.services.account_inquiry import DokuQueries
from payouts.store.funds import FundsStore, Reservation, Reservations

_ATTEMPTS = 50
"""For a write of the reservations: each that fails is another worker's that succeeded."""
_BALANCES = 3
_BALANCE_SECONDS = 2.0
"""How long a balance is used: single transfers, which reserve nothing, reduce it too."""


class Cover(Enum):
    """Whether the balance covers a chunk."""

    YES = auto()
    LATER = auto()
    """Not while other chunks of the same batch reserve, which may have been spent already."""
    NO = auto()


@dataclass(frozen=True, slots=True)
class _Balance:
    """DOKU's balance, with the reservations that were read before it, and when (milliseconds)."""

    amount: Rupiah
    before: Reservations
    at: int

    def covers(self, chunk: str, needed: Rupiah, now: Reservations) -> Cover:
        """Whether it covers the chunk beside the present reservations.

        What was released since then may have been spent without reducing this balance, and counts as if it had been.
        """
        spent = now.released - self.before.released
        left = self.amount.sen - spent - needed.sen
        if left >= now.of_others(chunk, self.at).sen:
            return Cover.YES
        return Cover.LATER if left >= now.of_other_batches(chunk, self.at).sen else Cover.NO


class Funds:
    """Reserves parts of the balance. Raises PayoutError if DOKU or the table does not answer."""

    def __init__(self, store: FundsStore, queries: DokuQueries, clock: Callable[[], float]) -> None:
        self._store = store
        self._queries = queries
        self._clock = clock

    def reserve(self, chunk: str, needed: Rupiah, until: int, remaining: Remaining) -> Cover:
        """Reserve `needed` for a chunk until then (milliseconds) if the balance covers it.

        The reservations are read before the balance: what another chunk pays in between counts twice, never not at all.
        """
        for _ in range(_BALANCES):
            found = self._reserve(self._balance(remaining), chunk, Reservation(needed, until))
            if found is not None:
                return found
        raise Throttled("too many simultaneous reservations of funds")

    def _reserve(self, balance: _Balance, chunk: str, wanted: Reservation) -> Cover | None:
        """Reserve by this balance. None if it is too old, or may be too low only because it is."""
        read, last = balance.before, self._clock() + _BALANCE_SECONDS
        for _ in range(_ATTEMPTS):
            cover = balance.covers(chunk, wanted.amount, read)
            if cover is not Cover.YES:
                return cover if read is balance.before else None
            if self._store.replace(read, chunk, wanted, balance.at):
                return cover
            if self._clock() > last:
                break
            read = self._store.read()
        return None

    def release(self, chunk: str) -> None:
        """Remove the reservation of a chunk."""
        for _ in range(_ATTEMPTS):
            read = self._store.read()
            if chunk not in read.by_chunk or self._store.replace(read, chunk, None, int(self._clock() * 1000)):
                return

    def cover(self, chunk: str, needed: Rupiah, remaining: Remaining) -> Cover:
        """What `reserve` would answer now."""
        balance = self._balance(remaining)
        return balance.covers(chunk, needed, balance.before)

    def _balance(self, remaining: Remaining) -> _Balance:
        at, before = int(self._clock() * 1000), self._store.read()
        available = self._queries.balance(remaining).available
        if available is None:
            raise Unavailable("DOKU's answer has no balance")
        return _Balance(available, before, at)
