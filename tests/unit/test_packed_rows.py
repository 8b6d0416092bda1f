"""The rows of a chunk as they are stored."""

import base64
import json
import zlib

import pytest

from payouts.domain.batch_rows import CHUNK_ROWS, BatchRow, RowOutcome
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.store.packed_rows import packed, unpacked

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


def test_a_row_with_a_field_of_a_newer_version_is_not_read_without_it() -> None:
    [row] = json.loads(zlib.decompress(base64.b64decode(packed([ROW]))))
    row["intent"]["purpose_code"] = "01"
    with pytest.raises(TypeError):
        unpacked(base64.b64encode(zlib.compress(json.dumps([row]).encode())).decode())


def test_a_chunk_takes_few_kilobytes() -> None:
    assert len(packed([ROW] * CHUNK_ROWS)) < 1024


@pytest.mark.parametrize("stored", ["", "not Base64!", "bm90IGNvbXByZXNzZWQ=", [{}], 7])
def test_what_this_version_cannot_read_is_an_error(stored: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        unpacked(stored)  # type: ignore[arg-type]
