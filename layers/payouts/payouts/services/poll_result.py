"""The result of one run of the status poller (a tick)."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from payouts.domain.schedule import needs_review
from payouts.domain.transfer import NOT_ACKNOWLEDGED, Status, Transfer


class CheckOutcome(StrEnum):
    """The outcome of one status check."""

    LEARNED = "learned"
    TAKEN = "taken"
    """Not asked: it was checked already, or the index was behind."""
    SILENT = "silent"
    """DOKU did not answer, or did not answer the question."""
    UNCLEAR = "unclear"
    """DOKU answered, and the answer contradicts itself or is about another transfer."""
    OTHER_ACCOUNT = "otherAccount"
    """Not asked: the transfer was sent with another host, client id or path prefix than is configured."""
    NEWER = "newer"
    """Not asked: a newer version of this software wrote it. Its slot stays due."""
    SKIPPED = "skipped"
    """The table did not answer. The slot is due again soon."""


@dataclass
class PollResult:
    """Counts of one tick. The transfers are those that DOKU was asked about, as stored afterwards."""

    checks: Counter[CheckOutcome] = field(default_factory=Counter)
    statuses: Counter[Status] = field(default_factory=Counter)
    not_received: int = 0
    """Transfers that failed because their absence at DOKU was inferred."""
    review: list[str] = field(default_factory=list)
    """References of transfers that need a person: see `needs_review`."""
    oldest_in_doubt_seconds: float = 0.0
    """Age of the oldest transfer that DOKU has never acknowledged."""
    oldest_due_seconds: float = 0.0
    """How late the oldest slot was when the tick began."""
    finished: bool = True
    """False if something due was left for the next tick."""
    looks: int = 0
    """Checks of paid transfers by the sweep."""
    oldest_look_seconds: float = 0.0
    """How late the sweep is with its oldest unfinished day."""
    is_busy: bool = False
    """True if another invocation of the same poller was at work, so that this one did nothing."""
    circuit_open: bool = False
    """True if the tick stopped asking because DOKU did not answer."""

    def count(self, transfer: Transfer, now: int) -> None:
        """Count a transfer by its status, and note its age and whether it needs a person. `now` in milliseconds."""
        self.statuses[transfer.status] += 1
        if transfer.status in NOT_ACKNOWLEDGED:
            age = (now - transfer.created_at) / 1000
            self.oldest_in_doubt_seconds = max(self.oldest_in_doubt_seconds, age)
        self.not_received += transfer.status is Status.FAILED and transfer.reading.is_inferred
        if needs_review(transfer, now):
            self.review.append(transfer.partner_reference_no)
