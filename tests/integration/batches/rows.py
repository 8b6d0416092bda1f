"""Rows of batches for tests."""

from typing import Any

from tests.support import log_watch
from tests.support.harness import new_reference

HEADER = "customerNumber,beneficiaryBankCode,beneficiaryAccountNumber,beneficiaryAccountName,amount"
LINE = "628115678890,014,8377388292,SUHUT,200000"
"""A row of a CSV file, for the account of DOKU's sample."""


def row(**changes: Any) -> dict[str, Any]:
    """A row for the account of DOKU's sample. The test fails if its personal values are logged."""
    body: dict[str, Any] = {
        "customerNumber": "628115678890",
        "beneficiaryAccountNumber": "8377388292",
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
