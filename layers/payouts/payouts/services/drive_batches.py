"""Drive batches: move each to its next status when its chunks are done, and enqueue the chunks that are not.

Idempotent: whatever was lost or crashed is found again by what is stored, in the next minute.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from payouts.doku.time_limits import Remaining
from payouts.domain.batch import FINAL, SYSTEM, Action, Batch, BatchStatus, Event, moved
from payouts.domain.batch_file import is_leased
from payouts.domain.batch_rows import Phase, chunks_of, origin, sums
from payouts.domain.errors import LimitReached, ValidationFailed
from payouts.domain.schedule import DAY, HOUR, MINUTE
from payouts.domain.transfer import Status
from payouts.services import follow_batch
from payouts.services.batch_funds import Cover, Funds
from payouts.services.batch_queue import BatchQueue, ChunkTask, FileTask, ResultTask
from payouts.services.daily_limits import DailyLimits
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.chunk_items import ChunkState

APPROVAL_MILLIS = 7 * DAY
"""How long a batch waits for approval."""
FUNDS_WAIT = 72 * HOUR
"""How long a batch waits for funds unless its request has a deadline."""
_READS = 10
"""Chunks whose transfers are read in the time in which one is paid."""
MOST_LATE = 7 * DAY
"""A batch that was not paid so long after its time, in an outage, is not paid unless a person resumes it."""
_S = BatchStatus


class BatchDriver:
    """Drives batches. `window` is the number of chunks that are enqueued at once: enough to keep all workers busy."""

    def __init__(
        self,
        store: BatchStore,
        chunks: ChunkStore,
        queue: BatchQueue,
        funds: Funds,
        limits: DailyLimits,
        approvals_required: int,
        window: int,
        clock: Callable[[], float],
        reports: bool = False,
    ) -> None:
        self._store = store
        self._chunks = chunks
        self._queue = queue
        self._funds = funds
        self._limits = limits
        self._approvals_required = approvals_required
        self._window = window
        self._clock = clock
        self._reports = reports

    def drive(self, batch: Batch, remaining: Remaining, most: int | None = None) -> Batch:
        """Do what can be done about a batch now. Returns it as stored. Raises PayoutError; the next call goes on.

        Enqueues all chunks that the workers have room for, or the last `most` of them: a worker that has finished its
        chunk made room for these, and the ones before are enqueued already.
        """
        before, room = None, self._window if most is None else most
        while before is None or before.status is not batch.status:
            before, batch = batch, self._step(batch, remaining, room)
        return batch

    def _step(self, batch: Batch, remaining: Remaining, room: int) -> Batch:
        match batch.status:
            case _S.RECEIVING:
                return self._collect(batch) if batch.repays else self._receive(batch)
            case _S.PENDING_APPROVAL:
                return self._expire(batch)
            case _S.CHECKING:
                return self._check(batch, room)
            case _S.SCHEDULED:
                return self._release(batch)
            case _S.PAYING:
                return self._pay(batch, room)
            case _S.WAITING_FOR_LIMIT:
                return self._retry_limit(batch)
            case _S.WAITING_FOR_FUNDS:
                return self._retry_funds(batch, remaining)
            case _S.CANCELLING:
                return self._cancel(batch, room)
            case _S.SETTLING:
                return self._settle(batch, room)
        return self._conclude(batch, room) if batch.is_final else self._later(batch, None)

    def _receive(self, batch: Batch) -> Batch:
        """Let a worker read the file, if that was asked for and none does."""
        now, file = self._now(), batch.file
        if file is None:
            return self._expire(batch)
        if file.expires_at <= now:
            return self._move(batch, _S.EXPIRED, Action.EXPIRED)
        if not file.reading:
            return self._later(batch, file.expires_at - now)
        if not is_leased(file, now):
            self._queue.send([FileTask(batch.reference, file.sha256)])
        return self._later(batch, MINUTE)

    def _expire(self, batch: Batch) -> Batch:
        if batch.next_drive_at is None or batch.next_drive_at > self._now():
            return batch
        to = _S.EXPIRED if batch.released_at is None else _S.CANCELLING  # what was sent is accounted for first
        return self._move(batch, to, Action.EXPIRED, unchanged=True)

    def _collect(self, batch: Batch) -> Batch:
        """Let a worker collect the rows of a repayment. It expires if that is not possible for a day."""
        if self._now() > batch.created_at + DAY:
            return self._move(batch, _S.EXPIRED, Action.EXPIRED)
        self._queue.send([ChunkTask(batch.reference, 0)])
        return self._later(batch, MINUTE)

    def _check(self, batch: Batch, room: int) -> Batch:
        states = self._states(batch)
        if self._enqueued(batch, states, room, [not each.summary.is_checked for each in states]):
            return self._later(batch, MINUTE, states)
        blocked = sum(each.summary.blocked for each in states)
        payable = sum(each.summary.payable.count for each in states)
        note = f"{payable} rows may be paid, {blocked} need attention"
        to = _S.NEEDS_ATTENTION if blocked or not payable else _S.READY
        checked = self._move(batch, to, Action.CHECKED, note, unchanged=True)
        return checked if checked.status is not _S.CHECKING else self._check(checked, room)

    def _release(self, batch: Batch) -> Batch:
        now = self._now()
        if batch.scheduled_at is not None and batch.is_ahead(now):
            return self._later(batch, batch.scheduled_at - now)
        if not batch.is_approved(self._approvals_required):
            expires = now + APPROVAL_MILLIS
            return self._move(batch, _S.PENDING_APPROVAL, Action.APPROVAL_REQUIRED, drive_at=expires)
        return self._late(batch) or self._move(batch, _S.PAYING, Action.RELEASED, drive_at=now)

    def _late(self, batch: Batch) -> Batch | None:
        """The batch, PAUSED, if it was to go on long ago."""
        if batch.next_drive_at is None or self._now() <= batch.next_drive_at + MOST_LATE:
            return None
        note = "it was to be paid more than 7 days ago; resume it if it still is to be paid"
        return self._move(batch, _S.PAUSED, Action.PAUSED, note)

    def _pay(self, batch: Batch, room: int) -> Batch:
        states = self._states(batch)
        if not batch.limits_taken:
            batch = self._take_limits(batch, states)
            if batch.status is not _S.PAYING:
                return batch
        if self._enqueued(batch, states, room, [each.summary.phase is not Phase.PAID for each in states]):
            return self._later(batch, MINUTE, states)
        return self._move(batch, _S.SETTLING, Action.SENT, drive_at=self._now())

    def _take_limits(self, batch: Batch, states: Sequence[ChunkState]) -> Batch:
        """Count the batch in the limits of this day, once."""
        payable = sums(each.summary for each in states).payable
        try:
            self._limits.consume_batch(batch, payable, self._now())
        except LimitReached as reached:
            drive_at = self._now() + reached.retry_after * 1000
            return self._move(batch, _S.WAITING_FOR_LIMIT, Action.WAITING_FOR_LIMIT, reached.message, drive_at)
        except ValidationFailed as error:  # the limit was lowered below the batch: no day has room for it
            return self._move(batch, _S.PAUSED, Action.PAUSED, error.message)
        return self._store.update(batch, lambda current: replace(current, limits_taken=True))

    def _retry_limit(self, batch: Batch) -> Batch:
        if batch.next_drive_at is not None and batch.next_drive_at > self._now():
            return batch
        return self._late(batch) or self._move(batch, _S.PAYING, Action.RESUMED, drive_at=self._now())

    def _retry_funds(self, batch: Batch, remaining: Remaining) -> Batch:
        since = batch.waiting_since if batch.waiting_since is not None else self._now()
        if self._now() >= (batch.funds_deadline or since + FUNDS_WAIT):
            return self._move(batch, _S.CANCELLING, Action.CANCELLATION_REQUESTED, "the deadline for funds has passed")
        states = self._states(batch)
        unpaid = (index for index, each in enumerate(states) if each.summary.phase is not Phase.PAID)
        index = min(unpaid, key=lambda each: states[each].tried_at, default=None)
        if index is not None and not self._covered(batch, index, states[index], remaining):
            return self._later(batch, MINUTE)
        return self._move(batch, _S.PAYING, Action.RESUMED, "the balance covers the next rows", self._now())

    def _covered(self, batch: Batch, index: int, state: ChunkState, remaining: Remaining) -> bool:
        cover = self._funds.cover(origin(batch.reference, index), state.summary.unsent, remaining)
        return cover is Cover.YES

    def _cancel(self, batch: Batch, room: int) -> Batch:
        """CANCELLED once every row is accounted for. Who settles a chunk has its lease, so no worker is sending."""
        if batch.released_at is None:
            return self._move(batch, _S.CANCELLED, Action.CANCELLED, "no row was sent")
        states = self._states(batch)
        unsettled = [each.summary.phase is not Phase.PAID for each in states]
        if self._enqueued(batch, states, room, unsettled):
            return self._later(batch, MINUTE, states)
        sent = sum(each.count for each in sums(state.summary for state in states).statuses.values())
        return self._move(batch, _S.CANCELLED, Action.CANCELLED, f"{sent} rows were sent before")

    def _settle(self, batch: Batch, room: int) -> Batch:
        states = self._states(batch)
        if any(each.summary.open for each in states):
            if self._reports and batch.result_at is None and room:
                self._queue.send([ResultTask(batch.reference)])
            return self._later(batch, self._read(batch, states, room))
        total = sums(each.summary for each in states)
        paid = total.statuses.get(Status.SUCCESS)
        complete = paid is not None and paid.count == total.payable.count
        return self._move(batch, _S.DONE if complete else _S.DONE_WITH_FAILURES, Action.DONE)

    def _conclude(self, batch: Batch, room: int) -> Batch:
        """Follow the transfers that a final batch left open, and have its result written until nothing can change."""
        now = self._now()
        if batch.released_at is None:
            return self._later(batch, None)
        if batch.next_drive_at is not None and batch.next_drive_at > now:
            return batch
        states = self._states(batch)
        read_in = self._read(batch, states, room)
        result_at = follow_batch.result_at(batch, states, now) if self._reports else None
        if result_at is not None and result_at <= now:
            self._queue.send([ResultTask(batch.reference)])
            return self._later(batch, follow_batch.READ_MILLIS)  # a worker takes minutes to write a large one
        again = [read_in, None if result_at is None else result_at - now]
        return self._later(batch, min((each for each in again if each is not None), default=None))

    def _enqueued(self, batch: Batch, states: Sequence[ChunkState], room: int, unfinished: Sequence[bool]) -> bool:
        """Enqueue unfinished chunks that no worker has. Returns True if any is unfinished."""
        now, left = self._now(), [index for index, each in enumerate(unfinished) if each]
        free = [index for index in left if not states[index].is_leased(now)]
        busy = len(left) - len(free)
        within = _longest_ago(states, free)[: max(0, self._window - busy)]
        self._enqueue(batch, within[max(0, len(within) - room) :])
        return bool(left)

    def _read(self, batch: Batch, states: Sequence[ChunkState], room: int) -> int | None:
        """Have open transfers read, those first that were read longest ago. Returns when to go on; None for never."""
        reads = follow_batch.reads(batch, states, self._now())
        if reads is None:
            return None
        self._enqueue(batch, _longest_ago(states, reads.due)[: _READS * room])
        return reads.wait

    def _enqueue(self, batch: Batch, chunks: Iterable[int]) -> None:
        self._queue.send([ChunkTask(batch.reference, index) for index in chunks])

    def _states(self, batch: Batch) -> list[ChunkState]:
        return self._chunks.states(batch.reference, chunks_of(batch.rows))

    def _later(self, batch: Batch, millis: int | None, states: Sequence[ChunkState] | None = None) -> Batch:
        """Drive the batch again after so long; None for never by itself. What was to be earlier stays so.

        With the states of chunks that workers have, it records whether they get on.
        """
        now = self._now()
        at = None if millis is None else now + millis
        done = batch.rows_done if states is None else sum(each.summary.done for each in states)

        def change(current: Batch) -> Batch:
            if current.status is not batch.status:
                return current
            got_on = current if done == batch.rows_done else replace(current, rows_done=done, advanced_at=now)
            earlier = at is not None and now < (current.next_drive_at or 0) <= at
            return got_on if earlier else replace(got_on, next_drive_at=at)

        return self._store.update(batch, change)

    def _move(
        self,
        batch: Batch,
        to: BatchStatus,
        action: Action,
        note: str = "",
        drive_at: int | None = None,
        unchanged: bool = False,
    ) -> Batch:
        """Move a batch that is still in the status that was read; if `unchanged`, only if nobody wrote it meanwhile.

        Else it might be checked or submitted a second time by now, and what was read would be of the first.
        """
        now = self._now()

        def change(current: Batch) -> Batch:
            if current.status is not batch.status or (unchanged and current.version != batch.version):
                return current
            released = current.released_at or (now if to is _S.PAYING else None)
            has_result = to in FINAL and released is not None  # which is still to be written
            at = now if has_result or to is _S.CANCELLING else drive_at
            changed = moved(current, to, Event(now, SYSTEM, action, note))
            return replace(changed, next_drive_at=at, released_at=released)

        return self._store.update(batch, change)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _longest_ago(states: Sequence[ChunkState], chunks: Iterable[int]) -> list[int]:
    """Chunks, those first that were tried longest ago: some that do not get on hold up no others."""
    return sorted(chunks, key=lambda index: states[index].tried_at)
