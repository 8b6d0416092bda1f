"""Rows with the reference of another row, and payments to the same account of the same amount. No I/O, no clock.

The former are never paid; the latter once a person has confirmed them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from payouts.domain.batch_rows import PAYMENT_HASHES, BatchRow, ChunkSummary, RowOutcome, payment
from payouts.domain.transfer import Status, Transfer

_PAID_NOTHING = frozenset({Status.FAILED, Status.REFUNDED})
_REPEATED = ("partnerReferenceNo", "another row of the batch has this reference")


class Repeats:
    """What the rows of a batch have in common. First each row is added, in order; then each is marked."""

    def __init__(self, rows: Iterable[BatchRow] = ()) -> None:
        self._references: set[str] = set()
        self._repeated: set[str] = set()
        self._payments: dict[bytes, str] = {}
        self._twins: dict[int, str] = {}
        for row in rows:
            self.add(row)

    def add(self, row: BatchRow) -> None:
        """Take note of the row."""
        if row.intent is None:
            return
        reference = row.intent.partner_reference_no
        (self._repeated if reference in self._references else self._references).add(reference)
        first = self._payments.setdefault(payment(row.intent), reference)
        if first != reference:
            self._twins[row.number] = first

    def marked(self, row: BatchRow) -> BatchRow:
        """DUPLICATE if several rows have its reference; a possible one if an earlier row pays the same."""
        if row.intent is None:
            return row
        twin = self._twins.get(row.number, "")
        if row.intent.partner_reference_no in self._repeated:
            return replace(row, outcome=RowOutcome.DUPLICATE, problems=(_REPEATED,), possible_duplicate=twin)
        return replace(row, possible_duplicate=twin)


def latest_payments(transfers: Iterable[Transfer]) -> dict[bytes, str]:
    """The references of transfers by what they pay. Failed and refunded ones pay nothing. The first one counts."""
    found: dict[bytes, str] = {}
    for transfer in transfers:
        if transfer.status not in _PAID_NOTHING:
            found.setdefault(payment(transfer.intent), transfer.partner_reference_no)
    return found


def list_hash(summaries: Iterable[ChunkSummary]) -> str:
    """A hash of the accounts, banks and amounts that a batch pays, in whatever order."""
    found = list(summaries)
    total = sum(int(each.payments or "0", 16) for each in found) % PAYMENT_HASHES
    count = sum(each.payable.count for each in found)
    return hashlib.sha256(f"{count} {total:x}".encode()).hexdigest()
