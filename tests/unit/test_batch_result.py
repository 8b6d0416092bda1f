"""The result file of a batch: every row, and no cell that a spreadsheet runs."""

import csv
import io

import pytest

from payouts.domain.money import Rupiah
from payouts.domain.observation import Finding, Observation, Source
from payouts.domain.transfer import Intent, Reason, Transfer, record
from payouts.services.batch_result import HEADER, ResultLine, result_rows
from payouts.services.safe_csv import csv_rows

INTENT = Intent("JAN-2", "628115678890", "014", "0012345678", Rupiah(150_000_000), "")


def read(*lines: ResultLine) -> list[dict[str, str]]:
    content = (HEADER + result_rows(lines, 3_000)).encode().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content), strict=True))


def test_a_row_with_a_transfer_has_what_became_of_it() -> None:
    paid = Observation(2_000, Finding.SUCCESS, Source.STATUS_CHECK, reference_no="D1")
    transfer = record(Transfer(INTENT, "1:x", 1_000, ("E1",), fee=Rupiah(250_000)), paid)
    assert read(ResultLine(2, INTENT, transfer)) == [
        {
            "row": "2",
            "partnerReferenceNo": "JAN-2",
            "amount": "1500000.00",
            "status": "SUCCESS",
            "final": "true",
            "reasonCode": "",
            "reason": "",
            "fee": "2500.00",
            "referenceNo": "D1",
            "createdAt": "1970-01-01T07:00:01+07:00",
            "updatedAt": "1970-01-01T07:00:02+07:00",
            "writtenAt": "1970-01-01T07:00:03+07:00",
        }
    ]


def test_a_row_without_a_transfer_has_its_reason() -> None:
    excluded = ResultLine(3, INTENT, status="EXCLUDED")
    invalid = ResultLine(4, None, status="INVALID", reason=Reason("INVALID", "amount: is missing"))
    found = read(excluded, invalid)
    assert [(row["row"], row["status"], row["amount"]) for row in found] == [
        ("3", "EXCLUDED", "1500000.00"),
        ("4", "INVALID", ""),
    ]
    assert found[1]["reason"] == "amount: is missing"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_of_the_result_is_a_formula(start: str) -> None:
    (row,) = read(ResultLine(5, None, status="NOT_PAID", reason=Reason(f"{start}1", f'{start}HYPERLINK("x";"y")')))
    start = start.replace("\r", "\n")
    assert row["reasonCode"] == f"'{start}1"
    assert row["reason"] == f"""'{start}HYPERLINK("x";"y")"""


def test_separators_and_quotes_in_text_break_no_row() -> None:
    assert list(csv.reader(io.StringIO(csv_rows([['a,"b"\nc', "d;e"]])), strict=True)) == [['a,"b"\nc', "d;e"]]
