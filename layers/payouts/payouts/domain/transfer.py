"""The transfer, and the function that records observations in it. No I/O, no clock.

A transfer is a request, fixed when it is created, and a bounded history of observations. Its status follows from the
history (`payouts.domain.status`).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from payouts.domain.money import Rupiah
from payouts.domain.observation import Finding, Observation, Source
from payouts.domain.status import ENDED, NOT_ACKNOWLEDGED, PERSISTENT, NextAction, Reading, Status

__all__ = [
    "ENDED",
    "HISTORY_LATEST",
    "NOT_ACKNOWLEDGED",
    "DokuAccount",
    "Finding",
    "Intent",
    "NextAction",
    "Observation",
    "Reason",
    "Source",
    "Status",
    "Transfer",
    "record",
    "with_status_version",
]

HISTORY_LATEST = 40
"""Number of latest observations that are kept, besides those that decide. Bounds the stored item."""
KEPT_OF_A_KIND = 6
"""Number of latest observations of each kind that are kept for ever: as many as any rule counts."""


@dataclass(frozen=True, slots=True)
class Intent:
    """The merchant's request, in the fields of DOKU's transfer bank: all that DOKU is sent."""

    partner_reference_no: str
    customer_number: str
    beneficiary_account_number: str
    beneficiary_bank_code: str
    amount: Rupiah
    session_id: str
    fee_type: str = ""
    channel_code: str = ""
    beneficiary_first_name: str = ""
    beneficiary_last_name: str = ""
    beneficiary_phone_number: str = ""
    beneficiary_bank_name: str = ""
    beneficiary_account_name: str = ""
    sender_country_code: str = ""
    sender_first_name: str = ""
    sender_last_name: str = ""
    sender_personal_id: str = ""
    sender_personal_id_type: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class DokuAccount:
    """The DOKU account that a transfer was sent with. Asked with another one, DOKU does not know the transfer."""

    host: str
    client_id: str
    path_prefix: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a transfer has its status: a code, DOKU's or ours, and a message."""

    code: str
    message: str


_NO_RECORD = Reason(
    "NOT_RECEIVED",
    "DOKU has no record of this transfer so far. It may still be paid: ask DOKU before you pay again",
)


@dataclass(frozen=True)
class Transfer:
    """A transfer as it is stored. Times in milliseconds since the epoch."""

    intent: Intent
    fingerprint: str
    """Algorithm and hash of the merchant's request: a replay has the same, another request has another."""
    created_at: int
    external_ids: tuple[str, ...]
    """X-EXTERNAL-ID of every request that may have been sent, the latest last; stored before it is sent."""
    history: tuple[Observation, ...] = ()
    """In the order in which the observations were recorded."""
    next_check_at: int | None = None
    """Time of the next status check; None if none is needed."""
    fee: Rupiah | None = None
    version: int = 0
    """Number of writes; 0 if not stored yet."""
    created_by: str = ""
    """`sub` of the token of the caller that created it. May be personal data."""
    creator_hash: str = ""
    """What stays of `created_by` once the personal data is erased: see `forgetting.creator_hash`."""
    sent_to: DokuAccount | None = None
    origin: str = ""
    """The row of a batch that this transfer pays; empty for a single transfer."""
    failed_published: bool = False
    """True if the status FAILED was stored before: the merchant may have acted on it."""
    newer_status: str = ""
    """The stored status of an item that a newer version wrote. Such a transfer is shown and never changed."""
    status_version: int = 1
    """The version that stored what `reported` says. Webhooks carry it, so that a receiver ignores what is older."""

    @cached_property
    def reading(self) -> Reading:
        """The reading of the history."""
        return Reading(self.history, self.external_ids, self.failed_published, self.intent.session_id)

    @property
    def batch_row(self) -> tuple[str, int] | None:
        """The batch and the number of the row that this transfer pays; None for a single transfer."""
        batch, _, row = self.origin.rpartition("#")
        return (batch, int(row)) if self.origin else None

    @property
    def partner_reference_no(self) -> str:
        """The merchant's reference, the key of the record."""
        return self.intent.partner_reference_no

    @cached_property
    def status(self) -> Status:
        """The status. One that only a newer version knows is IN_DOUBT here."""
        if self.newer_status:
            return Status(self.newer_status) if self.newer_status in Status.__members__ else Status.IN_DOUBT
        return self.reading.status

    @property
    def is_final(self) -> bool:
        """True if no answer or notification of DOKU contradicts the status."""
        return not self.newer_status and self.reading.is_final

    @property
    def next_action(self) -> NextAction:
        """What the merchant should do next."""
        return NextAction.WAIT if self.newer_status else self.reading.next_action

    @property
    def doku_reference_no(self) -> str:
        """DOKU's `referenceNo` as it was learned first, or the empty string while it is not known."""
        names = (seen.reference_no for seen in self.history)
        return next((name for name in names if name not in ("", self.intent.session_id)), "")

    @property
    def reported(self) -> tuple[Status, bool, NextAction, str]:
        """What events and webhooks report: a write that changes any of it causes one."""
        return self.status, self.is_final, self.next_action, self.doku_reference_no

    @property
    def decided_by(self) -> Observation | None:
        """The observation behind the status."""
        return None if self.newer_status else self.reading.decided_by

    @property
    def reason(self) -> Reason | None:
        """The reason of the status. For a failure, the bank's own reason if DOKU states it."""
        decided = self.decided_by
        if decided is None:
            return None
        if decided.finding is Finding.NOT_FOUND:
            return _NO_RECORD
        details = dict(decided.details)
        original = details.get("originalResponseCode", "") if decided.finding is Finding.FAILED else ""
        if original.strip("0") and not original.startswith("20"):  # zeros and 20x are approvals: no reason to fail
            return Reason(original, details.get("originalResponseMessage", decided.message))
        return Reason(decided.code, decided.message)

    @property
    def updated_at(self) -> int:
        """Time of the latest observation."""
        return max((seen.at for seen in self.history), default=self.created_at)

    @property
    def checked_at(self) -> int | None:
        """Time of the last status check, by the clock of the machine that asked."""
        last = self.reading.last_check
        return None if last is None else last.at


def record(transfer: Transfer, *observations: Observation) -> Transfer:
    """`transfer` with these observations, as the next version records them.

    Recording an observation twice changes nothing. The write must be conditional on the transfer's version.
    """
    fresh = [seen for seen in observations if not any(seen.same(known) for known in transfer.history)]
    if not fresh:
        return transfer
    recorded = [replace(seen, seq=transfer.version + 1) for seen in fresh]
    changed = replace(transfer, history=_bounded([*transfer.history, *recorded], transfer.intent.session_id))
    if changed.status is Status.FAILED and not changed.failed_published:
        return replace(changed, failed_published=True)
    return changed


def with_status_version(before: Transfer, changed: Transfer) -> Transfer:
    """`changed`, whose status version is that of the coming write if it reports anything new."""
    return changed if changed.reported == before.reported else replace(changed, status_version=before.version + 1)


def _bounded(history: Sequence[Observation], session_id: str) -> tuple[Observation, ...]:
    """The latest observations and those that decide. Dropping the others never changes the status.

    Kept for ever: of each kind the first, the latest few and those asked last; all observations of a transfer request;
    all decisions of an operator; the first, the least and the greatest of DOKU's references.
    """
    if len(history) <= HISTORY_LATEST:
        return tuple(history)
    kinds: dict[Hashable, list[int]] = {}
    kept = set(range(len(history) - HISTORY_LATEST, len(history)))
    for index, seen in enumerate(history):
        kinds.setdefault((seen.finding, seen.source, seen.claim), []).append(index)
        if seen.external_id or seen.source is Source.OPERATOR:
            kept.add(index)
    for indexes in kinds.values():
        by_question = sorted(indexes, key=lambda index: history[index].asked)
        kept |= {indexes[0], *indexes[-KEPT_OF_A_KIND:], *by_question[-PERSISTENT:]}
    kept |= _references(history, session_id)
    return tuple(history[index] for index in sorted(kept))


def _references(history: Sequence[Observation], session_id: str) -> set[int]:
    named = [index for index, seen in enumerate(history) if seen.reference_no not in ("", session_id)]
    if not named:
        return set()
    by_reference = {history[index].reference_no: index for index in reversed(named)}
    return {min(named), by_reference[min(by_reference)], by_reference[max(by_reference)]}
