"""When the open transfers of a batch that was sent are read, and when the result of a final batch is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from payouts.domain.batch import Action, Batch
from payouts.domain.batch_rows import ChunkSummary
from payouts.domain.schedule import DAY, HOUR, MINUTE
from payouts.domain.transfer import Status
from payouts.store.chunk_items import ChunkState

READ_MILLIS = 5 * MINUTE
"""How often the open transfers of a batch that was sent are read at first; later less often."""
_LOOKED_AT = 9 * DAY
"""After its end, when paid transfers have been looked at for the last time (`payouts.domain.schedule`)."""
_FOLLOWED = 30 * DAY
"""How long the open transfers of a final batch are read, and its result is written again."""


@dataclass(frozen=True, slots=True)
class Reads:
    """The chunks whose transfers are to be read at `now`, and the milliseconds until the next are."""

    due: Sequence[int]
    wait: int


def reads(batch: Batch, states: Sequence[ChunkState], now: int) -> Reads | None:
    """The reads of open transfers. None if none is open, or if the batch ended long ago."""
    ended = _sent_at(batch)
    follow = _unsettled if batch.is_final else _open
    left = [index for index, each in enumerate(states) if follow(each.summary)]
    if not left or (batch.is_final and now > ended + _FOLLOWED):
        return None
    interval = min(max(READ_MILLIS, (now - ended) // 8), DAY if batch.is_final else HOUR)
    due = [index for index in left if states[index].summary.read_at + interval <= now]
    return Reads(due, max(MINUTE, min(states[index].summary.read_at for index in left) + interval - now))


def result_at(batch: Batch, states: Sequence[ChunkState], now: int) -> int | None:
    """When to have the result of a final batch written: at its end, once no transfer is open, and in between.

    Written again after the last look at its transfers, which may have been refunded or contradicted since. None if
    nothing more is expected, or if the batch ended long ago.
    """
    ended, written = _ended_at(batch), batch.result_at
    if now > ended + _FOLLOWED:
        return None
    if written is None or written < ended:
        return now
    if batch.result_final:
        return _written_again_at(batch, written)
    settled = not any(_unsettled(each.summary) for each in states)
    if settled and any(each.summary.read_at > written for each in states):
        return now
    return written + (HOUR if now < ended + DAY else DAY)


def needs_result(batch: Batch, now: int) -> bool:
    """False if a result was written whose lines are all final, unless the last look came after it."""
    if not batch.result_final or batch.result_at is None:
        return True
    again = _written_again_at(batch, batch.result_at)
    return again is not None and again <= max(now, _ended_at(batch))


def _written_again_at(batch: Batch, written: int) -> int | None:
    """When a result whose lines are all final is written again: at the end, and after the last look. None if it was."""
    ended = _ended_at(batch)
    return next((at for at in (ended, ended + _LOOKED_AT) if written < at), None)


def _open(summary: ChunkSummary) -> bool:
    return summary.open > 0


def _unsettled(summary: ChunkSummary) -> bool:
    """True if the status of a transfer may change: DISPUTED does not hold up the end of a batch."""
    return summary.open > 0 or Status.DISPUTED in summary.statuses


def _ended_at(batch: Batch) -> int:
    """When the batch became final. Later events, such as a repayment, do not count."""
    ends = (Action.DONE, Action.CANCELLED)
    return next((each.at for each in reversed(batch.history) if each.action in ends), batch.history[-1].at)


def _sent_at(batch: Batch) -> int:
    """When the last row was sent, or the batch ended."""
    ends = (Action.SENT, Action.CANCELLED)
    found = next((each.at for each in reversed(batch.history) if each.action in ends), None)
    return found if found is not None else batch.released_at or batch.created_at
