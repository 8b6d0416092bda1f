"""The batch: a list of transfers that is checked, approved, paid and reported as a whole. No I/O, no clock.

Its rows are stored apart (`payouts.domain.batch_rows`), so the batch does not grow with their number.
Times in milliseconds since the epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from payouts.domain.caller import Caller
from payouts.domain.errors import PayoutError
from payouts.domain.money import Rupiah
from payouts.domain.schedule import HOUR

SYSTEM = "system"
"""Stands for the software itself in a batch's history."""
HISTORY_LATEST = 50
"""Number of latest events that are kept, besides those of `KEPT`."""
STUCK_MILLIS = HOUR
"""Time without progress after which a batch is stuck. A batch that competes with twenty others gets on more often."""
MOST_PEOPLE = 100
"""Number of callers that may change one batch. They are never forgotten, since none of them may approve it."""


class BatchStatus(StrEnum):
    """Where a batch is. `TRANSITIONS` has the ways between them."""

    RECEIVING = "RECEIVING"
    """Its rows are not stored completely."""
    CHECKING = "CHECKING"
    """The bank's name of each account is asked for."""
    NEEDS_ATTENTION = "NEEDS_ATTENTION"
    """Checked; some rows must be confirmed or excluded."""
    READY = "READY"
    """Checked; every row that is not excluded may be paid."""
    PENDING_APPROVAL = "PENDING_APPROVAL"
    SCHEDULED = "SCHEDULED"
    """Approved, where approval is required; paid from `scheduled_at`."""
    PAYING = "PAYING"
    PAUSED = "PAUSED"
    """By a person, after several refusals in a row, or much too late for its schedule. A person resumes it."""
    WAITING_FOR_FUNDS = "WAITING_FOR_FUNDS"
    """The balance is too low. It goes on by itself after a top-up, until `funds_deadline`."""
    WAITING_FOR_LIMIT = "WAITING_FOR_LIMIT"
    """The day's limit has no room for it. It goes on by itself on another day."""
    SETTLING = "SETTLING"
    """Every row has a transfer or a reason; some transfers are not final."""
    CANCELLING = "CANCELLING"
    """No row is sent any more but by workers that had begun to send one."""
    DONE = "DONE"
    DONE_WITH_FAILURES = "DONE_WITH_FAILURES"
    """Some rows were not paid, or it is not known whether they were."""
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


_S = BatchStatus
FINAL = frozenset({_S.DONE, _S.DONE_WITH_FAILURES, _S.CANCELLED, _S.REJECTED, _S.EXPIRED})
EDITABLE = frozenset({_S.NEEDS_ATTENTION, _S.READY})
"""Rows may be confirmed and excluded."""
WAITING = frozenset({_S.PAUSED, _S.WAITING_FOR_FUNDS, _S.WAITING_FOR_LIMIT})
_WORKED_ON = frozenset({_S.CHECKING, _S.PAYING, _S.CANCELLING})
_CANCELLABLE = frozenset(_S) - FINAL - {_S.SETTLING, _S.CANCELLING}
_FORWARD: Mapping[BatchStatus, frozenset[BatchStatus]] = {
    _S.RECEIVING: frozenset({_S.CHECKING, _S.EXPIRED}),
    _S.CHECKING: EDITABLE,
    _S.NEEDS_ATTENTION: frozenset({_S.READY, _S.CHECKING}),
    _S.READY: frozenset({_S.NEEDS_ATTENTION, _S.CHECKING, _S.PENDING_APPROVAL, _S.SCHEDULED}),
    _S.PENDING_APPROVAL: frozenset({_S.SCHEDULED, _S.READY, _S.REJECTED, _S.EXPIRED}),
    _S.SCHEDULED: frozenset({_S.PAYING, _S.PENDING_APPROVAL, _S.PAUSED}),
    _S.PAYING: frozenset({_S.SETTLING}) | WAITING,
    _S.PAUSED: frozenset({_S.PAYING, _S.PENDING_APPROVAL, _S.SCHEDULED}),
    _S.WAITING_FOR_FUNDS: frozenset({_S.PAYING, _S.PAUSED}),
    _S.WAITING_FOR_LIMIT: frozenset({_S.PAYING, _S.PAUSED}),
    _S.SETTLING: frozenset({_S.DONE, _S.DONE_WITH_FAILURES}),
    _S.CANCELLING: frozenset({_S.CANCELLED}),
}
TRANSITIONS: Mapping[BatchStatus, frozenset[BatchStatus]] = {
    status: _FORWARD.get(status, frozenset()) | ({_S.CANCELLING} if status in _CANCELLABLE else frozenset())
    for status in _S
}
"""The statuses that may follow each.

SCHEDULED and PAUSED go back to PENDING_APPROVAL if approval is required by now and was not at submission. PAUSED goes
back to SCHEDULED if its time is still to come.
"""


class Action(StrEnum):
    """What an event in a batch's history records."""

    CREATED = "CREATED"
    READ_STARTED = "READ_STARTED"
    FILE_REFUSED = "FILE_REFUSED"
    FILE_REPLACED = "FILE_REPLACED"
    CHECK_STARTED = "CHECK_STARTED"
    CHECKED = "CHECKED"
    NAMES_CONFIRMED = "NAMES_CONFIRMED"
    DUPLICATES_CONFIRMED = "DUPLICATES_CONFIRMED"
    ROWS_EXCLUDED = "ROWS_EXCLUDED"
    ROWS_INCLUDED = "ROWS_INCLUDED"
    SUBMITTED = "SUBMITTED"
    WITHDRAWN = "WITHDRAWN"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    APPROVAL_REQUIRED = "APPROVAL_REQUIRED"
    RELEASED = "RELEASED"
    PAUSED = "PAUSED"
    RESUMED = "RESUMED"
    WAITING_FOR_FUNDS = "WAITING_FOR_FUNDS"
    WAITING_FOR_LIMIT = "WAITING_FOR_LIMIT"
    SENT = "SENT"
    CANCELLATION_REQUESTED = "CANCELLATION_REQUESTED"
    CANCELLED = "CANCELLED"
    DONE = "DONE"
    REPAID = "REPAID"
    """Another batch, which the note names, pays failed rows again."""


EDITS = frozenset(
    {
        *(Action.CREATED, Action.CHECK_STARTED, Action.NAMES_CONFIRMED, Action.ROWS_EXCLUDED),
        *(Action.ROWS_INCLUDED, Action.SUBMITTED, Action.WITHDRAWN),
    }
)
"""Events of which the latest of each caller is kept. `MOST_PEOPLE` bounds the callers."""
KEPT = EDITS | {Action.CHECKED, Action.APPROVED, Action.REJECTED, Action.RELEASED}
"""Events of which the latest is kept whatever their number."""


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of a batch's history."""

    at: int
    by: str
    action: Action
    note: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's approval of the content that `digest` names."""

    by: str
    digest: str
    at: int


@dataclass(frozen=True, slots=True)
class BatchFile:
    """The file that a batch is read from. `payouts.domain.batch_file` changes it."""

    sha256: str
    """In hex, as declared; the file that was uploaded must have it."""
    expires_at: int
    """The batch expires then unless its rows are stored."""
    expected_count: int | None = None
    expected_total: Rupiah | None = None
    reading: bool = False
    """True from the request to read it until its rows are stored or it is refused."""
    lease: int = 0
    """Time until which a worker is reading it; 0 for none. Each worker's is later than the one before."""
    problem: str = ""
    """Why it was not read; empty if nothing is wrong."""
    refused: bool = False
    """True if its content is wrong, so that uploading the same again would not help."""
    accepted: bool = False
    """True from before its first row is stored. Then no other file can take its place."""

    @property
    def declared(self) -> tuple[str, int | None, Rupiah | None]:
        """What the request says about it."""
        return self.sha256, self.expected_count, self.expected_total


@dataclass(frozen=True)
class Batch:
    """A batch as it is stored."""

    reference: str
    fingerprint: str
    """Algorithm and hash of the request that created it: a replay has the same."""
    created_at: int
    rows: int
    """0 until they are read from the file."""
    created_by: str = ""
    """`sub` of the caller that created it, whose daily limit counts. May be personal data."""
    status: BatchStatus = BatchStatus.RECEIVING
    remark: str = ""
    scheduled_at: int | None = None
    """Not paid before this time; None for at once."""
    file: BatchFile | None = None
    """None if the rows came with the request."""
    funds_deadline: int | None = None
    """Cancelled if the balance is still too low then; None for `FUNDS_WAIT` after it was found to be."""
    involved: tuple[str, ...] = ()
    """All ids of callers that created, changed or submitted it."""
    history: tuple[Event, ...] = ()
    approvals: tuple[Approval, ...] = ()
    approvals_required: int = 0
    digest: str = ""
    """Names the submitted content; empty while none is submitted."""
    same_list_as: str = ""
    """The earlier batch with the same accounts and amounts, which the submission confirmed; empty if there is none."""
    submitted_at: int | None = None
    released_at: int | None = None
    """First time at which rows could be sent; None before."""
    limits_taken: bool = False
    """True once the batch is counted in the daily limits."""
    repays: str = ""
    """The batch whose failed rows it pays again; empty for none."""
    result_at: int | None = None
    """Time at which its result was written last; None before."""
    result_final: bool = False
    """True if every line of the result was final when it was written."""
    waiting_since: int | None = None
    """Since when funds have been missing; None once a row was accepted."""
    rows_done: int = 0
    """Rows that were checked, and rows that were sent or will not be, when the poller looked last."""
    advanced_at: int | None = None
    """Time at which `rows_done` changed last."""
    next_drive_at: int | None = None
    """Time at which the poller looks at it again; None if only a person can move it."""
    version: int = 0
    """Number of writes; 0 if not stored yet."""
    status_version: int = 1
    """The version that stored the status. Webhooks carry it, so that a receiver ignores what is older."""

    @property
    def is_final(self) -> bool:
        """True if nothing can change any more."""
        return self.status in FINAL

    @property
    def is_forgotten(self) -> bool:
        """True if the personal data of the batch was erased."""
        return self.fingerprint.endswith(":")

    @property
    def creator(self) -> str:
        """The caller that created it, as the history shows it."""
        return next((event.by for event in self.history if event.action is Action.CREATED), "")

    @property
    def is_resumed_by_a_person(self) -> bool:
        """True if a person, and not the software, let it go on last."""
        return next((each.by != SYSTEM for each in reversed(self.history) if each.action is Action.RESUMED), False)

    def is_ahead(self, now: int) -> bool:
        """True if its time has not come yet."""
        return self.scheduled_at is not None and now < self.scheduled_at

    def is_stuck(self, now: int) -> bool:
        """True if workers have been busy with it for an hour and no row has got done."""
        latest_event = self.history[-1].at if self.history else self.created_at
        return self._is_worked_on and now - max(latest_event, self.advanced_at or 0) >= STUCK_MILLIS

    @property
    def _is_worked_on(self) -> bool:
        reads = bool(self.repays) or (self.file is not None and self.file.reading)
        return self.status in _WORKED_ON or (self.status is _S.RECEIVING and reads)

    def is_approved(self, required_now: int) -> bool:
        """True if enough people approved exactly this content. The larger of both requirements counts."""
        people = {each.by for each in self.approvals if each.digest == self.digest}
        return bool(self.digest) and len(people) >= max(self.approvals_required, required_now)


class IllegalTransition(PayoutError):
    """The batch is in a status in which this is not possible. Nothing was changed."""

    code = "VALIDATION_ERROR"
    http_status = 409


class TooLate(IllegalTransition):
    """Nothing is left to stop."""

    code = "TOO_LATE"


def moved(batch: Batch, to: BatchStatus, event: Event) -> Batch:
    """The batch in another status. Raises IllegalTransition if `TRANSITIONS` has no such way."""
    if to not in TRANSITIONS[batch.status]:
        raise IllegalTransition(f"the batch is {batch.status}; that is not possible now. Nothing was changed")
    return noted(replace(batch, status=to), event)


def noted(batch: Batch, event: Event) -> Batch:
    """The batch with an event in its history, which stays bounded."""
    history = (*batch.history, event)
    if len(history) > HISTORY_LATEST:
        latest = {_kind(each): index for index, each in enumerate(history) if each.action in KEPT}
        kept = {*latest.values(), *range(len(history) - HISTORY_LATEST, len(history))}
        history = tuple(each for index, each in enumerate(history) if index in kept)
    return replace(batch, history=history)


def _kind(event: Event) -> tuple[Action, str]:
    return event.action, event.by if event.action in EDITS else ""


def involve(batch: Batch, caller: Caller) -> Batch:
    """The batch with a caller who changed it, and who therefore never approves it."""
    involved = tuple(sorted({*batch.involved, *caller.ids}))
    if len(involved) > 2 * MOST_PEOPLE:
        raise IllegalTransition(f"more than {MOST_PEOPLE} callers have changed this batch; create another one")
    return replace(batch, involved=involved)


def pays_nothing(batch: Batch | None) -> bool:
    """True if the batch is final and was never released."""
    return batch is not None and batch.is_final and batch.released_at is None


_NOTHING = Rupiah(0)


@dataclass(frozen=True, slots=True)
class Totals:
    """Number, amounts and fees of rows."""

    count: int = 0
    amount: Rupiah = _NOTHING
    fees: Rupiah = _NOTHING
    fees_unknown: int = 0
    """Rows whose fee DOKU has not stated: it is not in `fees`."""

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.count + other.count,
            Rupiah(self.amount.sen + other.amount.sen),
            Rupiah(self.fees.sen + other.fees.sen),
            self.fees_unknown + other.fees_unknown,
        )

    @property
    def needed(self) -> Rupiah:
        """Amounts and stated fees together."""
        return Rupiah(self.amount.sen + self.fees.sen)


NO_ROWS: Totals = Totals()
