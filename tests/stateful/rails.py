"""Checks of daily limits and the kill switch (docs/api.md, "Limits") against DOKU's ledger."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, MutableSequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hypothesis import strategies as st

from payouts.services.create_transfer import STOPPED
from tests.stateful.orders import Order
from tests.stateful.snapshot import Snapshot, day
from tests.support.harness import Answer

_APART = 120
"""Seconds of clock difference and delay. Nearer to midnight, DOKU's clock does not show on which day a transfer
was counted."""
_STOPPED_AFTER = 30
"""Seconds after which all functions have read a stop (I22)."""
_UNDER_WAY = 5
"""More seconds for transfers that a function accepted just before."""


class Met(StrEnum):
    """Refusals and accepted retries. Histories without them show nothing about limits and the stop."""

    LIMIT = "refused by a limit"
    STOP = "refused by the stop"
    RETURN = "taken after a refusal"


@dataclass(frozen=True)
class Bound:
    """A daily limit: number and sum in rupiah; None for no limit."""

    count: int | None = None
    amount: int | None = None


@dataclass(frozen=True)
class Limits:
    """The daily limits of a deployment."""

    everybody: Bound = Bound()
    each_caller: Bound = Bound()

    @property
    def environment(self) -> dict[str, str]:
        """The functions' environment variables; empty for no limit."""
        return {
            f"{scope}DAILY_{name}_LIMIT": "" if most is None else f"{most}{sen}"
            for scope, bound in (("", self.everybody), ("CALLER_", self.each_caller))
            for name, most, sen in (("COUNT", bound.count, ""), ("AMOUNT", bound.amount, ".00"))
        }

    def ever_allow(self, order: Order) -> bool:
        """True if the order is within the limits of a day without other transfers."""
        return all(bound.amount is None or order.amount <= bound.amount for bound in (self.everybody, self.each_caller))


_BOUNDS = st.builds(Bound, count=st.none() | st.integers(1, 3), amount=st.none() | st.integers(500_000, 1_500_000))
LIMITS = st.just(Limits()) | st.builds(Limits, _BOUNDS, _BOUNDS)
"""Half of the deployments have no limits."""


@dataclass
class Stop:
    """A period in which new transfers were stopped, in seconds since the epoch."""

    since: float
    until: float = math.inf


@dataclass
class Rails:
    """A deployment's limits and the periods in which transfers were stopped."""

    limits: Limits
    stops: MutableSequence[Stop] = field(default_factory=list)
    met: Counter[Met] = field(default_factory=Counter)

    def check(self, now: Snapshot, orders: Iterable[Order]) -> None:
        """Raise AssertionError if a transfer was sent against a limit or a stop."""
        by_reference = {order.reference: order for order in orders}
        _within(self.limits, _recorded(now), by_reference, "by their records")
        _within(self.limits, _arrived(now), by_reference, "by DOKU's clock")
        for reference, at in now.first_sent.items():
            for stop in self.stops:
                after = at - stop.since
                in_time = after <= _STOPPED_AFTER + _UNDER_WAY
                assert in_time or at >= stop.until, f"I22: {reference} was sent {after:.0f} s after the stop"


def refused_by(answer: Answer) -> Met | None:
    """LIMIT or STOP if the answer is such a refusal, else None."""
    if answer.body.get("response_message") == STOPPED:
        return Met.STOP
    return Met.LIMIT if answer.status == 429 and not answer.body["retryable"] else None


def until_midnight(now: float) -> int:
    """Seconds until midnight in WIB."""
    return math.ceil(86_400 - (now + 7 * 3600) % 86_400)


def _within(limits: Limits, days: Mapping[date, list[str]], orders: Mapping[str, Order], clock: str) -> None:
    for when, references in days.items():
        sent = [orders[reference] for reference in references]
        _check(limits.everybody, sent, f"I21: on {when}, {clock}, all")
        for caller in {order.caller for order in sent}:
            of_caller = [order for order in sent if order.caller == caller]
            _check(limits.each_caller, of_caller, f"I21: on {when}, {clock}, {caller}")


def _check(bound: Bound, sent: list[Order], whose: str) -> None:
    count, amount = len(sent), sum(order.amount for order in sent)
    assert bound.count is None or count <= bound.count, f"{whose} had {count} transfers and not {bound.count}"
    assert bound.amount is None or amount <= bound.amount, f"{whose} had {amount} rupiah and not {bound.amount}"


def _recorded(now: Snapshot) -> Mapping[date, list[str]]:
    """All stored transfers by the day of their creation."""
    days = defaultdict(list)
    for reference, transfer in now.stored.items():
        days[day(transfer.created_at / 1000)].append(reference)
    return days


def _arrived(now: Snapshot) -> Mapping[date, list[str]]:
    """The sent transfers by day of DOKU's clock, except near midnight."""
    days = defaultdict(list)
    for reference, at in now.first_sent.items():
        if day(at - _APART) == day(at + _APART):
            days[day(at)].append(reference)
    return days
