"""Rows of batches for tests."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.support import log_watch
from tests.support.harness import new_reference

_accounts = count(5_000_000)
HEADER = "customerNumber,beneficiaryBankCode,beneficiaryAccountNumber,beneficiaryAccountName,amount"
ACCOUNT = "8377388292"
LINE = f"628115678890,014,{ACCOUNT},SUHUT,200000"
"""A row of a CSV file, for the account of DOKU's sample."""


def spreadsheet(path: Path, *rows: Sequence[str]) -> bytes:
    """An XLSX file with these rows."""
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        for number, cells in enumerate((HEADER.split(","), *rows)):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell)
    return path.read_bytes()


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
