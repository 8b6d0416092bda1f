"""What a transfer is and the one place where its state changes. Pure: no I/O, and no clock.

A transfer is an intent, fixed when it is created, and a bounded set of observations. Its status is the join of what was
observed, so observations may arrive late, twice or in any order and lead to the same transfer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce

from payouts.money import Rupiah

HISTORY_LATEST = 40
"""So many of the latest observations are kept, besides the first of each finding. Bounds the stored item."""


class Status(StrEnum):
    """What is known of a transfer, in the order of DESIGN 2.5."""

    SUBMITTING = "SUBMITTING"
    """The intent is durable. Whether DOKU has been asked is not known yet."""
    IN_DOUBT = "IN_DOUBT"
    """DOKU was asked and gave no clear answer: the money may or may not move."""
    ACCEPTED = "ACCEPTED"
    """DOKU took the request. Not paid yet."""
    UNPAID = "UNPAID"
    """DOKU says that it is working on it."""
    SUCCESS = "SUCCESS"
    """Paid, by DOKU's word."""
    FAILED = "FAILED"
    """Not paid and never will be, by DOKU's word or by proof that it was not executed."""
    DISPUTED = "DISPUTED"
    """Both SUCCESS and FAILED were observed: a person must look."""
    REFUNDED = "REFUNDED"
    """The money came back to the deposit."""


class Finding(StrEnum):
    """What one observation says. All but the last four are statuses of the same name."""

    SUBMITTING = "SUBMITTING"
    IN_DOUBT = "IN_DOUBT"
    ACCEPTED = "ACCEPTED"
    UNPAID = "UNPAID"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    REFUNDED = "REFUNDED"
    RESENT = "RESENT"
    """Proved not executed, and sent once more under a new X-EXTERNAL-ID."""
    NOT_FOUND = "NOT_FOUND"
    """DOKU does not know the transfer. No proof by itself: it may still be on its way."""
    UNCLEAR = "UNCLEAR"
    """DOKU could not be asked, or its answer proves nothing."""
    NOTIFIED = "NOTIFIED"
    """DOKU called back. A hint, not evidence."""


class Source(StrEnum):
    """Where an observation comes from."""

    SUBMIT = "SUBMIT"
    STATUS_CHECK = "STATUS_CHECK"
    NOTIFICATION = "NOTIFICATION"
    OPERATOR = "OPERATOR"


_RANK = {
    Status.SUBMITTING: 0,
    Status.IN_DOUBT: 1,
    Status.ACCEPTED: 2,
    Status.UNPAID: 3,
    Status.SUCCESS: 4,
    Status.FAILED: 4,
    Status.DISPUTED: 5,
    Status.REFUNDED: 6,
}
_STATUS_OF = {finding: Status(finding) for finding in Finding if finding in Status.__members__}
NOT_ACKNOWLEDGED = frozenset({Status.SUBMITTING, Status.IN_DOUBT})
"""DOKU has never confirmed that it has such a transfer."""
FINAL = frozenset({Status.SUCCESS, Status.FAILED, Status.REFUNDED})


def join(one: Status, other: Status) -> Status:
    """The least status that accounts for both. SUCCESS met by FAILED is DISPUTED."""
    if one is not other and _RANK[one] == _RANK[other]:
        return Status.DISPUTED
    return max(one, other, key=_RANK.__getitem__)


@dataclass(frozen=True, order=True, slots=True)
class Observation:
    """One thing learned about a transfer. `at` in milliseconds since the epoch; `code` and `message` are DOKU's."""

    at: int
    finding: Finding
    source: Source
    code: str = ""
    message: str = ""
    reference_no: str = ""
    """DOKU's own reference (`DK...`), where the answer names it."""
    external_id: str = ""
    """X-EXTERNAL-ID of the request that was answered."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What the merchant asked for, in seed 003's fields of transfer bank. Everything that DOKU is sent, and no more."""

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
class Transfer:
    """A transfer as it is stored. Times in milliseconds since the epoch."""

    intent: Intent
    fingerprint: str
    """Hash of the merchant's request: a replay has the same, another request under the same key has not."""
    created_at: int
    external_ids: tuple[str, ...]
    """X-EXTERNAL-ID of every request that may have been sent, the latest last; durable before it is sent."""
    history: tuple[Observation, ...] = ()
    next_check_at: int | None = None
    """When DOKU is to be asked next; None when nothing is expected any more."""
    fee: Rupiah | None = None
    version: int = 0
    """Counts the writes; 0 is not stored yet."""
    created_by: str = ""
    """The caller whose request created it: `sub` of the token. May be personal, and decides nothing."""

    @property
    def reference(self) -> str:
        """The merchant's `partnerReferenceNo`, the key of everything."""
        return self.intent.partner_reference_no

    @property
    def status(self) -> Status:
        """The join of everything that DOKU said, or what a person made of it where that is not enough.

        DOKU's REFUNDED counts for more than a person's word, and what DOKU says against it afterwards, or has said all
        along, makes the transfer DISPUTED.
        """
        evidence = self._evidence()
        settlement = self.settlement
        if settlement is None or evidence is Status.REFUNDED:
            return evidence
        verdict = _STATUS_OF[settlement.finding]
        said = [evidence, *(_STATUS_OF[seen.finding] for seen in self._said_by_doku() if seen.at > settlement.at)]
        contradicted = any({one, verdict} == {Status.SUCCESS, Status.FAILED} for one in said)
        return Status.DISPUTED if contradicted else verdict

    @property
    def settlement(self) -> Observation | None:
        """A person's latest word on how the transfer ended."""
        words = (seen for seen in self.history if seen.source is Source.OPERATOR and seen.finding in _STATUS_OF)
        return max(words, default=None)

    @property
    def reference_no(self) -> str:
        """DOKU's reference as it was learned first, or the empty string while it is not known."""
        return next((seen.reference_no for seen in self.history if seen.reference_no), "")

    @property
    def decided_by(self) -> Observation | None:
        """The observation behind the status: a person's word, else the earliest that says it.

        For DISPUTED the latest of the two sides.
        """
        status = self.status
        if status is Status.DISPUTED:
            return max(seen for seen in self.history if seen.finding in (Finding.SUCCESS, Finding.FAILED))
        if self.settlement is not None and _STATUS_OF[self.settlement.finding] is status:
            return self.settlement
        return min((seen for seen in self.history if _STATUS_OF.get(seen.finding) is status), default=None)

    @property
    def updated_at(self) -> int:
        """When something was learned last."""
        return max((seen.at for seen in self.history), default=self.created_at)

    @property
    def checked_at(self) -> int | None:
        """When DOKU was asked last."""
        return max((seen.at for seen in self.history if seen.source is Source.STATUS_CHECK), default=None)

    def _said_by_doku(self) -> Iterator[Observation]:
        """The observations that count as evidence."""
        return (seen for seen in self.history if seen.source is not Source.OPERATOR and seen.finding in _STATUS_OF)

    def _evidence(self) -> Status:
        return reduce(join, (_STATUS_OF[seen.finding] for seen in self._said_by_doku()), Status.SUBMITTING)


def merge(transfer: Transfer, *observations: Observation) -> Transfer:
    """`transfer` with what was observed. Total, commutative, associative and idempotent."""
    return replace(transfer, history=_bounded({*transfer.history, *observations}))


def _bounded(history: Iterable[Observation]) -> tuple[Observation, ...]:
    """What a transfer must remember for ever, and its latest observations; oldest first.

    For ever: the first and the last observation of each finding, which give the status, the first with DOKU's
    reference, and every word of a person. All of these survive any further union, so that `merge` stays associative at
    the bound (FAULTS 28).
    """
    ordered = sorted(history)
    people = [seen for seen in ordered if seen.source is Source.OPERATOR]
    first: dict[str, Observation] = {}
    last: dict[str, Observation] = {}
    for seen in ordered:
        if seen.source is not Source.OPERATOR:
            first.setdefault(seen.finding, seen)
            last[seen.finding] = seen
        if seen.reference_no:
            first.setdefault("reference", seen)
    return tuple(sorted({*people, *first.values(), *last.values(), *ordered[-HISTORY_LATEST:]}))
