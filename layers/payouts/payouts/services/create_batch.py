"""Create a batch: its item first, then its rows, then the status CHECKING. The rows of a file come later."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from payouts.domain.batch import Action, Batch, BatchFile, BatchStatus, Event, involve, moved, noted
from payouts.domain.batch_duplicates import Repeats
from payouts.domain.batch_file import RECEIVE_MILLIS, declare_again
from payouts.domain.batch_rows import (
    CHUNK_ROWS,
    BatchRow,
    RowOutcome,
    checked_summary,
    row_reference,
    sum_of,
)
from payouts.domain.caller import Caller
from payouts.domain.errors import Duplicate, PayoutError, ValidationFailed
from payouts.domain.money import Rupiah
from payouts.domain.schedule import DAY
from payouts.services.batch_rows import BadRow, Row, row_of_json
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore

_LONGEST_SCHEDULE = 365 * DAY


class ControlTotalDiffers(PayoutError):
    """The rows are not as many, or not worth as much, as the request says. Nothing was stored."""

    code = "VALIDATION_ERROR"
    http_status = 409


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A merchant's request for a batch. Times in milliseconds since the epoch."""

    reference: str
    fingerprint: str
    transfers: Sequence[Mapping[str, Any]] = ()
    sha256: str = ""
    """Of the file with the rows; empty if `transfers` are given."""
    remark: str = ""
    scheduled_at: int | None = None
    funds_deadline: int | None = None
    expected_count: int | None = None
    expected_total: Rupiah | None = None
    repays: str = ""
    """The batch whose failed rows are paid again; empty for none."""
    involved: Collection[str] = ()
    """Callers that created the rows before: they do not approve them now."""


class BatchCreator:
    """Creates batches. The same request again finishes what an earlier one began, or returns its batch."""

    def __init__(self, store: BatchStore, chunks: ChunkStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._chunks = chunks
        self._clock = clock

    def create(self, request: BatchRequest, caller: Caller) -> tuple[Batch, bool]:
        """The batch, and whether an earlier call created it.

        Raises Duplicate if another request has the reference, ControlTotalDiffers or ValidationFailed.
        """
        if request.sha256:
            return self._of_file(request, caller)
        rows = rows_of(request)
        _check_totals(request, rows)
        batch, existed = self.stored(request, caller, len(rows))
        return self._load(batch, rows), existed

    def _of_file(self, request: BatchRequest, caller: Caller) -> tuple[Batch, bool]:
        """The batch that waits for a file. Until its rows are stored, its file and control totals may be corrected."""
        now = int(self._clock() * 1000)
        file = BatchFile(request.sha256, now + RECEIVE_MILLIS, request.expected_count, request.expected_total)
        batch, existed = self.stored(request, caller, 0, file)
        corrected = self._store.update(batch, lambda current: declare_again(current, file, caller, now))
        return corrected, existed and corrected == batch

    def stored(
        self, request: BatchRequest, caller: Caller, rows: int, file: BatchFile | None = None
    ) -> tuple[Batch, bool]:
        """The batch, created if there is none, and whether there was."""
        existing = self._store.get(request.reference)
        if existing is None:
            batch = replace(self._new(request, caller, rows), file=file)
            existing = self._store.create(batch)
        if existing is not None and existing.fingerprint != request.fingerprint:
            raise Duplicate(
                f"batchReference {request.reference} is used by a batch with other content; use another reference"
            )
        return existing or replace(batch, version=1), existing is not None

    def _new(self, request: BatchRequest, caller: Caller, rows: int) -> Batch:
        now = int(self._clock() * 1000)
        _check_schedule(request, now)
        batch = Batch(
            reference=request.reference,
            fingerprint=request.fingerprint,
            created_at=now,
            created_by=caller.subject,
            rows=rows,
            remark=request.remark,
            scheduled_at=request.scheduled_at,
            funds_deadline=request.funds_deadline,
            involved=tuple(request.involved),
            repays=request.repays,
            next_drive_at=now if request.repays else now + RECEIVE_MILLIS,
        )
        return involve(noted(batch, Event(now, caller.name, Action.CREATED)), caller)

    def _load(self, batch: Batch, rows: Sequence[BatchRow]) -> Batch:
        """Store the rows of a batch that has none yet, and let the check begin."""
        if batch.status is not BatchStatus.RECEIVING:
            return batch
        chunks = [rows[start : start + CHUNK_ROWS] for start in range(0, len(rows), CHUNK_ROWS)]
        now = int(self._clock() * 1000)
        self._chunks.load(batch.reference, chunks, [checked_summary(each) for each in chunks], now)

        def check(current: Batch) -> Batch:
            if current.status is not BatchStatus.RECEIVING:
                return current
            event = Event(now, current.creator, Action.CHECK_STARTED)
            return replace(moved(current, BatchStatus.CHECKING, event), next_drive_at=now)

        return self._store.update(batch, check)


def rows_of(request: BatchRequest) -> list[BatchRow]:
    """The rows of a request, each with a reference. A reference that several rows have makes all of them DUPLICATE."""
    found = [
        batch_row(request.reference, row_of_json(number, given))
        for number, given in enumerate(request.transfers, start=1)
    ]
    repeats = Repeats(found)
    return [repeats.marked(row) for row in found]


def batch_row(reference: str, read: Row | BadRow) -> BatchRow:
    """A row that was read, with its reference."""
    if isinstance(read, BadRow):
        problems = tuple((problem.column, problem.reason) for problem in read.problems)
        return BatchRow(read.number, None, RowOutcome.INVALID, problems)
    own = read.intent.partner_reference_no or row_reference(reference, read.number)
    return BatchRow(read.number, replace(read.intent, partner_reference_no=own))


def _check_totals(request: BatchRequest, rows: Sequence[BatchRow]) -> None:
    differs = difference(request.expected_count, request.expected_total, len(rows), sum_of(rows).amount)
    if differs:
        raise ControlTotalDiffers(differs)


def difference(expected_count: int | None, expected_total: Rupiah | None, count: int, total: Rupiah) -> str:
    """Says which control total the rows differ from; empty if they agree."""
    if expected_count is not None and expected_count != count:
        return f"expectedCount is {expected_count}, but there are {count} transfers"
    if expected_total is not None and expected_total != total:
        return f"expectedTotal is {expected_total}, but the transfers that can be read add up to {total}"
    return ""


def _check_schedule(request: BatchRequest, now: int) -> None:
    if request.scheduled_at is not None and not now <= request.scheduled_at <= now + _LONGEST_SCHEDULE:
        raise ValidationFailed("scheduledAt must be in the future, and within a year")
    if request.funds_deadline is not None and request.funds_deadline <= max(now, request.scheduled_at or now):
        raise ValidationFailed("fundsDeadline must be in the future and after scheduledAt")
