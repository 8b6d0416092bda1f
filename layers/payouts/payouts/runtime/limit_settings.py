"""The limits in the environment variables. Apart from `config`, since few functions need them at their start."""

from collections.abc import Mapping
from enum import StrEnum

from payouts.domain.limits import AmountLimits, DailyLimit, PayoutLimits
from payouts.domain.money import Rupiah
from payouts.runtime.variables import ConfigurationError, Reader, count, one_of, unless_none


def amount_limits(environment: Mapping[str, str]) -> AmountLimits:
    """From `MIN_AMOUNT` and `MAX_AMOUNT`."""
    read = Reader(environment)
    limits = AmountLimits(
        smallest=read("MIN_AMOUNT", Rupiah.parse, "10000.00"),
        largest=read("MAX_AMOUNT", Rupiah.parse, "250000000.00"),
    )
    if not Rupiah(0) < limits.smallest <= limits.largest:
        raise ConfigurationError("MIN_AMOUNT must be more than 0.00 and at most MAX_AMOUNT")
    return limits


def payout_limits(environment: Mapping[str, str]) -> PayoutLimits:
    """From `ACCEPT_TRANSFERS`, `DAILY_*_LIMIT` and `CALLER_DAILY_*_LIMIT`; empty or 0 means no limit."""
    read = Reader(environment)
    return PayoutLimits(
        accept_transfers=read("ACCEPT_TRANSFERS", one_of(_Boolean), _Boolean.TRUE) is _Boolean.TRUE,
        all_callers=_daily_limit(read, "DAILY_AMOUNT_LIMIT", "DAILY_COUNT_LIMIT"),
        each_caller=_daily_limit(read, "CALLER_DAILY_AMOUNT_LIMIT", "CALLER_DAILY_COUNT_LIMIT"),
    )


class _Boolean(StrEnum):
    TRUE = "true"
    FALSE = "false"


def _daily_limit(read: Reader, amount_name: str, count_name: str) -> DailyLimit:
    """The limit given by two variables."""
    return DailyLimit(read(amount_name, unless_none(Rupiah.parse), ""), read(count_name, unless_none(count), ""))
