"""Account for a chunk: which row has which transfer, and why a row has none. Computed, never incremented."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from payouts.doku.time_limits import Remaining
from payouts.domain.batch import Batch, BatchStatus
from payouts.domain.batch_rows import BatchRow, ChunkSummary, Phase, sent_summary
from payouts.domain.repayment import not_failed
from payouts.domain.schedule import MINUTE
from payouts.domain.transfer import Transfer
from payouts.services.batch_lease import ChunkLeases
from payouts.services.own_transfers import own_transfers
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.chunk_items import NotPaid
from payouts.store.transfers import TransferStore

_JUST_MILLIS = 4 * MINUTE
"""Less than the five minutes that the driver waits between two readings of a chunk."""
CANCELLED = NotPaid("CANCELLED", "the batch was cancelled before this row was sent")


class ChunkAccounts:
    """The transfers of a chunk's rows, and its summary."""

    def __init__(self, chunks: ChunkStore, transfers: TransferStore, clock: Callable[[], float]) -> None:
        self._chunks = chunks
        self._transfers = transfers
        self._clock = clock

    def transfers(self, reference: str, rows: Sequence[BatchRow], consistent: bool = True) -> dict[int, Transfer]:
        """The transfers that these rows have created, by row."""
        return own_transfers(reference, rows, partial(self._transfers.get_all, consistent=consistent))

    def were_just_read(self, summary: ChunkSummary) -> bool:
        """True if the transfers of a summary were read moments ago, as when messages of the payment are left over."""
        return 0 <= int(self._clock() * 1000) - summary.read_at < _JUST_MILLIS

    def not_failed(self, row: BatchRow) -> str:
        """The reference of a row that `row` pays again and that has not failed for good by now; empty for none."""
        found = self._transfers.get_all([each.reference for each in row.repays])
        return not_failed(row, {each.partner_reference_no: each for each in found})

    def save(
        self, batch: Batch, index: int, rows: Sequence[BatchRow], reasons: Mapping[int, NotPaid], checked: ChunkSummary
    ) -> ChunkSummary:
        """Store why rows are not paid, then the summary of what the table has. Returns the summary."""
        if reasons:
            self._chunks.save_not_paid(batch.reference, index, reasons, int(self._clock() * 1000))
        return self.read(batch, index, rows, reasons, checked, consistent=True)

    def read(
        self,
        batch: Batch,
        index: int,
        rows: Sequence[BatchRow],
        reasons: Mapping[int, NotPaid],
        checked: ChunkSummary,
        consistent: bool = False,
    ) -> ChunkSummary:
        """Overwrite the summary by what the table has. Returns it.

        Once the rows were sent, reads may be a bit stale: at half the price, and made again in a few minutes.
        """
        now = int(self._clock() * 1000)
        summary = sent_summary(checked, rows, self.transfers(batch.reference, rows, consistent), reasons)
        self._chunks.save_summary(batch.reference, index, summary, now)
        return summary


class ChunkSettler:
    """Settles chunks whose rows are not sent any more."""

    def __init__(self, batches: BatchStore, chunks: ChunkStore, accounts: ChunkAccounts, leases: ChunkLeases) -> None:
        self._batches = batches
        self._chunks = chunks
        self._accounts = accounts
        self._leases = leases

    def settle(self, reference: str, index: int, remaining: Remaining) -> bool:
        """Overwrite the summary. If the batch is being cancelled, its rows without a transfer are NOT_PAID.

        Returns True if no transfer of the chunk is open, or if this call accounted for a cancelled batch's rows.
        """
        batch = self._batches.get(reference)
        if batch is None:
            return False
        if batch.status is BatchStatus.CANCELLING:
            return self._cancel(reference, index, remaining)
        if batch.released_at is None or (batch.status is not BatchStatus.SETTLING and not batch.is_final):
            return False
        checked = self._chunks.state(reference, index).summary
        if self._accounts.were_just_read(checked):
            return not checked.open
        rows = self._chunks.rows(reference, index).rows
        return not self._accounts.read(batch, index, rows, self._chunks.not_paid(reference, index), checked).open

    def _cancel(self, reference: str, index: int, remaining: Remaining) -> bool:
        """The chunk is leased, and the status read after that: no other worker can be about to send such a row."""
        with self._leases.held(reference, index, remaining) as lease:
            batch = self._batches.get(reference)
            if lease is None or batch is None or batch.status is not BatchStatus.CANCELLING:
                return False
            checked = self._chunks.state(reference, index).summary
            if checked.phase is Phase.PAID:
                return False  # a repeated message
            rows = self._chunks.rows(reference, index).rows
            reasons, paid = self._chunks.not_paid(reference, index), self._accounts.transfers(reference, rows)
            unsent = (row.number for row in rows if row.is_payable and row.number not in paid)
            kept = {number: reasons.get(number, CANCELLED) for number in unsent}
            self._accounts.save(batch, index, rows, kept, checked)
            return True
