"""Faults that Hypothesis can draw."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from local.doku_simulator.faults import CONTRADICTIONS
from tests.stateful.merchant import Merchant

_OF_TRANSFERS = (
    *("error-before", "error-after", "reset-before", "reset-after", "reset-mid-body", "garbage", "truncated", "empty"),
    *("in-progress", "throttled", "redirect", "unauthorized", "maintenance", "wrong-reference", "wrong-amount"),
    "unauthorized-after",
)
_OF_QUESTIONS = (
    *("error-before", "error-after", "reset-before", "reset-mid-body", "garbage", "unauthorized", "throttled"),
)
_QUESTIONS = ("status", "inquiry", "token")
_WRITES = ("PutItem", "UpdateItem")
_OTHERS = ("GetItem", "Query", "SendMessage", "ChangeMessageVisibility", "GetSecretValue")
_WHILE = (20 * 60, 10 * 3600, 60 * 3600)
_LATE = (300, 3600, 2 * 86_400, 4 * 86_400)
"""Before and after absence is inferred."""
_KEYS = ("00112233445566778899aabb", "ffeeddccbbaa99887766554433221100")


@dataclass(frozen=True)
class Fault:
    """A fault: its description and the function that causes it."""

    words: str
    strike: Callable[[Merchant], None]

    def __repr__(self) -> str:
        return f"<{self.words}>"


def _doku(operation: str, kind: str, times: int | None, **options: Any) -> Fault:
    def strike(merchant: Merchant) -> None:
        merchant.doku.fault(operation, kind, times=times, **options)
        merchant.memory.tokens_disturbed |= operation == "token"

    return Fault(" ".join([f"{operation} {kind} x{times}", *map(str, options.values())]), strike)


def _for_a_while(kind: str, seconds: int) -> Fault:
    return _doku("status", kind, None, seconds=seconds)


def _late(seconds: int, how: str) -> Fault:
    return _doku("transfer", "late", 1, seconds=seconds, how=how)


def _contradictory(how: str) -> Fault:
    return _doku("status", "contradictory", 1, how=how)


def _outage(kind: str) -> Fault:
    def strike(merchant: Merchant) -> None:
        for operation in ("transfer", *_QUESTIONS):
            _doku(operation, kind, None).strike(merchant)

    return Fault(f"DOKU is down: {kind}", strike)


def _aws(operation: str, kind: str) -> Fault:
    def strike(merchant: Merchant) -> None:
        faults = merchant.world.faults
        act: dict[str, Callable[[str], None]] = {
            "throttled": faults.throttle,
            "lost reply": faults.lose_reply,
            "a page": faults.answer_with_a_page,
            "crash before": faults.crash_before,
            "crash after": faults.crash_after,
        }
        act[kind](operation)
        merchant.faulty = merchant.memory.tokens_disturbed = True

    return Fault(f"{operation} {kind}", strike)


def _rotated(member: str, value: str) -> Fault:
    def strike(merchant: Merchant) -> None:
        merchant.put_secret({**merchant.secret(), member: value})
        merchant.doku.rotate(**{member: value})
        merchant.memory.tokens_disturbed = True

    return Fault(f"{member} rotated", strike)


OF_TRANSFERS: SearchStrategy[Fault] = st.builds(
    _doku, st.just("transfer"), st.sampled_from(_OF_TRANSFERS), st.integers(1, 2)
)
"""Faults of the transfer request."""
OF_QUESTIONS: SearchStrategy[Fault] = st.builds(
    _doku, st.sampled_from(_QUESTIONS), st.sampled_from(_OF_QUESTIONS), st.integers(1, 3)
)
LIES: SearchStrategy[Fault] = st.one_of(
    st.builds(_for_a_while, st.sampled_from(["not-found", "pending"]), st.sampled_from(_WHILE)),
    st.builds(_contradictory, st.sampled_from(CONTRADICTIONS)),
    st.builds(_doku, st.just("status"), st.sampled_from(["crossed", "other-reference"]), st.integers(1, 2)),
    st.just(_doku("inquiry", "crossed", 1)),
    st.just(_doku("token", "dead-token", 2)),
)
"""DOKU does not find a transfer that it has, answers about another one, or contradicts itself."""
LOST: SearchStrategy[Fault] = st.just(_doku("transfer", "reset-before", 1))
"""DOKU does not get the transfer request."""
REFUSED_AND_EXECUTED: SearchStrategy[Fault] = st.just(_doku("transfer", "unauthorized-after", 1))
LATE: SearchStrategy[Fault] = st.builds(
    _late, st.sampled_from(_LATE), st.sampled_from(["nothing", "nothing", "unauthorized", "in-progress"])
)
"""A request is executed long after it was sent."""
OUTAGES: SearchStrategy[Fault] = st.builds(_outage, st.sampled_from(["reset-before", "maintenance", "error-after"]))
OF_AWS: SearchStrategy[Fault] = st.builds(
    _aws,
    st.sampled_from(_WRITES + _WRITES + _OTHERS),
    st.sampled_from(["throttled", "lost reply", "a page", "crash before", "crash after"]),
)
"""1 to 7, 23, 24."""
OF_KEYS: SearchStrategy[Fault] = st.one_of(
    st.builds(_rotated, st.just("notificationKey"), st.sampled_from(_KEYS)),
    st.builds(_rotated, st.just("clientSecret"), st.just("SK-rotated")),
    st.just(Fault("tokens expire", lambda merchant: merchant.doku.expire_tokens())),
)
