"""Pay the failed rows of a batch again: a new batch with these rows, to be checked and approved.

The batch's item comes first, then its claims on the rows of each chunk, then its own rows. Each step may be repeated.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from payouts.domain.batch import Action, Batch, BatchStatus, Event, IllegalTransition, moved, noted, pays_nothing
from payouts.domain.batch_duplicates import Repeats
from payouts.domain.batch_rows import CHUNK_ROWS, BatchRow, ChunkSummary, Phase, checked_summary, chunks_of
from payouts.domain.caller import Caller
from payouts.domain.errors import NotFound, Throttled
from payouts.domain.repayment import REPAYABLE, failed_rows, repaying_row
from payouts.domain.transfer import Status
from payouts.services.create_batch import BatchCreator, BatchRequest
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.chunk_items import PAGE_CHUNKS, ChunkState, pages_of
from payouts.store.repayments import Claims, RepaymentStore
from payouts.store.transfers import TransferStore

_ATTEMPTS = 5
_MAY_FAIL = frozenset({Status.FAILED, Status.DISPUTED})
"""A disputed transfer may have been settled since the figures were written."""
_LOOKED_AT = 10
"""Chunks with failures that the request looks at, to refuse one that would get no row."""


class NothingToRepay(IllegalTransition):
    """No row of the batch may be paid again, or a repayment has them all."""


class FailedRows:
    """The failed rows of batches, and their claims."""

    def __init__(
        self,
        store: BatchStore,
        chunks: ChunkStore,
        transfers: TransferStore,
        claims: RepaymentStore,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._chunks = chunks
        self._transfers = transfers
        self._claims = claims
        self._clock = clock

    def claim(self, batch: Batch, index: int, repayment: Batch) -> list[BatchRow]:
        """The failed rows of a chunk that `repayment` pays again: those that it claims now, or has claimed before."""
        for _ in range(_ATTEMPTS):
            claims = self._claims.read(batch.reference, index)
            if repayment.reference in claims.asked:
                own = claims.of(repayment.reference)
                rows = self._chunks.rows(batch.reference, index).rows if own else ()
                return [row for row in rows if row.number in own]
            free = {row.number for row in self._free(batch, index, claims)}
            self._claims.claim(batch.reference, index, claims, repayment.reference, free, int(self._clock() * 1000))
        raise Throttled("too many simultaneous repayments of this batch; send the same request again in a moment")

    def has_any(self, batch: Batch, states: Sequence[ChunkState]) -> bool:
        """False if no row is left to be paid again. Looks at some chunks only; True beyond them."""
        with_failures = [index for index, each in enumerate(states) if _may_have_failures(each)]
        return len(with_failures) > _LOOKED_AT or any(
            self._free(batch, index, self._claims.read(batch.reference, index)) for index in with_failures
        )

    def _free(self, batch: Batch, index: int, claims: Claims) -> list[BatchRow]:
        """The failed rows of a chunk that no repayment has, or only one that ended without sending anything."""
        taken = in_force(self._store, claims)
        return [row for row in self._failed(batch, index) if row.number not in taken]

    def _failed(self, batch: Batch, index: int) -> list[BatchRow]:
        rows = self._chunks.rows(batch.reference, index).rows
        references = [row.intent.partner_reference_no for row in rows if row.intent and row.is_payable]
        found = {each.partner_reference_no: each for each in self._transfers.get_all(references)}
        return failed_rows(batch, rows, found, self._chunks.not_paid(batch.reference, index))


def in_force(store: BatchStore, claims: Claims) -> dict[int, str]:
    """The rows that a repayment has, by number, but for those of repayments that ended without sending anything."""
    lapsed = {by for by in set(claims.by_row.values()) if pays_nothing(store.get(by))}
    return {row: by for row, by in claims.by_row.items() if by not in lapsed}


class BatchRepayer:
    """Creates repayments, and collects their rows. The same request again is answered with the existing batch."""

    def __init__(
        self,
        store: BatchStore,
        chunks: ChunkStore,
        creator: BatchCreator,
        rows: FailedRows,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._chunks = chunks
        self._creator = creator
        self._rows = rows
        self._clock = clock

    def create(self, reference: str, request: BatchRequest, caller: Caller) -> tuple[Batch, bool]:
        """The batch that pays the failed rows of `reference` again, and whether an earlier call created it.

        Raises NotFound, IllegalTransition, NothingToRepay, Duplicate or ValidationFailed.
        """
        batch = self._store.get(reference)
        if batch is None:
            raise NotFound("there is no batch with this batchReference")
        if self._store.get(request.reference) is None:
            self._check(batch)
        request = replace(request, repays=reference, involved=batch.involved)
        repayment, existed = self._creator.stored(request, caller, 0)
        self._note(batch, repayment)
        return repayment, existed

    def collect(self, repayment: Batch) -> bool:
        """Claim the rows and store them, then let the check begin. Returns True once that is done.

        May be repeated and run twice at once: the claims decide which rows there are.
        """
        batch = self._store.get(repayment.repays)
        if batch is None or batch.status not in REPAYABLE:
            return False
        self._note(batch, repayment)  # its request may have died before
        now, repeats = int(self._clock() * 1000), Repeats(self._claimed(batch, repayment))
        found = (repeats.marked(row) for row in self._claimed(batch, repayment))  # the same rows as before
        summaries: list[ChunkSummary] = []
        rows = 0
        while part := list(islice(found, CHUNK_ROWS)):
            stored = self._chunks.add_rows(repayment.reference, len(summaries), part, now)
            summaries.append(checked_summary(stored))
            rows += len(stored)
        for page in range(pages_of(len(summaries))):
            within = summaries[page * PAGE_CHUNKS : (page + 1) * PAGE_CHUNKS]
            self._chunks.add_page(repayment.reference, page, within, now)
        self._store.update(repayment, lambda current: _collected(current, rows, now))
        return True

    def _claimed(self, batch: Batch, repayment: Batch) -> Iterator[BatchRow]:
        for index in range(chunks_of(batch.rows)):
            for row in self._rows.claim(batch, index, repayment):
                yield repaying_row(repayment, batch, row)

    def _check(self, batch: Batch) -> None:
        if batch.status not in REPAYABLE:
            raise IllegalTransition(
                f"the batch is {batch.status}: only failed rows of a batch that was sent are paid again, once every row"
                " was sent. Nothing was changed"
            )
        states = self._chunks.states(batch.reference, chunks_of(batch.rows))
        if batch.is_forgotten or not states or not self._rows.has_any(batch, states):
            raise NothingToRepay(
                "no row is left to be paid again: none has failed for good, or repayments have them, which the history"
                " names. Nothing was changed"
            )

    def _note(self, batch: Batch, repayment: Batch) -> None:
        """Record the repayment in the history of the batch whose rows it pays again."""

        def change(current: Batch) -> Batch:
            if any(each.action is Action.REPAID and each.note == repayment.reference for each in current.history):
                return current
            return noted(current, Event(repayment.created_at, repayment.creator, Action.REPAID, repayment.reference))

        self._store.update(batch, change)


def _may_have_failures(state: ChunkState) -> bool:
    summary = state.summary
    return summary.phase is Phase.PAID and bool(summary.not_paid.count or summary.statuses.keys() & _MAY_FAIL)


def _collected(batch: Batch, rows: int, now: int) -> Batch:
    if batch.status is not BatchStatus.RECEIVING:
        return batch
    if not rows:
        event = Event(now, batch.creator, Action.EXPIRED, f"no row of {batch.repays} is left to be paid again")
        return replace(moved(batch, BatchStatus.EXPIRED, event), next_drive_at=None)
    event = Event(now, batch.creator, Action.CHECK_STARTED)
    return replace(moved(batch, BatchStatus.CHECKING, event), rows=rows, next_drive_at=now)
