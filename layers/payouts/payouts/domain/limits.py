"""The limits that a merchant sets for its own payouts."""

from dataclasses import dataclass

from payouts.domain.money import Rupiah


@dataclass(frozen=True, slots=True)
class AmountLimits:
    """The smallest and the largest amount of one transfer, both allowed."""

    smallest: Rupiah
    largest: Rupiah


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """The most that may be paid out in one day (WIB): an amount and a number of transfers. None is no limit."""

    amount: Rupiah | None
    count: int | None

    @property
    def is_set(self) -> bool:
        """True if there is a limit."""
        return self.amount is not None or self.count is not None


@dataclass(frozen=True, slots=True)
class PayoutLimits:
    """The merchant's own limits: for all callers together and for each one, and whether transfers are accepted."""

    accept_transfers: bool
    all_callers: DailyLimit
    each_caller: DailyLimit
