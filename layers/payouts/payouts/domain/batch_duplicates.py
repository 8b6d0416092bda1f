"""Payments to the same account of the same amount, which a person has to confirm. No I/O, no clock."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from payouts.domain.batch_rows import HASHES, BatchRow, ChunkSummary, RowOutcome
from payouts.domain.transfer import Intent, Status, Transfer

_PAID_NOTHING = frozenset({Status.FAILED, Status.REFUNDED})
Payment = tuple[str, str, int]
"""Bank, account and amount in sen."""


def payment(intent: Intent) -> Payment:
    """What two transfers have in common that pay the same."""
    return intent.beneficiary_bank_code, intent.beneficiary_account_number, intent.amount.sen


class Repetitions:
    """What rows of a batch have in common: references, and payments of the same amount to the same account."""

    def __init__(self, rows: Iterable[BatchRow] = ()) -> None:
        self._seen: set[str] = set()
        self._repeated: set[str] = set()
        self._first: dict[Payment, str] = {}
        self._twins: dict[int, str] = {}
        for row in rows:
            self.add(row)

    def add(self, row: BatchRow) -> None:
        """Remember a row. All rows must be added before any is marked."""
        if row.intent is None:
            return
        reference = row.intent.partner_reference_no
        (self._repeated if reference in self._seen else self._seen).add(reference)
        first = self._first.setdefault(payment(row.intent), reference)
        if first != reference:
            self._twins[row.number] = first

    def marked(self, row: BatchRow) -> BatchRow:
        """The row with the reference of the first row that pays the same; DUPLICATE if several have its reference."""
        row = replace(row, possible_duplicate=self._twins.get(row.number, ""))
        if row.intent is None or row.intent.partner_reference_no not in self._repeated:
            return row
        problem = ("partnerReferenceNo", "another row of the batch has this reference")
        return replace(row, outcome=RowOutcome.DUPLICATE, problems=(problem,))


def latest_payments(transfers: Iterable[Transfer]) -> dict[Payment, str]:
    """The references of transfers by what they pay. Failed and refunded ones pay nothing. The first one counts."""
    found: dict[Payment, str] = {}
    for transfer in transfers:
        if transfer.status not in _PAID_NOTHING:
            found.setdefault(payment(transfer.intent), transfer.partner_reference_no)
    return found


def list_hash(summaries: Iterable[ChunkSummary]) -> str:
    """A hash of the accounts, banks and amounts that a batch pays, in whatever order."""
    found = list(summaries)
    total = sum(int(each.payments or "0", 16) for each in found) % HASHES
    count = sum(each.payable.count for each in found)
    return hashlib.sha256(f"{count} {total:x}".encode()).hexdigest()
