"""Rows of batches for tests."""

from itertools import count
from typing import Any

from tests.support import log_watch
from tests.support.harness import new_reference

_accounts = count(5_000_000)


def row(**changes: Any) -> dict[str, Any]:
    """A row for an account of its own. The test fails if its personal values are logged."""
    body: dict[str, Any] = {
        "customerNumber": "628115678890",
        "beneficiaryAccountNumber": str(next(_accounts)),
        "beneficiaryBankCode": "014",
        "beneficiaryAccountName": "SUHUT",
        "amount": {"value": "200000.00", "currency": "IDR"},
    }
    body |= changes
    log_watch.note(body)
    return {name: value for name, value in body.items() if value is not None}


def new_batch() -> str:
    """A batchReference that is unique in this process."""
    return new_reference().replace("PAY", "BATCH")
