"""Observations: single facts about a transfer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any


class Finding(StrEnum):
    """What one observation says about the transfer, as it is stored.

    `payouts.doku.outcomes.Outcome` is what any answer means; `payouts.doku.observations` makes findings of it.
    """

    SUBMITTING = "SUBMITTING"
    """The transfer was stored. DOKU may or may not have been asked yet."""
    RESENT = "RESENT"
    """The first request was not executed; a second one with a new X-EXTERNAL-ID was prepared.

    It is sent next, unless time runs out, the function crashes, or DOKU turns out to know the transfer.
    """
    ACCEPTED = "ACCEPTED"
    """DOKU took the request. A sign of life, not a payment."""
    UNPAID = "UNPAID"
    """DOKU is working on it. A sign of life, not a payment."""
    REFUSED = "REFUSED"
    """DOKU refused the request with this X-EXTERNAL-ID without executing it."""
    NOT_SENT = "NOT_SENT"
    """The request with this X-EXTERNAL-ID never left: there was no connection, or too little time."""
    IN_DOUBT = "IN_DOUBT"
    """DOKU was asked to pay and gave no clear answer."""
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    REFUNDED = "REFUNDED"
    NOT_FOUND = "NOT_FOUND"
    """DOKU has no record of the transfer. Proves nothing: the request may still be on its way."""
    NOT_RECEIVED = "NOT_RECEIVED"
    """Inferred: DOKU had no record of it throughout the window of `NotReceivedAfterHours`."""
    UNCLEAR = "UNCLEAR"
    """A status check got no answer, or one that proves nothing."""
    NOTIFIED = "NOTIFIED"
    """DOKU sent a notification. A hint: its signature does not cover what it says."""


class Source(StrEnum):
    """Where an observation comes from."""

    SUBMIT = "SUBMIT"
    STATUS_CHECK = "STATUS_CHECK"
    NOTIFICATION = "NOTIFICATION"
    OPERATOR = "OPERATOR"


CLAIMS: Mapping[str, Finding] = {
    "50": Finding.SUCCESS,
    "35": Finding.FAILED,
    "20": Finding.UNPAID,
    "40": Finding.REFUNDED,
}
"""What a notification claims, by its `transactionStatus`. DOKU's page "Kirim DOKU", section Unpaid Notification."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One fact about a transfer. `code` and `message` are DOKU's.

    `asked` and `seq` are versions of the stored transfer and order observations by causality: an answer is certainly
    newer than another one only if it was asked at or after the version that recorded the other.
    """

    at: int
    """Milliseconds since the epoch, by the clock of the machine that learned it. For display and schedules only."""
    finding: Finding | str
    """Text only where a newer version of this software wrote it."""
    source: Source | str
    code: str = ""
    message: str = ""
    reference_no: str = ""
    """DOKU's reference (`DK...`), where the answer names it."""
    external_id: str = ""
    """X-EXTERNAL-ID of the transfer request that this is about."""
    asked: int = 0
    """The version that was read before the question left."""
    seq: int = 0
    """The version that recorded it; 0 before it is recorded."""
    details: tuple[tuple[str, str], ...] = ()
    """More of DOKU's answer, by wire name, such as `originalResponseCode` and `cashInTime`."""
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Fields that a newer version of this software wrote. They survive a rewrite."""

    @property
    def claim(self) -> Finding | None:
        """What a notification claims; None for a claim that is not known, and for every other observation."""
        return CLAIMS.get(self.code) if self.finding is Finding.NOTIFIED else None

    def same(self, other: "Observation") -> bool:
        """True if both are the same fact, whichever version recorded it."""
        return _fact(self) == _fact(other)


_fact = attrgetter(*(each.name for each in fields(Observation) if each.name != "seq"))
