"""The merchant's own limits of a day (WIB): for all callers together, and for each caller.

A transfer is counted before it is created and never subtracted again, even if it fails. So a counter is at least the
sum of what was created.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from doku_signing.timestamps import WIB
from payouts.domain.errors import LimitReached, ValidationFailed
from payouts.domain.limits import DailyLimit
from payouts.domain.transfer import Transfer
from payouts.store.counters import Bound, CounterEntry, Counters

if TYPE_CHECKING:
    from payouts.domain.batch import Batch, Totals

_KEPT = timedelta(days=8)
"""How long a day's counter is kept."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """One limit that applies to a transfer. `whom` names its callers in error messages, `key` its counter."""

    limit: DailyLimit
    whom: str
    key: str


class DailyLimits:
    """Counts transfers against the limits. A limit that is not set costs no access to the table."""

    def __init__(self, counters: Counters, all_callers: DailyLimit, each_caller: DailyLimit) -> None:
        self._counters = counters
        self._all_callers = all_callers
        self._each_caller = each_caller

    def consume(self, transfer: Transfer) -> None:
        """Count `transfer`, which is about to be created, on its day (WIB). A retry of the request is counted once.

        Raises LimitReached, or ValidationFailed if the amount alone is more than a day's limit.
        """
        request = _request(f"{transfer.partner_reference_no} {transfer.fingerprint}")
        entry = CounterEntry(request, transfer.intent.amount)
        self._count(entry, transfer.created_by, _time(transfer.created_at), "transfer")

    def consume_batch(self, batch: "Batch", payable: "Totals", now: int) -> None:
        """Count all rows of a batch at once on the day (WIB) of `now` (milliseconds). A retry is counted once.

        Raises LimitReached, or ValidationFailed if no day has room for the batch.
        """
        entry = CounterEntry(_request(f"batch {batch.reference} {batch.digest}"), payable.amount, payable.count)
        self._count(entry, batch.created_by, _time(now), "batch")

    def check_size(self, payable: "Totals") -> None:
        """Raise ValidationFailed if no day has room for a batch."""
        entry = CounterEntry("", payable.amount, payable.count)
        for counted in self._limits_of("", _time(0)):
            _check_size(entry, counted)

    def _count(self, entry: CounterEntry, caller: str, at: datetime, what: str) -> None:
        day = _midnight(at)
        deployment, own = self._limits_of(caller, day)
        for counted in (deployment, own):
            _check_size(entry, counted)
        expires_at = int((day + _KEPT).timestamp())
        if deployment.limit.is_set and own.limit.is_set:
            # Peek first: a request that the deployment's limit refuses must not use up its caller's share.
            _refuse(self._counters.peek(deployment.key, entry, deployment.limit), deployment, at, what)
        for counted in (own, deployment):
            if counted.limit.is_set:
                bound = self._counters.consume(counted.key, entry, counted.limit, expires_at)
                _refuse(bound, counted, at, what)

    def _limits_of(self, caller: str, day: datetime) -> tuple[_Counted, _Counted]:
        return (
            _Counted(self._all_callers, "this deployment", f"{day.date()}"),
            _Counted(self._each_caller, "one caller", f"{day.date()}#{_digest(caller)}"),
        )


def _check_size(entry: CounterEntry, counted: _Counted) -> None:
    most, number = counted.limit.amount, counted.limit.count
    if most is not None and entry.amount > most:
        raise ValidationFailed(
            f"amount.value is more than the {most} rupiah that {counted.whom} may pay out in a day; nothing was sent"
        )
    if number is not None and entry.count > number:
        raise ValidationFailed(
            f"the batch has more than the {number} transfers that {counted.whom} may send in a day; nothing was sent"
        )


def _refuse(bound: Bound | None, counted: _Counted, now: datetime, what: str) -> None:
    """Raise LimitReached for a bound that the transfer or batch would exceed; `bound` is None if there is none."""
    if bound is None:
        return
    limit = counted.limit
    most = f"{limit.count} transfers" if bound is Bound.COUNT else f"{limit.amount} rupiah"
    reset = _midnight(now) + timedelta(days=1)
    raise LimitReached(
        f"the limit of {most} a day for {counted.whom} leaves no room for this {what}; nothing was sent."
        f" It resets at {reset.isoformat()}",
        int((reset - now).total_seconds()) + 1,
    )


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, WIB)


def _midnight(at: datetime) -> datetime:
    """The beginning of its day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _request(text: str) -> str:
    return _digest(text)[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
