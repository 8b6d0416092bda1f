"""The result of a batch as a CSV file: one line for each row of the batch."""

from collections.abc import Iterable
from dataclasses import dataclass

from payouts.domain.days import time_of
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent, Reason, Transfer
from payouts.services.safe_csv import BOM, csv_rows

COLUMNS = (
    "row",
    "partnerReferenceNo",
    "amount",
    "status",
    "reasonCode",
    "reason",
    "fee",
    "referenceNo",
    "createdAt",
    "updatedAt",
)
HEADER = BOM + csv_rows([COLUMNS])
"""The beginning of the file."""


@dataclass(frozen=True, slots=True)
class ResultLine:
    """A row and what became of it: its transfer, or the reason for which it has none."""

    row: int
    """The row's number, as in the uploaded file."""
    intent: Intent | None
    """None if the row could not be read as a transfer."""
    transfer: Transfer | None = None
    status: str = ""
    """The row's outcome if it has no transfer."""
    reason: Reason | None = None


def result_rows(lines: Iterable[ResultLine]) -> str:
    """Lines of the file, without a header. Amounts are as DOKU writes them, times in WIB."""
    return csv_rows(map(_cells, lines))


def _cells(line: ResultLine) -> tuple[str, ...]:
    intent = line.transfer.intent if line.transfer else line.intent
    known = (intent.partner_reference_no, str(intent.amount)) if intent else ("", "")
    if line.transfer is None:
        return (str(line.row), *known, line.status, *_reason(line.reason), "", "", "", "")
    transfer = line.transfer
    return (
        str(line.row),
        *known,
        transfer.status,
        *_reason(transfer.reason),
        _amount(transfer.fee),
        transfer.doku_reference_no,
        time_of(transfer.created_at),
        time_of(transfer.updated_at),
    )


def _reason(reason: Reason | None) -> tuple[str, str]:
    return (reason.code, reason.message) if reason else ("", "")


def _amount(amount: Rupiah | None) -> str:
    return "" if amount is None else str(amount)
