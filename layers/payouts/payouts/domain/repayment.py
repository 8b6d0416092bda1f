"""Which rows of a batch another batch may pay again. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from payouts.domain.batch import Batch, BatchStatus
from payouts.domain.batch_rows import BatchRow, Repaid, origin, row_reference
from payouts.domain.status import PAY_AGAIN
from payouts.domain.transfer import Status, Transfer

REPAYABLE = frozenset({BatchStatus.SETTLING, BatchStatus.DONE_WITH_FAILURES, BatchStatus.CANCELLED})
"""No row of the batch is sent any more, and some may have failed."""


def is_unpaid(transfer: Transfer | None, row_origin: str) -> bool:
    """True if a row was not paid and never will be, by the transfer that has its reference now.

    Without a transfer nothing was sent. A transfer must be the row's own and have failed for good. One of another
    origin has perhaps paid the same thing.
    """
    if transfer is None:
        return True
    failed = transfer.status is Status.FAILED and transfer.is_final and transfer.next_action in PAY_AGAIN
    return failed and transfer.origin == row_origin


def failed_rows(
    batch: Batch, rows: Iterable[BatchRow], transfers: Mapping[str, Transfer], not_paid: Collection[int]
) -> list[BatchRow]:
    """The rows that may be paid again. `transfers` are by reference; `not_paid` are rows that have a reason instead."""
    return [row for row in rows if _failed(batch, row, transfers, not_paid)]


def _failed(batch: Batch, row: BatchRow, transfers: Mapping[str, Transfer], not_paid: Collection[int]) -> bool:
    if row.intent is None or not row.is_payable:
        return False
    transfer = transfers.get(row.intent.partner_reference_no)
    decided = transfer is not None or row.number in not_paid
    return decided and is_unpaid(transfer, origin(batch.reference, row.number))


def not_failed(row: BatchRow, transfers: Mapping[str, Transfer]) -> str:
    """The reference of a row that `row` pays again although it may have been paid; empty if all have failed for good.

    `transfers` are those of the rows that it pays again, by reference.
    """
    paid = (each.reference for each in row.repays if not is_unpaid(transfers.get(each.reference), each.origin))
    return next(paid, "")


def repaying_row(repayment: Batch, batch: Batch, row: BatchRow) -> BatchRow:
    """The row of `repayment` that pays a failed row of `batch` again: under the same number and a new reference."""
    if row.intent is None:
        raise ValueError("the row cannot be read")
    own = replace(row.intent, partner_reference_no=row_reference(repayment.reference, row.number))
    failed = Repaid(row.intent.partner_reference_no, origin(batch.reference, row.number))
    return BatchRow(row.number, own, repays=(*row.repays, failed))
