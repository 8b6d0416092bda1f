"""Which rows may become transfers, from cells and from JSON."""

from typing import Any

import pytest

from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.services.batch_rows import COLUMNS, BadRow, Cell, NotText, Problem, Row, row_of, row_of_json

CELLS: dict[str, Cell] = {
    "customerNumber": "628115678890",
    "beneficiaryBankCode": "014",
    "beneficiaryAccountNumber": "0012345678",
    "beneficiaryAccountName": "SITI AMINAH",
    "amount": "1500000",
}
JSON: dict[str, Any] = {**CELLS, "amount": {"value": "1500000.00", "currency": "IDR"}}


def intent(**changes: Any) -> Intent:
    fields: dict[str, Any] = {
        "partner_reference_no": "",
        "customer_number": "628115678890",
        "beneficiary_bank_code": "014",
        "beneficiary_account_number": "0012345678",
        "beneficiary_account_name": "SITI AMINAH",
        "amount": Rupiah(150_000_000),
        "session_id": "",
        "sender_country_code": "ID",
    }
    return Intent(**fields | changes)


def problems(found: Row | BadRow) -> list[str]:
    assert isinstance(found, BadRow), found
    return [problem.column for problem in found.problems]


def reason(column: str, cell: Cell) -> str:
    found = row_of(2, {**CELLS, column: cell})
    assert isinstance(found, BadRow), found
    assert [problem.column for problem in found.problems] == [column]
    return found.problems[0].reason


def test_a_row_is_a_transfer_without_session() -> None:
    assert row_of(7, CELLS) == Row(7, intent())
    assert row_of_json(7, JSON) == Row(7, intent())


def test_every_field_of_a_transfer_is_kept() -> None:
    texts = {"partnerReferenceNo": "PAY-1", "remark": "salary", "senderFirstName": "ANI", "feeType": "OUR"}
    expected = intent(partner_reference_no="PAY-1", remark="salary", sender_first_name="ANI", fee_type="OUR")
    assert row_of(2, {**CELLS, **texts}) == row_of_json(2, {**JSON, **texts}) == Row(2, expected)


def test_no_row_names_a_session() -> None:
    assert "sessionId" not in COLUMNS
    assert problems(row_of_json(1, {**JSON, "sessionId": "I1"})) == ["sessionId"]


@pytest.mark.parametrize("amount", ["1500000", "1500000.00", 1500000, 1500000.0])
def test_an_amount_with_one_reading(amount: Cell) -> None:
    assert row_of(2, {**CELLS, "amount": amount}) == Row(2, intent())


@pytest.mark.parametrize("amount", [1, 999_999_999_999_999, 999_999_999_999_999.0, "1", "999999999999999"])
def test_amounts_from_the_smallest_to_the_largest(amount: Cell) -> None:
    assert row_of(2, {**CELLS, "amount": amount}) == Row(2, intent(amount=Rupiah(int(amount) * 100)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "amount",
    ["1.500", "1,500", "1.500.000", "1.500.000,00", "1500000,00", "1500000.0", "Rp1500000", "1 500 000", "01500000"],
)
def test_an_amount_with_separators_is_refused(amount: str) -> None:
    assert reason("amount", amount).startswith("must be digits only")


@pytest.mark.parametrize("amount", ["=1+1", "-5", "+5", "0", "0.00", "\uff11\uff15", "1_000", "9" * 17, "nan", "5.50"])
def test_text_that_is_no_amount_is_refused(amount: str) -> None:
    assert reason("amount", amount).startswith("must be digits only")


@pytest.mark.parametrize("amount", [0, -1, 1.5, 0.1, 1e15, 1e300, float("nan"), float("inf")])
def test_a_number_that_is_no_amount_is_refused(amount: float) -> None:
    assert reason("amount", amount) == "must be whole rupiah, more than 0"


@pytest.mark.parametrize("amount", ["1.2E+15", "1,2E+15", "5e6"])
def test_a_rounded_amount_is_refused(amount: str) -> None:
    assert "without decimals" in reason("amount", amount)


def test_a_date_is_no_amount() -> None:
    assert reason("amount", NotText()) == "must be a number"


@pytest.mark.parametrize("column", sorted(CELLS.keys() - {"amount"}))
def test_a_number_where_text_belongs_is_refused(column: str) -> None:
    assert "leading zeros" in reason(column, 8377388292)
    assert "leading zeros" in reason(column, 8377388292.0)
    assert reason(column, NotText()) == "must be text"


def test_a_rounded_account_number_is_refused() -> None:
    assert "1.2E+15" in reason("beneficiaryAccountNumber", "8.37739E+09")
    assert "1.2E+15" in reason("customerNumber", "6,28E+11")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("beneficiaryAccountNumber", '="0012345678"'),
        ("beneficiaryAccountNumber", "'0012345678"),
        ("beneficiaryAccountNumber", "8377 388 292"),
        ("beneficiaryAccountNumber", "1" * 33),
        ("beneficiaryAccountNumber", "\u0661\u0662\u0663"),
        ("beneficiaryBankCode", "14"),
        ("beneficiaryAccountName", "JOSÉ"),
        ("beneficiaryAccountName", "A\nB"),
        ("customerNumber", "+628115678890"),
        ("partnerReferenceNo", "PAY 1"),
        ("partnerReferenceNo", ".."),
        ("remark", "x" * 256),
        ("senderCountryCode", "id"),
    ],
)
def test_a_field_has_the_form_of_the_api(column: str, text: str) -> None:
    assert reason(column, text).startswith("must be ")
    assert problems(row_of_json(1, {**JSON, column: text})) == [column]


def test_a_formula_is_text() -> None:
    assert row_of(2, {**CELLS, "remark": "=1+1"}) == Row(2, intent(remark="=1+1"))


def test_a_reason_does_not_repeat_the_value() -> None:
    for column in CELLS:
        assert "SECRET" not in reason(column, "SECRET\x00")


def test_all_problems_of_a_row_are_reported() -> None:
    cells: dict[str, Cell] = {**CELLS, "amount": "1.500", "customerNumber": "", "beneficiaryBankCode": 14}
    del cells["beneficiaryAccountName"]
    wrong = ["beneficiaryBankCode", "amount", "customerNumber", "beneficiaryAccountName"]
    assert problems(row_of(2, cells)) == wrong


def test_json_may_have_fields_in_additional_info() -> None:
    given = {name: value for name, value in JSON.items() if name != "beneficiaryAccountName"}
    assert row_of_json(1, {**given, "additionalInfo": {"beneficiaryAccountName": "SITI AMINAH"}}) == Row(1, intent())
    assert row_of_json(1, {**JSON, "additionalInfo": None, "remark": None}) == Row(1, intent())
    assert problems(row_of_json(1, {**JSON, "additionalInfo": []})) == ["additionalInfo"]


@pytest.mark.parametrize("value", [1, True, [], {}, 1.5])
def test_json_of_another_type_is_refused(value: Any) -> None:
    for column in JSON:
        assert problems(row_of_json(1, {**JSON, column: value})) == [column]
    assert row_of_json(1, {**JSON, "remark": value}) == BadRow(1, (Problem("remark", "must be text"),))


@pytest.mark.parametrize(
    "amount",
    [
        {"value": "1500000", "currency": "IDR"},
        {"value": 1500000, "currency": "IDR"},
        {"value": "1500000.50", "currency": "IDR"},
        {"value": "1500000.00", "currency": "USD"},
        {"value": "1500000.00", "currency": "AUD"},
        {"value": "1500000.00"},
        {"value": "1500000.00", "currency": "IDR", "fee": "1"},
        {"value": "0.00", "currency": "IDR"},
        "1500000.00",
    ],
)
def test_json_has_amounts_as_the_api_does(amount: Any) -> None:
    assert problems(row_of_json(1, {**JSON, "amount": amount})) == ["amount"]


def test_an_unknown_or_contradicting_field_is_refused() -> None:
    assert problems(row_of_json(1, {**JSON, "status": "SUCCESS"})) == ["status"]
    assert problems(row_of_json(1, {**JSON, "x" * 1000: "y"})) == ["x" * 64]
    assert problems(row_of_json(1, {**JSON, "Amount": "1"})) == ["Amount"]
    for nested, outer in (("a", "b"), ("b", "a")):
        assert problems(row_of_json(1, {**JSON, "additionalInfo": {"remark": nested}, "remark": outer})) == ["remark"]
