"""The proof that our transfers explain DOKU's balance. Pure: times in milliseconds, amounts in sen.

DOKU takes amount and fee when it takes a transfer, and returns the amount of one that failed or was refunded. A balance
and the sums of our transfers are never read at the same instant. So each reading has the sums that are certain and
those that are in doubt, and a change counts as unexplained only where no assumption about the latter explains it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from payouts.domain.debits import is_returned_by_decision
from payouts.domain.transfer import Transfer

TOLERANCE = 30_000
"""By how much DOKU's balance may lag behind its answers, and clocks may differ."""
UNSTATED_FEE = 50_000_00
"""The highest fee that is assumed where DOKU stated none: more than banks charge for any kind of transfer."""
_MOST_LEVELS = 20
"""Levels that a day hands on at most, the highest: each but the first means an increase that nothing explains."""


class Verdict(StrEnum):
    """What the proof of a day shows."""

    EXPLAINED = "EXPLAINED"
    """Our transfers explain the change of the balance exactly."""
    UNCERTAIN = "UNCERTAIN"
    """There is a difference, and what is in doubt may explain it."""
    DECREASE = "DECREASE"
    """The balance fell by more than our transfers explain: a double payment, a leaked key, an unknown fee."""
    INCREASE = "INCREASE"
    """The balance rose by more than is explained: a top-up, an unreported failure, or a returned fee."""
    UNKNOWN = "UNKNOWN"
    """There are no two readings to compare."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What DOKU took and returned for certain, since the first reading of an unbroken series."""

    paid: int = 0
    fees: int = 0
    refunds: int = 0
    unstated_fees: int = 0
    """Number of transfers whose fee DOKU did not state."""

    def with_debit(self, transfer: Transfer) -> "Sums":
        """The sums with the amount and the fee of a transfer, and with the return if an operator alone says so."""
        if is_returned_by_decision(transfer):
            taken = replace(self, paid=self.paid + transfer.intent.amount.sen, unstated_fees=self.unstated_fees + 1)
            return taken.with_refund(transfer)
        fee = transfer.fee.sen if transfer.fee else 0
        paid, unstated = self.paid + transfer.intent.amount.sen, self.unstated_fees + (transfer.fee is None)
        return Sums(paid, self.fees + fee, self.refunds, unstated)

    def with_refund(self, transfer: Transfer) -> "Sums":
        """The sums with the returned amount. Whether a fee is returned is not published, so none is counted."""
        return Sums(self.paid, self.fees, self.refunds + transfer.intent.amount.sen, self.unstated_fees)


@dataclass(frozen=True, slots=True)
class Reading:
    """A balance that DOKU stated, and what was known of our transfers then."""

    asked: int
    answered: int
    available: int
    sums: Sums
    in_doubt: int = 0
    """Amounts and fees that DOKU may have taken before this reading, or may not."""
    late_refunds: int = 0
    """Amounts that may have been returned before this reading, and were learned of after it."""
    starts: bool = False
    """True if it begins a series: its sums cannot be compared with earlier ones."""

    @property
    def settled_until(self) -> int:
        """What happened up to this time is in the balance for certain."""
        return self.asked - TOLERANCE

    @property
    def lowest(self) -> int:
        """The least that the balance would be without any of our transfers."""
        return self._without_transfers - self.late_refunds

    @property
    def highest(self) -> int:
        """The most that the balance would be without any of our transfers."""
        return self._without_transfers + self.in_doubt

    @property
    def _without_transfers(self) -> int:
        sums = self.sums
        return self.available + sums.paid + sums.fees + sums.unstated_fees * UNSTATED_FEE - sums.refunds


@dataclass(frozen=True, slots=True)
class BalanceProof:
    """The proof from the first to the last reading of the latest unbroken series of a day."""

    opening: Reading
    closing: Reading
    decrease: int
    """The largest fall between two readings that nothing explains, of all series of the day; 0 if there is none."""

    @property
    def sums(self) -> Sums:
        """What DOKU took and returned in between."""
        first, last = self.opening.sums, self.closing.sums
        return Sums(
            last.paid - first.paid,
            last.fees - first.fees,
            last.refunds - first.refunds,
            last.unstated_fees - first.unstated_fees,
        )

    @property
    def expected(self) -> int:
        """The opening balance less what was paid and charged, plus what was returned, as far as it is certain."""
        return self.opening.available - self.sums.paid - self.sums.fees + self.sums.refunds

    @property
    def difference(self) -> int:
        """The balance less what was expected; negative if money is missing."""
        return self.closing.available - self.expected

    @property
    def increase(self) -> int:
        """By how much the balance rose that nothing explains; 0 if it did not."""
        assumed = self.sums.unstated_fees * UNSTATED_FEE
        return max(0, self.closing.lowest - assumed - self.opening.highest)

    @property
    def verdict(self) -> Verdict:
        """What the proof shows. A decrease counts even if a later top-up hides it in the difference."""
        if self.decrease:
            return Verdict.DECREASE
        if self.opening == self.closing:
            return Verdict.UNKNOWN
        if self.difference == 0 and not self.sums.unstated_fees:
            return Verdict.EXPLAINED
        return Verdict.INCREASE if self.increase else Verdict.UNCERTAIN


def prove(readings: Sequence[Reading], levels: Sequence[Reading] = ()) -> BalanceProof | None:
    """The proof of a day's readings, oldest first, and of the levels of the days before; None without readings."""
    if not readings:
        return None
    start = max((index for index, each in enumerate(readings) if each.starts), default=0)
    return BalanceProof(readings[start], readings[-1], _largest_fall(readings, levels))


def levels_after(readings: Sequence[Reading], levels: Sequence[Reading] = ()) -> tuple[Reading, ...]:
    """The readings of the series that the next day is compared with, as an unexplained fall may be hidden by a doubt.

    They are each higher than all before. Falls that are already found are taken off: no day shows them again.
    """
    found = list(levels)
    for each in readings:
        found = [] if each.starts else [_lowered(level, each.highest) for level in found]
        if all(each.lowest > level.lowest for level in found):
            found.append(each)
    return tuple(found[-_MOST_LEVELS:])


def _largest_fall(readings: Sequence[Reading], levels: Sequence[Reading]) -> int:
    fall, level = 0, max((each.lowest for each in levels), default=None)
    for each in readings:
        if level is None or each.starts:
            level = each.lowest
        fall = max(fall, level - each.highest)
        level = max(level, each.lowest)
    return fall


def _lowered(level: Reading, highest: int) -> Reading:
    return replace(level, available=level.available - max(0, level.lowest - highest))
