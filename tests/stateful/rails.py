"""What the merchant bounds itself by, and what that promises (docs/api.md, "Limits"): a day's limits, and the stop.

DOKU's ledger is the oracle here, too: what is sent is counted there, and not by the functions' counters.
"""

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
"""Seconds that a function's clock may be off, and that pass until DOKU is asked: nearer to midnight than this, DOKU's
clock does not tell for which day a transfer was counted."""
_HEARD = 30
"""Seconds after which every function has heard of a stop (I22): from then on it lets nothing new through."""
_UNDER_WAY = 5
"""Seconds more, which I22 does not speak of: what a function let through just before is at DOKU by then."""


class Met(StrEnum):
    """What became of a request that the rails are there for: histories without these show nothing about them."""

    LIMIT = "refused by a limit"
    STOP = "refused by the stop"
    RETURN = "taken after a refusal"


@dataclass(frozen=True)
class Bound:
    """What one day may hold, amounts in rupiah; None for any."""

    count: int | None = None
    amount: int | None = None


@dataclass(frozen=True)
class Limits:
    """The limits that a deployment has."""

    everybody: Bound = Bound()
    each_caller: Bound = Bound()

    @property
    def environment(self) -> dict[str, str]:
        """As the functions' variables, empty for none."""
        return {
            f"{scope}DAILY_{name}_LIMIT": "" if most is None else f"{most}{sen}"
            for scope, bound in (("", self.everybody), ("CALLER_", self.each_caller))
            for name, most, sen in (("COUNT", bound.count, ""), ("AMOUNT", bound.amount, ".00"))
        }

    def ever_allow(self, order: Order) -> bool:
        """Whether a day without any other transfer has room for it."""
        return all(bound.amount is None or order.amount <= bound.amount for bound in (self.everybody, self.each_caller))


_BOUNDS = st.builds(Bound, count=st.none() | st.integers(1, 3), amount=st.none() | st.integers(500_000, 1_500_000))
LIMITS = st.just(Limits()) | st.builds(Limits, _BOUNDS, _BOUNDS)
"""Half of the deployments have none."""


@dataclass
class Stop:
    """A time in which new transfers were stopped, in seconds since the epoch."""

    since: float
    until: float = math.inf


@dataclass
class Rails:
    """What a deployment is bounded by, and what the operator did about it."""

    limits: Limits
    stops: MutableSequence[Stop] = field(default_factory=list)
    met: Counter[Met] = field(default_factory=Counter)

    def check(self, now: Snapshot, orders: Iterable[Order]) -> None:
        """Raises AssertionError where DOKU got what it should not have got."""
        by_reference = {order.reference: order for order in orders}
        _within(self.limits, _recorded(now), by_reference, "by their records")
        _within(self.limits, _arrived(now), by_reference, "by DOKU's clock")
        for reference, at in now.first_sent.items():
            for stop in self.stops:
                after = at - stop.since
                in_time = after <= _HEARD + _UNDER_WAY
                assert in_time or at >= stop.until, f"I22: {reference} was sent {after:.0f} s after the stop"


def refused_by(answer: Answer) -> Met | None:
    """The limit or the stop; None for what is no refusal, or one by DOKU or the table."""
    if answer.body.get("response_message") == STOPPED:
        return Met.STOP
    return Met.LIMIT if answer.status == 429 and not answer.body["retryable"] else None


def until_midnight(now: float) -> int:
    """Seconds until the day in Jakarta is over."""
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
    """The transfers of each day by their records: all that were created."""
    days = defaultdict(list)
    for reference, transfer in now.stored.items():
        days[day(transfer.created_at / 1000)].append(reference)
    return days


def _arrived(now: Snapshot) -> Mapping[date, list[str]]:
    """The same as DOKU saw it, where it is sure of the day."""
    days = defaultdict(list)
    for reference, at in now.first_sent.items():
        if day(at - _APART) == day(at + _APART):
            days[day(at)].append(reference)
    return days
