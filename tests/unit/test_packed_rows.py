"""The rows of a chunk as they are stored."""

import pytest

from payouts.domain.batch_rows import CHUNK_ROWS, BatchRow, RowOutcome
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.store.packed_rows import packed, unpacked

LISTED = {
    "n": 2,
    "intent": {
        "partner_reference_no": "GAJI-2",
        "customer_number": "628115678890",
        "beneficiary_account_number": "0012345678",
        "beneficiary_bank_code": "014",
        "amount": "1500000.00",
        "remark": "salary",
    },
    "is": "NAME_DIFFERS",
    "bank": "SITI AMINAH",
    "confirmed": True,
    "fee": "4500.00",
}
"""A row as an earlier version stored it."""
ROW = BatchRow(
    number=2,
    intent=Intent("GAJI-2", "628115678890", "0012345678", "014", Rupiah(150_000_000), "", remark="salary"),
    outcome=RowOutcome.NAME_DIFFERS,
    bank_name="SITI AMINAH",
    confirmed=True,
    fee=Rupiah(450_000),
)


@pytest.mark.parametrize("row", [ROW, BatchRow(3, None, RowOutcome.INVALID, (("amount", "1.500 is no amount"),))])
def test_rows_are_read_as_they_were_stored(row: BatchRow) -> None:
    assert unpacked(packed([row])) == (row,)


def test_rows_of_an_earlier_version_are_read() -> None:
    assert unpacked([LISTED]) == (ROW,)


def test_a_chunk_takes_few_kilobytes() -> None:
    assert len(packed([ROW] * CHUNK_ROWS)) < 1024


@pytest.mark.parametrize("stored", ["", "not Base64!", "bm90IGNvbXByZXNzZWQ=", [{}], 7])
def test_what_this_version_cannot_read_is_an_error(stored: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        unpacked(stored)  # type: ignore[arg-type]
