"""Create a batch from JSON: the batch's item first, then its rows, then the status CHECKING."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from payouts.domain.batch import Action, Batch, BatchStatus, Event, involve, moved, noted
from payouts.domain.batch_duplicates import repeated_payments
from payouts.domain.batch_rows import (
    CHUNK_ROWS,
    BatchRow,
    RowOutcome,
    checked_summary,
    repeated_references,
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

_RECEIVE_MILLIS = 1 * DAY
"""How long a batch without its rows is kept."""
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
    transfers: Sequence[Mapping[str, Any]]
    remark: str = ""
    scheduled_at: int | None = None
    funds_deadline: int | None = None
    expected_count: int | None = None
    expected_total: Rupiah | None = None


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
        rows = rows_of(request)
        _check_totals(request, rows)
        existing = self._store.get(request.reference)
        if existing is None:
            batch = self._new(request, caller, len(rows))
            existing = self._store.create(batch)
        if existing is not None and existing.fingerprint != request.fingerprint:
            raise Duplicate(
                f"batchReference {request.reference} is used by a batch with other content; use another reference"
            )
        received = existing or replace(batch, version=1)
        return self._load(received, rows), existing is not None

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
            next_drive_at=now + _RECEIVE_MILLIS,
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
        _row(request.reference, row_of_json(number, given)) for number, given in enumerate(request.transfers, start=1)
    ]
    repeated, twins = repeated_references(found), repeated_payments(found)
    found = [replace(row, possible_duplicate=twins.get(row.number, "")) for row in found]
    return [_duplicate(row) if row.intent and row.intent.partner_reference_no in repeated else row for row in found]


def _row(reference: str, read: Row | BadRow) -> BatchRow:
    if isinstance(read, BadRow):
        problems = tuple((problem.column, problem.reason) for problem in read.problems)
        return BatchRow(read.number, None, RowOutcome.INVALID, problems)
    own = read.intent.partner_reference_no or row_reference(reference, read.number)
    return BatchRow(read.number, replace(read.intent, partner_reference_no=own))


def _duplicate(row: BatchRow) -> BatchRow:
    problem = ("partnerReferenceNo", "another row of the batch has this reference")
    return replace(row, outcome=RowOutcome.DUPLICATE, problems=(problem,))


def _check_totals(request: BatchRequest, rows: Sequence[BatchRow]) -> None:
    if request.expected_count is not None and request.expected_count != len(rows):
        raise ControlTotalDiffers(f"expectedCount is {request.expected_count}, but there are {len(rows)} transfers")
    total = sum_of(rows).amount
    if request.expected_total is not None and request.expected_total != total:
        raise ControlTotalDiffers(
            f"expectedTotal is {request.expected_total}, but the transfers that can be read add up to {total}"
        )


def _check_schedule(request: BatchRequest, now: int) -> None:
    if request.scheduled_at is not None and not now <= request.scheduled_at <= now + _LONGEST_SCHEDULE:
        raise ValidationFailed("scheduledAt must be in the future, and within a year")
    if request.funds_deadline is not None and request.funds_deadline <= max(now, request.scheduled_at or now):
        raise ValidationFailed("fundsDeadline must be in the future and after scheduledAt")
