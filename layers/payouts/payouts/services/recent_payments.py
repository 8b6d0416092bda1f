"""The payments of the last days to the same accounts."""

from collections.abc import Iterable, Iterator
from itertools import islice

from payouts.domain.batch_duplicates import latest_payments
from payouts.domain.schedule import DAY
from payouts.domain.transfer import Intent
from payouts.store.transfers import TransferStore

DAYS = 7
"""Age in days up to which a payment counts."""
MOST = 100
"""Payments to one account that are compared at most, the newest first."""


def recent_payments(store: TransferStore, intents: Iterable[Intent], now: int) -> dict[bytes, str]:
    """What was paid to the accounts of `intents` within `DAYS` before `now` (ms), with the newest one's reference.

    The index is eventually consistent. Raises Throttled or Unavailable.
    """
    accounts = sorted({intent.beneficiary_account_number for intent in intents})
    references = [reference for account in accounts for reference in _references(store, account, now - DAYS * DAY)]
    return latest_payments(store.get_all(references, consistent=False))


def _references(store: TransferStore, account: str, since: int) -> Iterator[str]:
    for entry in islice(store.of_account(account, page=MOST), MOST):
        if entry.position.created_at < since:
            return
        yield entry.reference
