"""Faults on request: which calls they affect and how often. `apply_fault` says what they do to an answer."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from local.doku_simulator.answers import Json

NOTIFICATION = "notification"
OPERATIONS = ("token", "inquiry", "balance", "transfer", "status", NOTIFICATION)


class Kind(StrEnum):
    """Every fault by name. For calls, then for status only, then for notifications."""

    TIMEOUT_BEFORE = "timeout-before"
    TIMEOUT_AFTER = "timeout-after"
    HOLD_AFTER = "hold-after"
    ERROR_BEFORE = "error-before"
    ERROR_AFTER = "error-after"
    RESET_BEFORE = "reset-before"
    RESET_AFTER = "reset-after"
    RESET_MID_BODY = "reset-mid-body"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    IN_PROGRESS = "in-progress"
    THROTTLED = "throttled"
    REDIRECT = "redirect"
    UNKNOWN_CODE = "unknown-code"
    STRING_CODES = "string-codes"
    NUMBER_CODES = "number-codes"
    UNAUTHORIZED = "unauthorized"
    MAINTENANCE = "maintenance"
    SLOW = "slow"
    WRONG_REFERENCE = "wrong-reference"
    WRONG_AMOUNT = "wrong-amount"
    NOT_FOUND = "not-found"
    STATUS_SAYS = "status-says"
    PENDING = "pending"
    CONTRADICTORY = "contradictory"
    OTHER_REFERENCE = "other-reference"
    CROSSED = "crossed"
    UNAUTHORIZED_AFTER = "unauthorized-after"
    LATE = "late"
    SLOW_HEAD = "slow-head"
    DEAD_TOKEN = "dead-token"
    DUPLICATE = "duplicate"
    REVERSED = "reversed"
    DELAYED = "delayed"
    FORGED = "forged"
    ALTERED = "altered"
    DROPPED = "dropped"


ONLY_FOR: Mapping[Kind, tuple[str, ...]] = {
    **dict.fromkeys((Kind.NOT_FOUND, Kind.STATUS_SAYS, Kind.PENDING, Kind.CONTRADICTORY), ("status",)),
    Kind.OTHER_REFERENCE: ("status",),
    Kind.CROSSED: ("status", "inquiry"),
    Kind.LATE: ("transfer",),
    Kind.DEAD_TOKEN: ("token",),
}
"""Kinds that go with some operations only."""
LASTING = {Kind.NOT_FOUND, Kind.PENDING}
"""Kinds that may last for some seconds of the simulator's clock instead of a number of calls."""
CONTRADICTIONS = ("duplicate-members", "reference-list", "service-code", "original-code")
LATE_ANSWERS = ("nothing", "unauthorized", "in-progress")
NOTIFICATION_ONLY = {Kind.DUPLICATE, Kind.REVERSED, Kind.DELAYED, Kind.FORGED, Kind.ALTERED, Kind.DROPPED}
NOT_EXECUTED = {
    Kind.TIMEOUT_BEFORE,
    Kind.ERROR_BEFORE,
    Kind.RESET_BEFORE,
    Kind.THROTTLED,
    Kind.REDIRECT,
    Kind.UNAUTHORIZED,
    Kind.MAINTENANCE,
    Kind.NOT_FOUND,
    Kind.PENDING,
    Kind.LATE,
}


@dataclass
class Fault:
    """One fault waiting for its calls; in camelCase its fields are the control API's. ValueError if it cannot be.

    `times`: how many calls it falls on, None for every one until cleared. `seconds`: how long a call is held or slow
    (real time); for how long status says not-found or pending, how late a request is executed, by how much a
    notification is delayed (simulator time).
    """

    operation: str
    kind: str
    times: int | None = 1
    partner_reference_no: str | None = None
    seconds: float | None = None
    retry_after: int | None = None
    response_code: str | None = None
    http_status: int | None = None
    execute: bool = False
    latest_transaction_status: str | None = None
    location: str | None = None
    reference: str | None = None
    value: str | None = None
    copies: int = 1
    how: str | None = None
    lines: int = 8
    since: float = 0.0
    released: threading.Event = field(default_factory=threading.Event)  # ends every hold of this fault

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise ValueError(f"operation must be one of {', '.join(OPERATIONS)}")
        if self.kind not in set(Kind):
            raise ValueError(f"kind must be one of {', '.join(Kind)}")
        if (self.operation == NOTIFICATION) != (self.kind in NOTIFICATION_ONLY):
            raise ValueError(f"{self.kind} does not go with {self.operation}")
        allowed = ONLY_FOR.get(Kind(self.kind), OPERATIONS)
        if self.operation not in allowed:
            raise ValueError(f"{self.kind} goes with {' and '.join(allowed)} only")
        self._check_options()

    def _check_options(self) -> None:
        if self.times is not None and self.times < 1:
            raise ValueError("times must be at least 1, or null for always")
        if self.kind == Kind.UNKNOWN_CODE and not self.response_code:
            raise ValueError("unknown-code needs responseCode")
        if self.kind == Kind.STATUS_SAYS and not self.latest_transaction_status:
            raise ValueError("status-says needs latestTransactionStatus")
        if self.kind == Kind.DELAYED and not self.seconds:
            raise ValueError("delayed needs seconds")
        if self.kind == Kind.LATE and not self.seconds:
            raise ValueError("late needs seconds")
        for kind, choices in ((Kind.CONTRADICTORY, CONTRADICTIONS), (Kind.LATE, (None, *LATE_ANSWERS))):
            if self.kind == kind and self.how not in choices:
                raise ValueError(f"how must be one of {', '.join(filter(None, choices))}")
        if self.kind in LASTING and self.seconds is not None:
            self.times = None

    @property
    def executes(self) -> bool:
        """Whether the call is carried out nevertheless."""
        return self.execute if self.kind == Kind.UNKNOWN_CODE else self.kind not in NOT_EXECUTED

    def over(self, now: float) -> bool:
        """Whether its calls are used up, or its time."""
        ended = self.kind in LASTING and self.seconds is not None and now >= self.since + self.seconds
        return ended or self.times == 0

    def falls_on(self, operation: str, reference: str | None) -> bool:
        """Whether it is about this operation on this transfer."""
        return self.operation == operation and self.partner_reference_no in (None, reference)

    def as_json(self) -> Json:
        """The fault as it would be asked for."""
        options = {name: getattr(self, attribute) for name, attribute in _NAMES.items()}
        return {name: value for name, value in options.items() if value is not None}


def camel(name: str) -> str:
    """partner_reference_no -> partnerReferenceNo."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


_TYPES: dict[str, tuple[type, ...]] = {
    "times": (int, type(None)),
    "seconds": (int, float),
    "retryAfter": (int,),
    "httpStatus": (int,),
    "copies": (int,),
    "lines": (int,),
    "execute": (bool,),
}
_NAMES = {camel(f.name): f.name for f in fields(Fault) if f.name not in ("since", "released")}


def parse_fault(body: Mapping[str, Any], now: float) -> Fault:
    """A fault from the control API's JSON. ValueError says what is wrong with it."""
    for name, value in body.items():
        if name not in _NAMES:
            raise ValueError(f"no such option: {name}")
        if type(value) not in _TYPES.get(name, (str,)):
            raise ValueError(f"{name} has the wrong type")
    if not {"operation", "kind"} <= body.keys():
        raise ValueError("operation and kind are needed")
    return Fault(**{_NAMES[name]: value for name, value in body.items()}, since=now)
