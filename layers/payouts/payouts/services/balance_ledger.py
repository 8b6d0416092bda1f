"""Adds readings of DOKU's balance to the day's proof, with what our transfers explain of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from payouts.domain.balance_proof import (
    TOLERANCE,
    UNSTATED_FEE,
    BalanceProof,
    Reading,
    Sums,
)
from payouts.domain.days import day_after, day_of
from payouts.domain.debits import is_never_taken, returned_between, taken_at
from payouts.domain.money import Rupiah
from payouts.domain.transfer import NOT_ACKNOWLEDGED, Transfer
from payouts.store.balance_readings import BalanceDay, BalanceReadings
from payouts.store.creation_index import behind
from payouts.store.due_index import READ_SHARDS, DueIndex
from payouts.store.returned_transfers import ReturnedTransfers
from payouts.store.transfers import TransferStore

_OVERLAP = 4 * 60_000
"""Milliseconds before a reading that the next one reads again: an index may lag, and clocks may differ."""
_MOST_READ = 20_000
"""Transfers that one reading reads at most. After a longer gap, or a flood, a new series begins."""
_MOST_KEPT = 3_000
"""References in doubt that the item keeps at most, for its size."""
_ALWAYS = 2**53
_BATCH = 100


class TooMany(Exception):
    """More transfers than a reading can account for."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the ledger finds transfers: by creation, by return, and those that are open."""

    store: TransferStore
    returned: ReturnedTransfers
    due: DueIndex


@dataclass
class _Account:
    """What is known of the transfers at a reading. `kept` is what the next reading goes on from."""

    reading: Reading
    kept: BalanceDay

    def count(self, transfer: Transfer) -> None:
        """Count a transfer that was created before the reading."""
        if is_never_taken(transfer):
            return
        at, is_old = taken_at(transfer), transfer.created_at <= self.kept.until
        if at is not None and at <= self.reading.settled_until:
            self.reading = replace(self.reading, sums=self.reading.sums.with_debit(transfer))
            if is_old:
                self.kept = replace(self.kept, sums=self.kept.sums.with_debit(transfer))
            return
        fee = UNSTATED_FEE if transfer.fee is None else transfer.fee.sen
        self.reading = replace(self.reading, in_doubt=self.reading.in_doubt + transfer.intent.amount.sen + fee)
        if is_old:
            self.kept = replace(self.kept, in_doubt=(*self.kept.in_doubt, transfer.partner_reference_no))

    def count_return(self, transfer: Transfer, noted_at: int, was_counted: bool) -> None:
        """Count a return. Earlier readings may have had the amount already, before DOKU said so."""
        times = returned_between(transfer)
        is_old = noted_at <= self.kept.until
        if times is None or times[1] > self.reading.settled_until:
            return
        self.reading = replace(self.reading, sums=self.reading.sums.with_refund(transfer))
        if is_old:
            self.kept = replace(self.kept, sums=self.kept.sums.with_refund(transfer))
        else:
            self.kept = replace(self.kept, returned=(*self.kept.returned, transfer.partner_reference_no))
        if not was_counted:
            readings = _with_late_refund(self.kept.readings, transfer, times[0])
            levels = _with_late_refund(self.kept.levels, transfer, times[0])
            self.kept = replace(self.kept, readings=readings, levels=levels)


class BalanceLedger:
    """Keeps the day's readings. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, readings: BalanceReadings, sources: Sources) -> None:
        self._readings = readings
        self._sources = sources

    def add(self, available: Rupiah, asked: int, answered: int) -> BalanceProof | None:
        """Store a balance that DOKU stated between two times (ms). Returns the day's proof so far.

        None if another invocation was first. Raises TooMany if too many transfers are in doubt.
        """
        standing = self._readings.current(day_of(asked))
        if standing is not None and standing.readings and standing.readings[-1].asked >= asked:
            return None
        account = self._go_on(standing, available, asked, answered) if standing else None
        account = account or self._start(available, asked, answered, standing)
        if len(account.kept.in_doubt) + len(account.kept.returned) > _MOST_KEPT:
            raise TooMany
        day = replace(account.kept, readings=(*account.kept.readings, account.reading))
        return day.proof if self._readings.save(day) else None

    def _go_on(self, standing: BalanceDay, available: Rupiah, asked: int, answered: int) -> _Account | None:
        """The account that goes on from the last reading; None if too much happened since."""
        until = max(standing.until, asked - _OVERLAP)
        kept = replace(standing, until=until, in_doubt=(), returned=())
        account = _Account(Reading(asked, answered, available.sen, standing.sums), kept)
        created = list(islice(self._created(standing.until, answered + TOLERANCE), _MOST_READ + 1))
        returned = list(islice(self._sources.returned.between(standing.until, answered + TOLERANCE), _MOST_READ + 1))
        if max(len(created), len(returned)) > _MOST_READ:
            return None
        for transfer in self._read([*standing.in_doubt, *created]):
            account.count(transfer)
        noted = {each.reference: each.created_at for each in returned}
        for transfer in self._read(noted):
            reference = transfer.partner_reference_no
            account.count_return(transfer, noted[reference], reference in standing.returned)
        return account

    def _start(self, available: Rupiah, asked: int, answered: int, standing: BalanceDay | None) -> _Account:
        """The account of a new series. Transfers that are in doubt now may be taken at any time."""
        day = standing or BalanceDay(day_of(asked))
        begun = replace(day, until=asked - _OVERLAP, sums=Sums(), in_doubt=tuple(self._open(asked)), returned=())
        account = self._go_on(begun, available, asked, answered)
        if account is None:
            raise TooMany
        account.reading = replace(account.reading, starts=True)
        account.kept = replace(account.kept, readings=day.readings, levels=day.levels)
        return account

    def _created(self, after: int, until: int) -> Iterator[str]:
        """References of the transfers created in (`after`, `until`], oldest first."""
        day = day_of(after)
        while day <= day_of(until):
            entries = self._sources.store.of_day(day, behind(after))
            yield from (each.reference for each in takewhile(lambda entry: entry.position.created_at <= until, entries))
            day = day_after(day)

    def _open(self, asked: int) -> Iterator[str]:
        """References of older transfers that DOKU has not acknowledged."""
        for shard in range(READ_SHARDS):
            for transfer in self._read(self._slots(shard)):
                if transfer.status in NOT_ACKNOWLEDGED and transfer.created_at <= asked - _OVERLAP:
                    yield transfer.partner_reference_no

    def _slots(self, shard: int) -> Iterator[str]:
        start = None
        while True:
            slots, start = self._sources.due.due(shard, _ALWAYS, limit=_MOST_READ, start=start)
            yield from (slot.reference for slot in slots)
            if start is None:
                return

    def _read(self, references: Iterable[str]) -> Iterator[Transfer]:
        remaining = iter(references)
        while some := list(islice(remaining, _BATCH)):
            yield from self._sources.store.get_all(some, consistent=False)  # a stale one stays in doubt for longer


def _with_late_refund(readings: Iterable[Reading], transfer: Transfer, after: int) -> tuple[Reading, ...]:
    amount = transfer.intent.amount.sen
    return tuple(
        each if each.answered < after else replace(each, late_refunds=each.late_refunds + amount) for each in readings
    )
