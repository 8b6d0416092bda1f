"""The result of a batch as a CSV file: one line for each row of the batch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from payouts.domain.batch import Batch
from payouts.domain.batch_rows import BatchRow, chunks_of
from payouts.domain.days import time_of
from payouts.domain.debits import fee_of
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent, Reason, Transfer
from payouts.services.own_transfers import own_transfers
from payouts.services.safe_csv import BOM, csv_rows
from payouts.store.batch_chunks import ChunkStore
from payouts.store.chunk_items import NotPaid
from payouts.store.transfers import TransferStore

COLUMNS = (
    "row",
    "partnerReferenceNo",
    "amount",
    "status",
    "final",
    "reasonCode",
    "reason",
    "fee",
    "referenceNo",
    "createdAt",
    "updatedAt",
    "writtenAt",
)
HEADER = BOM + csv_rows([COLUMNS])
"""The beginning of the file."""
NOT_PAID = "NOT_PAID"
_NOT_SENT = "NOT_SENT"


@dataclass(frozen=True, slots=True)
class ResultLine:
    """A row and what became of it: its transfer, or the reason for which it has none."""

    row: int
    """The row's number, as in the uploaded file."""
    intent: Intent | None
    """None if the row could not be read as a transfer."""
    transfer: Transfer | None = None
    status: str = ""
    """NOT_PAID, NOT_SENT or the row's outcome, if it has no transfer."""
    reason: Reason | None = None
    is_open: bool = False
    """True if the row may still get a transfer."""

    @property
    def is_final(self) -> bool:
        """True if nothing in the line is expected to change."""
        return self.transfer.is_final if self.transfer else not self.is_open


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """A chunk with what became of its rows."""

    rows: tuple[BatchRow, ...]
    transfers: dict[int, Transfer]
    not_paid: dict[int, NotPaid]

    @property
    def lines(self) -> list[ResultLine]:
        """The lines of its rows, in their order."""
        return [self._line(row) for row in self.rows]

    def _line(self, row: BatchRow) -> ResultLine:
        if row.number in self.transfers:
            return ResultLine(row.number, row.intent, self.transfers[row.number])
        if row.number in self.not_paid:
            why = self.not_paid[row.number]
            return ResultLine(row.number, row.intent, None, NOT_PAID, Reason(why.code, why.message))
        problems = "; ".join(": ".join(filter(None, each)) for each in row.problems)
        reason = Reason(row.outcome, problems) if problems else None
        status = _NOT_SENT if row.is_payable else row.shown_outcome
        return ResultLine(row.number, row.intent, None, status, reason, is_open=row.is_payable)


class BatchResults:
    """Reads results from the table, a chunk at a time: the memory does not grow with the batch."""

    def __init__(self, chunks: ChunkStore, transfers: TransferStore) -> None:
        self._chunks = chunks
        self._transfers = transfers

    def read(self, batch: Batch) -> Iterator[ChunkResult]:
        """The chunks of a batch in their order. Raises PayoutError if the table does not answer."""
        for index in range(chunks_of(batch.rows)):
            rows = self._chunks.rows(batch.reference, index).rows
            own = own_transfers(batch.reference, rows, partial(self._read, is_ended=batch.is_final))
            yield ChunkResult(rows, own, self._chunks.not_paid(batch.reference, index))

    def _read(self, references: Sequence[str], is_ended: bool) -> Iterable[Transfer]:
        """The transfers, at half the price: what is final does not get stale. Others are read again as they are now.

        Before the batch ends, that is only done where there seems to be none: the result is written again anyway.
        """
        found = {each.partner_reference_no: each for each in self._transfers.get_all(references, consistent=False)}
        unsure = [each for each in references if each not in found or (is_ended and not found[each].is_final)]
        found |= {each.partner_reference_no: each for each in self._transfers.get_all(unsure)}
        return found.values()


def result_rows(lines: Iterable[ResultLine], written_at: int) -> str:
    """Lines of the file, without a header. Amounts are as DOKU writes them, times in WIB."""
    at = time_of(written_at)
    return csv_rows((*_cells(line), at) for line in lines)


def _cells(line: ResultLine) -> tuple[str, ...]:
    intent = line.transfer.intent if line.transfer else line.intent
    known = (intent.partner_reference_no, str(intent.amount)) if intent else ("", "")
    final = "true" if line.is_final else "false"
    if line.transfer is None:
        return (str(line.row), *known, line.status, final, *_reason(line.reason), "", "", "", "")
    transfer = line.transfer
    return (
        str(line.row),
        *known,
        transfer.status,
        final,
        *_reason(transfer.reason),
        _amount(fee_of(transfer)),
        transfer.doku_reference_no,
        time_of(transfer.created_at),
        time_of(transfer.updated_at),
    )


def _reason(reason: Reason | None) -> tuple[str, str]:
    return (reason.code, reason.message) if reason else ("", "")


def _amount(amount: Rupiah | None) -> str:
    return "" if amount is None else str(amount)
