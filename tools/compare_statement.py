"""Compare the transfers of a day with DOKU's statement: payouts reconcile --statement FILE."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from payouts.domain.debits import charged_fee, fee_of, is_never_taken
from payouts.domain.transfer import Status, Transfer
from payouts.services.daily_report import lines as transfers_of
from payouts.services.safe_csv import csv_rows
from payouts.store.transfers import TransferStore
from tools.statement import COLUMNS, Row, read_format, read_rows

_LISTED = 1000
_NOT_PAID = frozenset({Status.FAILED, Status.DISPUTED})
"""Statuses that a row without a status contradicts: DOKU has taken the money, or may have."""


class Result(StrEnum):
    """The result of comparing one transfer with one row; the first that applies."""

    MATCHED = "MATCHED"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    STATUS_DIFFERS = "STATUS_DIFFERS"
    FEE_DIFFERS = "FEE_DIFFERS"
    ONLY_OURS = "ONLY_OURS"
    """Not in the statement, although DOKU may have taken it."""
    ONLY_DOKU = "ONLY_DOKU"
    """No transfer of ours, or a further row of one that was compared with another row."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A transfer and a row of the statement; one of them may be missing."""

    result: Result
    transfer: Transfer | None
    row: Row | None

    def as_dict(self) -> dict[str, str]:
        """References and both sides' amount, fee and status; empty where a side is missing or states none."""
        ours, row = self.transfer, self.row
        fee = fee_of(ours) if ours else None
        return {
            "result": self.result,
            "partnerReferenceNo": ours.partner_reference_no if ours else row.partner_reference_no if row else "",
            "referenceNo": (ours.doku_reference_no if ours else "") or (row.reference_no if row else ""),
            "amount": str(ours.intent.amount) if ours else "",
            "fee": str(fee) if fee else "",
            "status": ours.status if ours else "",
            "statementAmount": str(row.amount) if row else "",
            "statementFee": str(row.fee) if row and row.fee else "",
            "statementStatus": row.status or "" if row else "",
            "statementLine": str(row.number) if row else "",
        }


@dataclass(frozen=True)
class Comparison:
    """Everything that was compared, in the order of the statement, and then what is missing in it."""

    compared: list[Compared]

    def counts(self) -> dict[str, int]:
        """Numbers by result, also those that are 0."""
        found = Counter(each.result for each in self.compared)
        return {result: found[result] for result in Result}

    def differing(self) -> list[Compared]:
        """All but those that match."""
        return [each for each in self.compared if each.result is not Result.MATCHED]

    def text(self, day: str) -> str:
        """The comparison for people."""
        rows = [f"{result:<16}{count:>9}" for result, count in self.counts().items()]
        listed = [_line(each) for each in self.differing()[:_LISTED]]
        more = len(self.differing()) - len(listed)
        rest = [f"and {more} more: see the CSV file"] if more else []
        return "\n".join([f"Transfers of {day} (WIB) and DOKU's statement", "", *rows, "", *listed, *rest, ""])

    def csv(self) -> str:
        """Every line as CSV."""
        cells = [each.as_dict() for each in self.compared]
        columns = list(Compared(Result.MATCHED, None, None).as_dict())
        return csv_rows([columns, *(each.values() for each in cells)])

    def as_json(self, day: str) -> dict[str, Any]:
        """The comparison for programs: all that differs."""
        return {"day": day, "counts": self.counts(), "lines": [each.as_dict() for each in self.differing()]}


def read_statement(statement: Path, columns: Path | None) -> list[Row]:
    """The rows of a statement. Raises UsageError."""
    return read_rows(statement, read_format(columns or COLUMNS))


def compare(store: TransferStore, day: str, rows: list[Row], now: int) -> Comparison:
    """Compare the rows with their transfers, of any day, and the transfers of `day` with the rows.

    A transfer that DOKU never had (refused, never sent) is not expected in the statement.
    """
    of_transfer: dict[str, list[Row]] = defaultdict(list)
    transfers: dict[str, Transfer] = {}
    unknown: list[Compared] = []
    for row, transfer in _matched(store, rows):
        if transfer is None:
            unknown.append(Compared(Result.ONLY_DOKU, None, row))
        else:
            transfers[transfer.partner_reference_no] = transfer
            of_transfer[transfer.partner_reference_no].append(row)
    found = [each for reference, some in of_transfer.items() for each in _compared(transfers[reference], some)]
    missing = (line.transfer for line in transfers_of(store, day, now))
    absent = [each for each in missing if each.partner_reference_no not in of_transfer and not is_never_taken(each)]
    missing_rows = [Compared(Result.ONLY_OURS, each, None) for each in absent]
    return Comparison(sorted([*found, *unknown, *missing_rows], key=_line_number))


def _matched(store: TransferStore, rows: list[Row]) -> Iterator[tuple[Row, Transfer | None]]:
    """Each row with its transfer: by our reference, or by DOKU's where the row has no other."""
    ours = {row.partner_reference_no for row in rows if row.partner_reference_no}
    known = {transfer.partner_reference_no: transfer for transfer in store.get_all(sorted(ours))}
    for row in rows:
        if row.partner_reference_no:
            yield row, known.get(row.partner_reference_no)
        else:
            yield row, store.find(row.reference_no)


def _compared(transfer: Transfer, rows: list[Row]) -> Iterator[Compared]:
    """The row that fits best, and each further one as DOKU's alone: it may be a second payment."""
    order = list(Result)
    best = min(rows, key=lambda row: order.index(_result(transfer, row)))
    for row in rows:
        yield Compared(_result(transfer, row) if row is best else Result.ONLY_DOKU, transfer, row)
    if _result(transfer, best) is Result.ONLY_DOKU and not is_never_taken(transfer):
        yield Compared(Result.ONLY_OURS, transfer, None)


def _result(transfer: Transfer, row: Row) -> Result:
    if row.reference_no and transfer.doku_reference_no and row.reference_no != transfer.doku_reference_no:
        return Result.ONLY_DOKU  # our reference under another of DOKU's: a payment that we do not know
    if row.amount != transfer.intent.amount:
        return Result.AMOUNT_DIFFERS
    if _contradicts(row, transfer.status):
        return Result.STATUS_DIFFERS
    if row.fee is not None and row.fee != charged_fee(transfer):
        return Result.FEE_DIFFERS
    return Result.MATCHED


def _contradicts(row: Row, status: Status) -> bool:
    return status in _NOT_PAID if row.status is None else status != row.status


def _line_number(each: Compared) -> float:
    return each.row.number if each.row else float("inf")


def _line(each: Compared) -> str:
    cells = each.as_dict()
    ours = " ".join(filter(None, (cells["amount"], cells["fee"], cells["status"]))) or "-"
    dokus = " ".join(filter(None, (cells["statementAmount"], cells["statementFee"], cells["statementStatus"]))) or "-"
    name = cells["partnerReferenceNo"] or cells["referenceNo"]
    where = f", line {cells['statementLine']}" if cells["statementLine"] else ""
    return f"  {each.result:<15} {name}: ours {ours}, DOKU's {dokus}{where}"
