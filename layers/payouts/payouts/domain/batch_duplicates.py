"""Payments to the same account of the same amount, which a person has to confirm. No I/O, no clock."""

import hashlib
from collections.abc import Iterable

from payouts.domain.batch_rows import HASHES, BatchRow, ChunkSummary
from payouts.domain.transfer import Intent, Status, Transfer

_PAID_NOTHING = frozenset({Status.FAILED, Status.REFUNDED})
Payment = tuple[str, str, int]
"""Bank, account and amount in sen."""


def payment(intent: Intent) -> Payment:
    """What two transfers have in common that pay the same."""
    return intent.beneficiary_bank_code, intent.beneficiary_account_number, intent.amount.sen


def repeated_payments(rows: Iterable[BatchRow]) -> dict[int, str]:
    """Rows whose account and amount an earlier row has: their numbers, and the reference of the first such row."""
    first: dict[Payment, str] = {}
    repeated: dict[int, str] = {}
    for row in rows:
        if row.intent is None:
            continue
        reference = first.setdefault(payment(row.intent), row.intent.partner_reference_no)
        if reference != row.intent.partner_reference_no:
            repeated[row.number] = reference
    return repeated


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
