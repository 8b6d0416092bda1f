"""The simulator's operations: the shape of answers, refusals and bookings."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.doku_simulator.accounts import Accounts
from payouts.doku.banks import all_banks
from payouts.domain.account_name import NameMatch, compare_names
from tests.support.merchant import Json, Merchant, code, inquiry_body


def without(body: Json, path: str) -> Json:
    *outer, last = path.split(".")
    inner = body
    for name in outer:
        inner = inner[name]
    del inner[last]
    return body


def test_an_inquiry_answers_as_dokus_sample(doku: Merchant) -> None:
    body = doku.inquire("8377388292").json()
    assert re.fullmatch(r"I\d{16}", body["sessionId"])
    assert re.fullmatch(r"[0-9a-f-]{36}", body["additionalInfo"].pop("referenceNumber"))
    assert body == {
        "responseCode": 2004200,
        "responseMessage": "Successful",
        "referenceNo": body["sessionId"],
        "partnerReferenceNo": "INQ-1",
        "beneficiaryAccountNumber": "8377388292",
        "beneficiaryAccountName": "SUHUT",
        "beneficiaryBankCode": "014",
        "beneficiaryBankShortName": "Bank Central Asia BCA",
        "beneficiaryBankName": "Bank Central Asia BCA",
        "amount": {"value": "200000.00", "currency": "IDR"},
        "sessionId": body["sessionId"],
        "additionalInfo": {
            "senderCountryCode": "ID",
            "forexRate": "1.00",
            "forexOriginCurrency": "IDR",
            "feeAmount": "4500.00",
            "feeCurrency": "IDR",
            "beneficiaryAmount": "200000.00",
        },
    }


def test_an_unregistered_account_has_the_expected_name(doku: Merchant) -> None:
    assert doku.inquire("555").json()["beneficiaryAccountName"] == "BUDI SANTOSO"


@pytest.mark.parametrize("bank", ["999", "BCA"])
def test_an_unknown_bank_is_refused(doku: Merchant, bank: str) -> None:
    assert code(doku.inquire("555", bank)) == "4044203"


def test_every_listed_bank_is_known() -> None:
    assert {bank.code for bank in all_banks() if not Accounts().has_bank(bank.code)} == set()


@pytest.mark.parametrize(
    ("beginning", "expected", "match"),
    [
        ("99900001", "SITI NURHALIZA PERMATASARI", NameMatch.TRUNCATED),
        ("99900001", "SITI AMINAH", NameMatch.EXACT),
        ("99900002", "Budi Santoso", NameMatch.TITLE_ONLY),
        ("99900002", "PT MAJU JAYA", NameMatch.TITLE_ONLY),
        ("99900003", "BUDI SANTOSO", NameMatch.DIFFERENT),
        ("99900004", "BUDI SANTOSO", NameMatch.COULD_NOT_CHECK),
        ("99900006", "BUDI SANTOSO", NameMatch.EXACT),
    ],
)
def test_a_rule_of_an_account_gives_each_match(beginning: str, expected: str, match: NameMatch) -> None:
    holder = Accounts().holder("014", f"{beginning}77", expected)
    assert compare_names(expected, holder) is match


def test_an_account_with_a_rule_keeps_its_holder() -> None:
    accounts = Accounts()
    found = [accounts.holder("014", "9990000201", name) for name in ("BUDI SANTOSO", "BPK BUDI SANTOSO", "ANI", "")]
    assert found == ["BPK BUDI SANTOSO"] * 4


def test_a_rule_of_an_account_says_it_does_not_exist(doku: Merchant) -> None:
    assert code(doku.inquire("9990000501")) == "4044211"
    doku.control.account("014", "9990000501", "BUDI SANTOSO")
    assert doku.inquire("9990000501").json()["beneficiaryAccountName"] == "BUDI SANTOSO"


def test_an_account_that_does_not_exist_is_refused(doku: Merchant) -> None:
    doku.control.account("014", "555", None)
    assert code(doku.inquire("555")) == "4044211"


INQUIRY_FIELDS = [
    *("partnerReferenceNo", "customerNumber", "amount.value", "amount.currency", "beneficiaryAccountNumber"),
    *("additionalInfo.beneficiaryBankCode", "additionalInfo.beneficiaryAccountName"),
    "additionalInfo.senderCountryCode",
]


@pytest.mark.parametrize("path", INQUIRY_FIELDS)
def test_an_inquiry_names_the_missing_field(doku: Merchant, path: str) -> None:
    body = without(inquiry_body("555", "014", "200000.00"), path)
    answer = doku.post("/emoney/bank-account-inquiry", body)
    assert code(answer) == "4004202"
    assert answer.json()["responseMessage"] == f"Invalid Mandatory Field {path}"


BAD_AMOUNTS = ["200000", "200000.0", "200000.000", "-1.00", "1e5", "0.00", "01.00", "1,00", "NaN", " 1.00", "٣.00"]


@pytest.mark.parametrize("value", [*BAD_AMOUNTS, 200000, 200000.0, ["1.00"], "9" * 17 + ".00"])
def test_an_amount_is_a_positive_string_with_two_decimals(doku: Merchant, value: Any) -> None:
    body = inquiry_body("555", "014", value)
    assert code(doku.post("/emoney/bank-account-inquiry", body)) == "4004201"


def test_the_currency_is_rupiah(doku: Merchant) -> None:
    body = inquiry_body("555", "014", "1.00") | {"amount": {"value": "1.00", "currency": "USD"}}
    assert code(doku.post("/emoney/bank-account-inquiry", body)) == "4004201"


@pytest.mark.parametrize(
    ("field", "longest"), [("partnerReferenceNo", 64), ("customerNumber", 32), ("beneficiaryAccountNumber", 32)]
)
def test_fields_have_dokus_lengths(doku: Merchant, field: str, longest: int) -> None:
    body = inquiry_body("555", "014", "1.00")
    path = "/emoney/bank-account-inquiry"
    assert code(doku.post(path, body | {field: "1" * longest})) == "2004200"
    assert code(doku.post(path, body | {field: "1" * (longest + 1)})) == "4004201"


def test_a_balance_has_dokus_documented_shape(doku: Merchant) -> None:
    assert doku.balance().json() == {
        "responseCode": 2001100,
        "responseMessage": "Successful",
        "accountNo": "A41418",
        "name": "Simulator Indo Agent",
        "accountInfos": {
            "holdAmount": {"value": "0.00", "currency": "IDR"},
            "avaliableBalance": {"value": "1000000000.00", "currency": "IDR"},
        },
        "additionalInfo": {"creditAlertLimit": {"value": "65000.00", "currency": "IDR"}},
    }


def test_a_balance_was_seen_live_as_an_array(doku: Merchant) -> None:
    doku.control.settings(balanceShape="live")
    (info,) = doku.balance().json()["accountInfos"]
    assert info["availableBalance"] == {"value": "1000000000.00", "currency": "IDR"}


def test_a_balance_is_asked_by_the_agent_key(doku: Merchant) -> None:
    assert code(doku.balance("A1")) == "4041108"


def test_a_transfer_answers_as_dokus_sample_and_debits(doku: Merchant) -> None:
    body = doku.pay("PAY-1").json()
    assert re.fullmatch(r"DK\d{8}", body["referenceNo"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00", body["transactionDate"])
    session = body["additionalInfo"]["sessionId"]
    assert body == {
        "responseCode": 2004300,
        "responseMessage": "Successful",
        "referenceNo": body["referenceNo"],
        "partnerReferenceNo": "PAY-1",
        "transactionDate": body["transactionDate"],
        "referenceNumber": body["referenceNumber"],
        "additionalInfo": {"sessionId": session, "amount": "200000.00"},
    }
    ledger = doku.control.ledger()
    assert ledger["deposit"] == "999795500.00"
    (debit,) = ledger["debits"]
    assert debit | {"at": 0} == {
        "partnerReferenceNo": "PAY-1",
        "referenceNo": body["referenceNo"],
        "amount": "200000.00",
        "fee": "4500.00",
        "at": 0,
        "returned": False,
    }


TRANSFER_FIELDS = [
    *("partnerReferenceNo", "customerNumber", "beneficiaryAccountNumber", "beneficiaryBankCode"),
    *("amount.value", "amount.currency"),
]


@pytest.mark.parametrize("path", TRANSFER_FIELDS)
def test_a_transfer_names_the_missing_field(doku: Merchant, path: str) -> None:
    answer = doku.transfer(without(doku.prepare("PAY-1"), path))
    assert code(answer) == "4004302"
    assert answer.json()["responseMessage"] == f"Invalid Mandatory Field {path}"


def test_a_strict_simulator_requires_newer_pages_fields(doku: Merchant) -> None:
    doku.control.settings(strict=True)
    body = doku.prepare("PAY-1")
    assert doku.transfer(without(dict(body), "sessionId")).json()["responseMessage"].endswith("sessionId")
    answer = doku.transfer(body)
    assert code(answer) == "4004302"
    assert answer.json()["responseMessage"].endswith("additionalInfo.beneficiaryFirstName")


def test_a_reference_that_was_executed_is_a_duplicate(doku: Merchant) -> None:
    doku.pay("PAY-1")
    assert code(doku.pay("PAY-1")) == "4094301"
    assert len(doku.control.ledger()["debits"]) == 1


def test_a_session_serves_one_transfer(doku: Merchant) -> None:
    body = doku.prepare("PAY-1")
    doku.transfer(body)
    assert code(doku.transfer(body | {"partnerReferenceNo": "PAY-2"})) == "4094302"


CHANGES: list[Json] = [
    {"sessionId": "I0000000000000000"},
    {"amount": {"value": "200001.00", "currency": "IDR"}},
    {"beneficiaryAccountNumber": "9990002"},
    {"beneficiaryBankCode": "008"},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_transfer_must_agree_with_its_inquiry(doku: Merchant, change: Json) -> None:
    assert code(doku.transfer(doku.prepare("PAY-1") | change)) == "4044318"
    assert doku.control.ledger()["debits"] == []


def test_without_a_session_the_newest_inquiry_that_fits_is_used(doku: Merchant) -> None:
    body = doku.prepare("PAY-1")
    session = body.pop("sessionId")
    assert doku.transfer(body).json()["additionalInfo"]["sessionId"] == session
    assert code(doku.transfer(body | {"partnerReferenceNo": "PAY-2"})) == "4044318"


@pytest.mark.parametrize(("deposit", "answered"), [("204499.99", "4034314"), ("204500.00", "2004300")])
def test_the_balance_must_cover_amount_and_fee(doku: Merchant, deposit: str, answered: str) -> None:
    doku.control.deposit(deposit)
    assert code(doku.pay("PAY-1")) == answered


def test_a_refusal_uses_up_neither_reference_nor_session(doku: Merchant) -> None:
    doku.control.deposit("0.00")
    body = doku.prepare("PAY-1")
    assert code(doku.transfer(body)) == "4034314"
    doku.control.deposit("1000000.00")
    assert code(doku.transfer(body)) == "2004300"


def test_one_of_32_transfers_at_once_is_executed(doku: Merchant) -> None:
    bodies = [doku.prepare("PAY-1") for _ in range(32)]
    with ThreadPoolExecutor(32) as pool:
        answers = sorted(code(answer) for answer in pool.map(doku.transfer, bodies))
    assert answers == ["2004300"] + ["4094301"] * 31
    assert doku.control.ledger()["deposit"] == "999795500.00"


def test_status_answers_as_dokus_sample(doku: Merchant) -> None:
    sent = doku.pay("PAY-1").json()
    body = doku.status("PAY-1").json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\. \d{3}\+07:00", body.pop("transactionDate"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", body["additionalInfo"].pop("cashInTime"))
    assert body == {
        "responseCode": 2005300,
        "responseMessage": "Successful",
        "originalReferenceNo": sent["referenceNo"],
        "originalPartnerReferenceNo": "PAY-1",
        "serviceCode": 43,
        "latestTransactionStatus": "00",
        "amount": {"value": "200000.00", "currency": "IDR"},
        "originalResponseCode": 0,
        "originalResponseMessage": "Transfer Approve",
        "transactionStatusDesc": "Transaction is successfully processed",
        "sessionId": sent["additionalInfo"]["sessionId"],
        "additionalInfo": {"remark": "gaji september", "beneficiaryAmount": "200000.00"},
    }


def test_status_of_an_unknown_transfer_is_not_found(doku: Merchant) -> None:
    assert code(doku.status("NOBODY")) == "4045301"


@pytest.mark.parametrize(("service", "answered"), [("53", "4005301"), ("", "4005302"), (None, "4005302")])
def test_status_asks_for_service_43(doku: Merchant, service: str | None, answered: str) -> None:
    assert code(doku.status("PAY-1", service)) == answered


def test_the_ledger_keeps_every_request_as_received(doku: Merchant) -> None:
    body = doku.prepare("PAY-1")
    doku.transfer(body)
    doku.transfer(body)
    inquiry, executed, refused = doku.control.ledger()["requests"]
    assert (inquiry["operation"], inquiry["beneficiaryBankCode"], inquiry["executed"]) == ("inquiry", "014", True)
    assert executed | {"at": 0, "externalId": "", "timestamp": "", "sessionId": ""} == {
        "operation": "transfer",
        "path": "/v1.0/emoney/transfer-bank",
        "partnerReferenceNo": "PAY-1",
        "externalId": "",
        "timestamp": "",
        "amount": "200000.00",
        "beneficiaryAccountNumber": "9990001",
        "beneficiaryBankCode": "014",
        "sessionId": "",
        "executed": True,
        "pending": False,
        "httpStatus": 200,
        "responseCode": "2004300",
        "fault": None,
        "at": 0,
        "latestTransactionStatus": None,
        "originalReferenceNo": None,
    }
    assert (refused["executed"], refused["responseCode"]) == (False, "4094301")
    assert executed["externalId"] != refused["externalId"]
