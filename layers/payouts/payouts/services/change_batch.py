"""What people and programs decide about a batch: its rows, submission, approval, pause and cancellation."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

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
    pays_nothing,
)
from payouts.domain.batch_approval import Forbidden
from payouts.domain.batch_duplicates import list_hash
from payouts.domain.batch_file import start_reading
from payouts.domain.batch_rows import (
    RowOutcome,
    chunks_of,
    digest,
    sums,
)
from payouts.domain.caller import Caller
from payouts.domain.errors import NotFound, PayoutError, Throttled
from payouts.services.change_batch_rows import RowChange, RowChanger
from payouts.services.daily_limits import DailyLimits
from payouts.services.drive_batches import APPROVAL_MILLIS
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.chunk_items import ChunkState
from payouts.store.submitted_lists import SubmittedLists

_S = BatchStatus


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
        self._rows = RowChanger(store, chunks, clock)

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
        states = self._states(batch)
        again = [index for index, each in enumerate(states) if RowOutcome.COULD_NOT_CHECK in each.summary.outcomes]
        if not again and all(each.summary.is_checked for each in states):
            return batch
        self._chunks.check_again(reference, again)

        def change(current: Batch) -> Batch:
            if current.status not in EDITABLE:
                return current
            event = Event(self._now(), caller.name, Action.CHECK_STARTED)
            return replace(involve(moved(current, _S.CHECKING, event), caller), next_drive_at=self._now())

        return self._store.update(batch, change)

    def change_rows(self, reference: str, numbers: Collection[int], change: RowChange, caller: Caller) -> Batch:
        """Decide about rows. Raises NotFound or ValidationFailed; then nothing was changed."""
        return self._rows.change(self.get(reference), numbers, change, caller)

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
        """Take a submission back. Its approvals are dropped. Not once rows may have been sent: they stay fixed."""

        def change(current: Batch) -> Batch:
            if current.status is not _S.PENDING_APPROVAL:
                raise IllegalTransition(f"the batch is {current.status} and waits for no approval. Nothing was changed")
            if current.released_at is not None:
                raise TooLate("rows may have been sent already; cancel the batch instead. Nothing was changed")
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
        """Go on after a pause, or try at once whether funds or limits suffice by now.

        A paused batch that lacks an approval which is required by now waits for it first, and one that is scheduled
        waits for its time: that is part of what was approved.
        """

        def change(current: Batch) -> Batch:
            if current.status in (_S.PAYING, _S.SCHEDULED):
                return current
            if current.status not in WAITING:
                raise IllegalTransition(f"the batch is {current.status} and not paused. Nothing was changed")
            now = self._now()
            if current.status is _S.PAUSED and not current.is_approved(self._approvals_required):
                asked = moved(current, _S.PENDING_APPROVAL, Event(now, caller.name, Action.APPROVAL_REQUIRED))
                return replace(asked, next_drive_at=now + APPROVAL_MILLIS)
            event = Event(now, caller.name, Action.RESUMED)
            if current.status is _S.PAUSED and current.is_ahead(now):
                return replace(moved(current, _S.SCHEDULED, event), next_drive_at=current.scheduled_at)
            resumed = moved(current, _S.PAYING, event)
            return replace(resumed, next_drive_at=now, released_at=current.released_at or now)

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
        if earlier and (earlier == batch.repays or pays_nothing(self._store.get(earlier))):
            earlier = self._lists.claim(hashed, batch.reference, now, instead_of=earlier)
        if earlier and not confirmed:
            raise SameList(earlier)
        if earlier:
            self._lists.claim(hashed, earlier, now)  # for 35 days from now
        return earlier

    def _submitted(self, batch: Batch, states: Sequence[ChunkState], caller: Caller, same_list_as: str) -> Batch:
        if any(each.summary.blocked or not each.summary.is_checked for each in states):
            raise IllegalTransition("some rows must be checked, confirmed or excluded first. Nothing was changed")
        now, required = self._now(), self._approvals_required
        sealed = replace(batch, approvals_required=required, submitted_at=now, same_list_as=same_list_as)
        sealed = replace(sealed, digest=digest(sealed, (each.summary.seal for each in states)))
        note = f"although {same_list_as} has the same accounts and amounts" if same_list_as else ""
        event = Event(now, caller.name, Action.SUBMITTED, note)
        to = _S.PENDING_APPROVAL if required else _S.SCHEDULED
        at = now + APPROVAL_MILLIS if required else max(now, batch.scheduled_at or now)
        return replace(involve(moved(sealed, to, event), caller), next_drive_at=at)

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
