"""The merchant's own limits of a day, in WIB: for all that it pays out, and for what one caller may ask for.

Taken before the door and never given back: a transfer that then fails has used its share. What a limit counts is at
least what went through the door.
"""

import hashlib
from datetime import datetime, timedelta

from doku_signing.timestamps import WIB
from payouts.domain.errors import LimitReached, ValidationFailed
from payouts.domain.limits import DailyLimit
from payouts.domain.transfer import Transfer
from payouts.store.counters import Bound, CounterEntry, Counters

_KEPT = timedelta(days=8)
"""For so long a day's counter can be looked at."""


class DailyLimits:
    """Takes a transfer's share of the limits. Those that are not set cost nothing."""

    def __init__(self, counters: Counters, all_callers: DailyLimit, each_caller: DailyLimit) -> None:
        self._counters = counters
        self._all_callers = all_callers
        self._each_caller = each_caller

    @property
    def in_force(self) -> bool:
        """Whether anything is counted at all."""
        return self._all_callers.is_set or self._each_caller.is_set

    def consume(self, transfer: Transfer) -> None:
        """Count `transfer`, which is about to be created, on the day (WIB) of its creation; a retry of it once.

        Raises LimitReached, or ValidationFailed for what no day has room for.
        """
        day = _midnight(_created(transfer))
        whose = "this deployment", "one caller"
        for limit, who in zip((self._all_callers, self._each_caller), whose, strict=True):
            _check_size(transfer, limit, who)
        entry = CounterEntry(_request(transfer), transfer.intent.amount)
        all_callers, caller = f"{day.date()}", f"{day.date()}#{_digest(transfer.created_by)}"
        expires_at = int((day + _KEPT).timestamp())
        if self._all_callers.is_set and self._each_caller.is_set:
            # Look first: a request that is refused for all must not use up its caller's share as well.
            _refuse(self._counters.peek(all_callers, entry, self._all_callers), self._all_callers, whose[0], transfer)
        for limit, key, who in ((self._each_caller, caller, whose[1]), (self._all_callers, all_callers, whose[0])):
            if limit.is_set:
                _refuse(self._counters.consume(key, entry, limit, expires_at), limit, who, transfer)


def _check_size(transfer: Transfer, limit: DailyLimit, who: str) -> None:
    if limit.amount is not None and transfer.intent.amount > limit.amount:
        raise ValidationFailed(
            f"amount.value is more than the {limit.amount} rupiah that {who} may pay out in a day; nothing was sent"
        )


def _refuse(bound: Bound | None, limit: DailyLimit, who: str, transfer: Transfer) -> None:
    if bound is None:
        return
    most = f"{limit.count} transfers" if bound is Bound.COUNT else f"{limit.amount} rupiah"
    now = _created(transfer)
    reset = _midnight(now) + timedelta(days=1)
    raise LimitReached(
        f"the limit of {most} a day for {who} leaves no room for this transfer; nothing was sent."
        f" It resets at {reset.isoformat()}",
        int((reset - now).total_seconds()) + 1,
    )


def _created(transfer: Transfer) -> datetime:
    return datetime.fromtimestamp(transfer.created_at / 1000, WIB)


def _midnight(at: datetime) -> datetime:
    """The beginning of its day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _request(transfer: Transfer) -> str:
    return _digest(f"{transfer.partner_reference_no} {transfer.fingerprint}")[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
