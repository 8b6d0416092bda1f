"""What people and programs decide about a batch: its rows, submission, approval, pause and cancellation."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from payouts.domain import batch_approval
from payouts.domain.batch import (
    EDITABLE,
    FINAL,
    WAITING,
    Action,
    Batch,
    BatchStatus,
    Event,
    IllegalTransition,
    TooLate,
    involve,
    moved,
    noted,
    pays_nothing,
)
from payouts.domain.batch_approval import Forbidden
from payouts.domain.batch_duplicates import list_hash
from payouts.domain.batch_file import start_reading
from payouts.domain.batch_rows import (
    BatchRow,
    RowOutcome,
    checked_summary,
    chunks_of,
    digest,
    sums,
)
from payouts.domain.caller import Caller
from payouts.domain.errors import NotFound, PayoutError, Throttled, ValidationFailed
from payouts.services.daily_limits import DailyLimits
from payouts.services.drive_batches import APPROVAL_MILLIS
from payouts.store.batch_chunks import ChunkState, ChunkStore
from payouts.store.batches import BatchStore, stored_as
from payouts.store.submitted_lists import SubmittedLists

_ATTEMPTS = 5
_S = BatchStatus


class RowChange(StrEnum):
    """What may be decided about a row."""

    EXCLUDE = "EXCLUDE"
    INCLUDE = "INCLUDE"
    CONFIRM_NAME = "CONFIRM_NAME"
    CONFIRM_DUPLICATE = "CONFIRM_DUPLICATE"


_RECORDED = {
    RowChange.EXCLUDE: Action.ROWS_EXCLUDED,
    RowChange.INCLUDE: Action.ROWS_INCLUDED,
    RowChange.CONFIRM_NAME: Action.NAMES_CONFIRMED,
    RowChange.CONFIRM_DUPLICATE: Action.DUPLICATES_CONFIRMED,
}


@dataclass(frozen=True, slots=True)
class _Place:
    """A row and its chunk."""

    chunk: int
    row: int


class SameList(PayoutError):
    """Another batch had the same accounts and amounts within 35 days. Nothing was changed."""

    code = "SAME_LIST"
    http_status = 409

    def __init__(self, earlier: str) -> None:
        super().__init__(
            f"batch {earlier} has the same accounts and amounts. To pay them again, submit with sameListConfirmed;"
            " the approver will see it. Nothing was changed"
        )


class BatchChanger:
    """Changes batches. Every write needs a caller with `sub`; who changes a batch never approves it."""

    def __init__(
        self,
        store: BatchStore,
        chunks: ChunkStore,
        limits: DailyLimits,
        lists: SubmittedLists,
        approvals_required: int,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._chunks = chunks
        self._limits = limits
        self._lists = lists
        self._approvals_required = approvals_required
        self._clock = clock

    def get(self, reference: str) -> Batch:
        """The batch. Raises NotFound."""
        batch = self._store.get(reference)
        if batch is None:
            raise NotFound("there is no batch with this batchReference")
        return batch

    def check_again(self, reference: str, caller: Caller) -> Batch:
        """Read the file, or ask again about the rows that could not be checked. What is begun already goes on."""
        batch = self.get(reference)
        if batch.status is _S.RECEIVING:
            return self._store.update(batch, lambda current: start_reading(current, caller, self._now()))
        if batch.status is _S.CHECKING:
            return batch
        if batch.status not in EDITABLE:
            raise IllegalTransition(f"the batch is {batch.status} and cannot be checked now. Nothing was changed")
        reset = self._edit(batch, range(chunks_of(batch.rows)), caller, Action.CHECK_STARTED, _to_check_again)
        if not any(each.summary.outcomes.get(RowOutcome.PENDING) for each in self._states(reset)):
            return reset

        def change(current: Batch) -> Batch:
            if current.status not in EDITABLE:
                return current
            event = Event(self._now(), caller.name, Action.CHECK_STARTED)
            return replace(moved(current, _S.CHECKING, event), next_drive_at=self._now())

        return self._store.update(reset, change)

    def change_rows(self, reference: str, numbers: Collection[int], change: RowChange, caller: Caller) -> Batch:
        """Decide about rows. Rows that are so already stay. Raises ValidationFailed for a row that cannot be changed.

        Each chunk is changed at once, together with the batch; after a crash the same request does the rest.
        """
        batch, wanted = self.get(reference), set(numbers)
        starts = [each.summary.first for each in self._states(batch)]
        chunks = {sum(start <= number for start in starts) - 1 for number in wanted}

        def edit(row: BatchRow) -> BatchRow:
            return _changed(row, change) if row.number in wanted else row

        if min(chunks, default=-1) < 0:
            raise NotFound("the batch has no such row")
        return self._edit(batch, sorted(chunks), caller, _RECORDED[change], edit, wanted)

    def submit(self, reference: str, caller: Caller, same_list_confirmed: bool = False) -> Batch:
        """Seal the content. It waits for approval, or is scheduled where none is required.

        Raises SameList, unless that is confirmed, if another batch had the same accounts and amounts.
        """
        batch = self.get(reference)
        states = self._states(batch)
        self._limits.check_size(sums(each.summary for each in states).payable)
        same = self._same_list(batch, states, same_list_confirmed) if batch.status is _S.READY else ""

        def change(current: Batch) -> Batch:
            if current.digest and current.status in (_S.PENDING_APPROVAL, _S.SCHEDULED):
                return current  # submitted by an earlier copy of this request
            if current.version != batch.version:
                raise Throttled("the batch was changed at the same time; read it and submit again")
            return self._submitted(current, states, caller, same)

        return self._store.update(batch, change)

    def withdraw(self, reference: str, caller: Caller) -> Batch:
        """Take a submission back. Its approvals are dropped."""

        def change(current: Batch) -> Batch:
            if current.status is not _S.PENDING_APPROVAL:
                raise IllegalTransition(f"the batch is {current.status} and waits for no approval. Nothing was changed")
            event = Event(self._now(), caller.name, Action.WITHDRAWN)
            ready = involve(moved(current, _S.READY, event), caller)
            return replace(ready, digest="", same_list_as="", approvals=(), submitted_at=None, next_drive_at=None)

        return self._store.update(self.get(reference), change)

    def approve(self, reference: str, caller: Caller, content: str, comment: str) -> Batch:
        """Approve the content that the digest names. Raises Forbidden, SelfApproval, ContentChanged."""
        required = self._approvals_required
        return self._store.update(
            self.get(reference),
            lambda current: batch_approval.approve(current, caller, content, self._now(), required, comment),
        )

    def reject(self, reference: str, caller: Caller, content: str, comment: str) -> Batch:
        """Reject the content that the digest names. Raises as `approve`."""
        return self._store.update(
            self.get(reference), lambda current: batch_approval.reject(current, caller, content, self._now(), comment)
        )

    def pause(self, reference: str, caller: Caller) -> Batch:
        """Send no further row. A row that is being sent is not stopped."""

        def change(current: Batch) -> Batch:
            if current.status is _S.PAUSED:
                return current
            if current.status in FINAL | {_S.SETTLING, _S.CANCELLING}:
                raise TooLate(f"the batch is {current.status}; nothing is left to pause")
            event = Event(self._now(), caller.name, Action.PAUSED)
            return replace(moved(current, _S.PAUSED, event), next_drive_at=None)

        return self._store.update(self.get(reference), change)

    def resume(self, reference: str, caller: Caller) -> Batch:
        """Go on after a pause, or try at once whether funds or limits suffice by now."""

        def change(current: Batch) -> Batch:
            if current.status is _S.PAYING:
                return current
            if current.status not in WAITING:
                raise IllegalTransition(f"the batch is {current.status} and not paused. Nothing was changed")
            event = Event(self._now(), caller.name, Action.RESUMED)
            return replace(moved(current, _S.PAYING, event), next_drive_at=self._now())

        return self._store.update(self.get(reference), change)

    def cancel(self, reference: str, caller: Caller) -> Batch:
        """Cancel what was not sent. Raises TooLate if everything was."""

        def change(current: Batch) -> Batch:
            if current.status in (_S.CANCELLING, _S.CANCELLED):
                return current
            if current.status in FINAL | {_S.SETTLING}:
                raise TooLate(f"the batch is {current.status}; nothing is left to cancel")
            event = Event(self._now(), caller.name, Action.CANCELLATION_REQUESTED)
            return replace(moved(current, _S.CANCELLING, event), next_drive_at=self._now())

        return self._store.update(self.get(reference), change)

    def _same_list(self, batch: Batch, states: Sequence[ChunkState], confirmed: bool) -> str:
        """The earlier batch with the same accounts and amounts, empty if there is none. Raises SameList.

        Its claim stays, so that a repeated submission finds it too.
        """
        hashed, now = list_hash(each.summary for each in states), self._now() // 1000
        earlier = self._lists.claim(hashed, batch.reference, now)
        if earlier and pays_nothing(self._store.get(earlier)):
            earlier = self._lists.claim(hashed, batch.reference, now, instead_of=earlier)
        if earlier and not confirmed:
            raise SameList(earlier)
        if earlier:
            self._lists.claim(hashed, earlier, now)  # for 35 days from now
        return earlier

    def _submitted(self, batch: Batch, states: Sequence[ChunkState], caller: Caller, same_list_as: str) -> Batch:
        now, required = self._now(), self._approvals_required
        sealed = replace(batch, approvals_required=required, submitted_at=now, same_list_as=same_list_as)
        sealed = replace(sealed, digest=digest(sealed, (each.summary.seal for each in states)))
        note = f"although {same_list_as} has the same accounts and amounts" if same_list_as else ""
        event = Event(now, caller.name, Action.SUBMITTED, note)
        to = _S.PENDING_APPROVAL if required else _S.SCHEDULED
        at = now + APPROVAL_MILLIS if required else max(now, batch.scheduled_at or now)
        return replace(involve(moved(sealed, to, event), caller), next_drive_at=at)

    def _edit(
        self,
        batch: Batch,
        chunks: Collection[int],
        caller: Caller,
        action: Action,
        edit: Callable[[BatchRow], BatchRow],
        wanted: Collection[int] = (),
    ) -> Batch:
        """Change the rows of chunks, each in one transaction with the batch."""
        for index in chunks:
            for _ in range(_ATTEMPTS):
                edited = self._edited(batch, index, caller, action, edit, wanted)
                if edited is not None:
                    batch = edited
                    break
                batch = self.get(batch.reference)
            else:
                raise Throttled("too many simultaneous changes of this batch; send the same request again in a moment")
        return batch

    def _edited(
        self,
        batch: Batch,
        index: int,
        caller: Caller,
        action: Action,
        edit: Callable[[BatchRow], BatchRow],
        wanted: Collection[int],
    ) -> Batch | None:
        """The changed batch; None if it or the chunk was changed meanwhile."""
        if batch.status not in EDITABLE:
            raise IllegalTransition(f"the batch is {batch.status}; its rows cannot be changed now")
        chunk = self._chunks.rows(batch.reference, index)
        _check_known(chunk.rows, wanted, index, self._states(batch))
        rows = [edit(row) for row in chunk.rows]
        changed = sum(old != new for old, new in zip(chunk.rows, rows, strict=True))
        if not changed:
            return batch
        summary = checked_summary(rows)
        summaries = [each.summary for each in self._states(batch)]
        summaries[index] = summary
        total = sums(summaries)
        status = _S.NEEDS_ATTENTION if total.blocked or not total.payable.count else _S.READY
        after = involve(noted(batch, Event(self._now(), caller.name, action, f"{changed} rows")), caller)
        after = replace(after, status=status)
        if not self._chunks.change_rows(batch, after, index, chunk, rows, summary):
            return None
        return stored_as(batch, after)

    def _states(self, batch: Batch) -> list[ChunkState]:
        if batch.status is _S.RECEIVING:
            raise IllegalTransition("the batch has no rows yet")
        return self._chunks.states(batch.reference, chunks_of(batch.rows))

    def _now(self) -> int:
        return int(self._clock() * 1000)


def check_writer(caller: Caller) -> None:
    """Raise Forbidden for a token without `sub`: nobody could tell who did what."""
    if not caller.subject:
        raise Forbidden("the token has no sub, so that nobody could tell who changed the batch. Nothing was changed")


def _check_known(rows: Sequence[BatchRow], wanted: Collection[int], index: int, states: Sequence[ChunkState]) -> None:
    """Raise NotFound for a wanted number between the first rows of this chunk and the next that no row has."""
    first = states[index].summary.first
    behind = states[index + 1].summary.first if index + 1 < len(states) else None
    here = {number for number in wanted if number >= first and (behind is None or number < behind)}
    if here - {row.number for row in rows}:
        raise NotFound("the batch has no such row")


def _changed(row: BatchRow, change: RowChange) -> BatchRow:
    if change is RowChange.CONFIRM_NAME:
        if row.outcome is not RowOutcome.NAME_DIFFERS:
            raise ValidationFailed(
                f"row {row.number} is {row.shown_outcome}: only a name that differs can be confirmed"
            )
        return replace(row, confirmed=True)
    if change is RowChange.CONFIRM_DUPLICATE:
        if not row.possible_duplicate:
            raise ValidationFailed(f"row {row.number}: no other payment has its account and amount")
        return replace(row, duplicate_confirmed=True)
    return replace(row, excluded=change is RowChange.EXCLUDE)


def _to_check_again(row: BatchRow) -> BatchRow:
    return replace(row, outcome=RowOutcome.PENDING) if row.outcome is RowOutcome.COULD_NOT_CHECK else row
