"""Drive batches: move each to its next status when its chunks are done, and enqueue the chunks that are not.

Idempotent: whatever was lost or crashed is found again by what is stored, in the next minute.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from payouts.doku.time_limits import Remaining
from payouts.domain.batch import SYSTEM, Action, Batch, BatchStatus, Event, moved
from payouts.domain.batch_rows import ChunkSummary, Phase, chunks_of, origin, sums
from payouts.domain.errors import LimitReached, PayoutError, ValidationFailed
from payouts.domain.schedule import DAY, HOUR, MINUTE
from payouts.domain.transfer import Status
from payouts.services.batch_funds import Cover, Funds
from payouts.services.batch_queue import BatchQueue, ChunkTask
from payouts.services.daily_limits import DailyLimits
from payouts.store.batch_chunks import ChunkState, ChunkStore
from payouts.store.batches import BatchStore

APPROVAL_MILLIS = 7 * DAY
"""How long a batch waits for approval."""
FUNDS_WAIT = 72 * HOUR
"""How long a batch waits for funds unless its request has a deadline."""
_READ_MILLIS = 5 * MINUTE
"""How often the open transfers of a batch that was sent are read at first; later less often."""
_READS = 10
"""Chunks whose transfers are read in the time in which one is paid."""
_FOLLOWED = 30 * DAY
"""How long the open transfers of a final batch are read."""
_STEP_SECONDS = 25.0
"""For the questions about one batch, the balance among them."""
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
    ) -> None:
        self._store = store
        self._chunks = chunks
        self._queue = queue
        self._funds = funds
        self._limits = limits
        self._approvals_required = approvals_required
        self._window = window
        self._clock = clock

    def drive(self, batch: Batch, remaining: Remaining, most: int | None = None) -> Batch:
        """Do what can be done about a batch now. Returns it as stored. Raises PayoutError; the next call goes on.

        Enqueues at most `most` chunks, by default all that the workers have room for.
        """
        before, room = None, self._window if most is None else most
        while before is None or before.status is not batch.status:
            before, batch = batch, self._step(batch, remaining, room)
        return batch

    def _step(self, batch: Batch, remaining: Remaining, room: int) -> Batch:
        match batch.status:
            case _S.RECEIVING | _S.PENDING_APPROVAL:
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
        return self._later(batch, self._follow(batch, room))

    def _expire(self, batch: Batch) -> Batch:
        if batch.next_drive_at is None or batch.next_drive_at > self._now():
            return batch
        return self._move(batch, _S.EXPIRED, Action.EXPIRED)

    def _check(self, batch: Batch, room: int) -> Batch:
        states = self._states(batch)
        if self._enqueued(batch, states, room, [each.summary.phase is Phase.LOADED for each in states]):
            return self._later(batch, MINUTE)
        blocked = sum(each.summary.blocked for each in states)
        payable = sum(each.summary.payable.count for each in states)
        note = f"{payable} rows may be paid, {blocked} need attention"
        return self._move(batch, _S.NEEDS_ATTENTION if blocked or not payable else _S.READY, Action.CHECKED, note)

    def _release(self, batch: Batch) -> Batch:
        now = self._now()
        if batch.scheduled_at is not None and batch.scheduled_at > now:
            return self._later(batch, batch.scheduled_at - now)
        if not batch.is_approved(self._approvals_required):
            expires = now + APPROVAL_MILLIS
            return self._move(batch, _S.PENDING_APPROVAL, Action.APPROVAL_REQUIRED, drive_at=expires)
        return self._move(batch, _S.PAYING, Action.RELEASED, drive_at=now)

    def _pay(self, batch: Batch, room: int) -> Batch:
        states = self._states(batch)
        if not batch.limits_taken:
            batch = self._take_limits(batch, states)
            if batch.status is not _S.PAYING:
                return batch
        if self._enqueued(batch, states, room, [each.summary.phase is not Phase.PAID for each in states]):
            return self._later(batch, MINUTE)
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
        return self._move(batch, _S.PAYING, Action.RESUMED, drive_at=self._now())

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
            return self._later(batch, MINUTE)
        sent = sum(each.count for each in sums(state.summary for state in states).statuses.values())
        return self._move(batch, _S.CANCELLED, Action.CANCELLED, f"{sent} rows were sent before", self._now())

    def _settle(self, batch: Batch, room: int) -> Batch:
        states = self._states(batch)
        if any(each.summary.open for each in states):
            return self._later(batch, self._reads(batch, states, room))
        total = sums(each.summary for each in states)
        paid = total.statuses.get(Status.SUCCESS)
        complete = paid is not None and paid.count == total.payable.count
        return self._move(batch, _S.DONE if complete else _S.DONE_WITH_FAILURES, Action.DONE)

    def _enqueued(self, batch: Batch, states: Sequence[ChunkState], room: int, unfinished: Sequence[bool]) -> bool:
        """Enqueue unfinished chunks that no worker has. Returns True if any is unfinished."""
        now, left = self._now(), [index for index, each in enumerate(unfinished) if each]
        free = [index for index in left if not states[index].is_leased(now)]
        busy = len(left) - len(free)
        self._enqueue(batch, states, free, min(room, self._window - busy))
        return bool(left)

    def _follow(self, batch: Batch, room: int) -> int | None:
        """Keep the figures of a final batch up to date, whose transfers may still change."""
        if not batch.is_final or batch.released_at is None:
            return None
        return self._reads(batch, self._states(batch), room)

    def _reads(self, batch: Batch, states: Sequence[ChunkState], room: int) -> int | None:
        """Have open transfers read, those first that were read longest ago. Returns when to look again.

        None if none is open, or if the batch ended long ago.
        """
        now, ended = self._now(), _sent_at(batch)
        follow = _unsettled if batch.is_final else _open
        left = [index for index, each in enumerate(states) if follow(each.summary)]
        if not left or (batch.is_final and now > ended + _FOLLOWED):
            return None
        interval = min(max(_READ_MILLIS, (now - ended) // 8), DAY if batch.is_final else HOUR)
        due = [index for index in left if states[index].summary.read_at + interval <= now]
        self._enqueue(batch, states, due, _READS * room)
        return max(MINUTE, min(states[index].summary.read_at for index in left) + interval - now)

    def _enqueue(self, batch: Batch, states: Sequence[ChunkState], chunks: Iterable[int], most: int) -> None:
        """Enqueue chunks, those first that were tried longest ago: some that do not get on hold up no others."""
        longest_ago = sorted(chunks, key=lambda index: states[index].tried_at)
        self._queue.send([ChunkTask(batch.reference, index) for index in longest_ago[: max(0, most)]])

    def _states(self, batch: Batch) -> list[ChunkState]:
        return self._chunks.states(batch.reference, chunks_of(batch.rows))

    def _later(self, batch: Batch, millis: int | None) -> Batch:
        """Drive the batch again after so long; None for never by itself. What was to be earlier stays so."""
        now = self._now()
        at = None if millis is None else now + millis

        def change(current: Batch) -> Batch:
            if at is not None and now < (current.next_drive_at or 0) <= at:
                return current
            return replace(current, next_drive_at=at) if current.status is batch.status else current

        return self._store.update(batch, change)

    def _move(
        self, batch: Batch, to: BatchStatus, action: Action, note: str = "", drive_at: int | None = None
    ) -> Batch:
        """Move a batch that is still in the status that was read."""
        now = self._now()
        at = now if to is _S.CANCELLING else drive_at

        def change(current: Batch) -> Batch:
            if current.status is not batch.status:
                return current
            released = current.released_at or (now if to is _S.PAYING else None)
            changed = moved(current, to, Event(now, SYSTEM, action, note))
            return replace(changed, next_drive_at=at, released_at=released)

        return self._store.update(batch, change)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _open(summary: ChunkSummary) -> bool:
    return summary.open > 0


def _unsettled(summary: ChunkSummary) -> bool:
    """True if the status of a transfer may change: DISPUTED does not hold up the end of a batch."""
    return summary.open > 0 or Status.DISPUTED in summary.statuses


def _sent_at(batch: Batch) -> int:
    """When the last row was sent, or the batch ended."""
    ends = (Action.SENT, Action.CANCELLED)
    found = next((each.at for each in reversed(batch.history) if each.action in ends), None)
    return found if found is not None else batch.released_at or batch.created_at


def drive_due(
    references: Iterable[str], store: BatchStore, driver: BatchDriver, remaining: Remaining
) -> list[Batch | PayoutError]:
    """Drive batches while there is time. Returns each as stored, or why it was not driven."""
    driven: list[Batch | PayoutError] = []
    for reference in references:
        if remaining() < _STEP_SECONDS:
            break
        try:
            batch = store.get(reference)
            if batch is not None:
                driven.append(driver.drive(batch, remaining))
        except PayoutError as error:  # the next tick drives it
            driven.append(error)
    return driven
