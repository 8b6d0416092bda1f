"""Decide about rows of a batch: exclude or include them, or confirm the bank's name."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from payouts.domain.batch import EDITABLE, Action, Batch, BatchStatus, Event, IllegalTransition, involve, noted
from payouts.domain.batch_rows import BatchRow, ChunkSummary, RowOutcome, checked_summary, chunks_of, sums
from payouts.domain.caller import Caller
from payouts.domain.errors import NotFound, Throttled, ValidationFailed
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore, stored_as

_ATTEMPTS = 5
_NAMED_ROWS = 20
"""Rows that an event of the history names."""
_READ_CHUNKS = 20
"""Chunks that are read at once: 2,000 rows, a MB or two."""


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


@dataclass
class _Request:
    """A request, and how far it is. The figures are read once, and then follow what this request writes."""

    batch: Batch
    summaries: list[ChunkSummary]
    wanted: Collection[int]
    change: RowChange
    caller: Caller
    event: Event | None = None
    """For the history; None once it is stored."""

    def edited(self, rows: Sequence[BatchRow]) -> list[BatchRow]:
        """The rows with what was decided. Raises ValidationFailed for a row about which that is not possible."""
        return [_changed(row, self.change) if row.number in self.wanted else row for row in rows]

    def after(self, index: int, summary: ChunkSummary) -> Batch:
        """The batch once the chunk has this summary."""
        total = sums((*self.summaries[:index], summary, *self.summaries[index + 1 :]))
        blocked = total.blocked or not total.payable.count
        batch = replace(self.batch, status=BatchStatus.NEEDS_ATTENTION if blocked else BatchStatus.READY)
        return involve(noted(batch, self.event) if self.event else batch, self.caller)


class RowChanger:
    """Changes rows, each chunk at once together with the batch."""

    def __init__(self, store: BatchStore, chunks: ChunkStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._chunks = chunks
        self._clock = clock

    def change(self, batch: Batch, numbers: Collection[int], change: RowChange, caller: Caller) -> Batch:
        """Decide about rows. Rows that are so already stay; nothing is changed if one of them cannot be.

        After a crash the same request does the rest. Raises NotFound or ValidationFailed.
        """
        _check_editable(batch)
        request = _Request(batch, self._summaries(batch), set(numbers), change, caller)
        chunks, changed = self._plan(request)
        request.event = Event(int(self._clock() * 1000), caller.name, _RECORDED[change], _named(changed))
        for index in chunks:
            self._change_chunk(request, index)
        return request.batch

    def _plan(self, request: _Request) -> tuple[list[int], list[int]]:
        """The chunks to change, and the numbers of the rows. Raises before anything is written."""
        starts = [each.first for each in request.summaries]
        places = {number: sum(start <= number for start in starts) - 1 for number in request.wanted}
        indexes, known, result, changed = sorted({*places.values()} - {-1}), set[int](), list[int](), list[int]()
        for start in range(0, len(indexes), _READ_CHUNKS):
            some = indexes[start : start + _READ_CHUNKS]
            for index, chunk in zip(some, self._chunks.several(request.batch.reference, some), strict=True):
                known |= {row.number for row in chunk.rows}
                different = _differences(chunk.rows, request.edited(chunk.rows))
                result += [index] if different else []
                changed += different
        if set(request.wanted) - known:
            raise NotFound("the batch has no such row. Nothing was changed")
        return result, changed

    def _change_chunk(self, request: _Request, index: int) -> None:
        for _ in range(_ATTEMPTS):
            _check_editable(request.batch)
            chunk = self._chunks.rows(request.batch.reference, index)
            rows = request.edited(chunk.rows)
            if not _differences(chunk.rows, rows):
                return
            before, summary = request.batch, checked_summary(rows)
            after = request.after(index, summary)
            if self._chunks.change_rows(before, after, index, chunk, rows, summary):
                request.batch, request.event = stored_as(before, after), None
                request.summaries[index] = summary
                return
            request.batch = self._read(before)
            request.summaries = self._summaries(request.batch)
        raise Throttled("too many simultaneous changes of this batch; send the same request again in a moment")

    def _read(self, batch: Batch) -> Batch:
        found = self._store.get(batch.reference)
        if found is None:
            raise NotFound("there is no batch with this batchReference")
        return found

    def _summaries(self, batch: Batch) -> list[ChunkSummary]:
        return [each.summary for each in self._chunks.states(batch.reference, chunks_of(batch.rows))]


def _check_editable(batch: Batch) -> None:
    if batch.status not in EDITABLE:
        raise IllegalTransition(f"the batch is {batch.status}; its rows cannot be changed now")


def _differences(before: Sequence[BatchRow], after: Sequence[BatchRow]) -> list[int]:
    return [old.number for old, new in zip(before, after, strict=True) if old != new]


def _named(rows: Sequence[int]) -> str:
    """What the history says about which rows were changed."""
    if len(rows) <= _NAMED_ROWS:
        return f"row{'' if len(rows) == 1 else 's'} {', '.join(map(str, rows))}"
    return f"{len(rows)} rows from {rows[0]} to {rows[-1]}"


def _changed(row: BatchRow, change: RowChange) -> BatchRow:
    if change is RowChange.CONFIRM_NAME:
        if row.outcome is not RowOutcome.NAME_DIFFERS:
            raise ValidationFailed(
                f"row {row.number} is {row.shown_outcome}: only a name that differs can be confirmed."
                " Nothing was changed"
            )
        return replace(row, confirmed=True)
    if change is RowChange.CONFIRM_DUPLICATE:
        if not row.possible_duplicate:
            raise ValidationFailed(
                f"row {row.number}: no other payment has its account and amount. Nothing was changed"
            )
        return replace(row, duplicate_confirmed=True)
    if change is RowChange.EXCLUDE:
        return replace(row, excluded=True, confirmed=False, duplicate_confirmed=False)
    return replace(row, excluded=False)
