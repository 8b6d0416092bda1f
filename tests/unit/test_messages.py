"""The request bodies sent to DOKU, compared with DOKU's samples."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from payouts.doku import messages
from payouts.doku.messages import InquiryRequest
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Finding, Intent, Observation, Source, Transfer, record
from tests.support.doku_samples import sample

INQUIRY, TRANSFER, STATUS = (sample(f"{name}-request") for name in ("inquiry", "transfer", "status"))

REQUEST = InquiryRequest(
    partner_reference_no="hsjkans284b2he54",
    customer_number="628115678890",
    amount=Rupiah(20_000_000),
    beneficiary_account_number="8377388292",
    beneficiary_bank_code="014",
    beneficiary_account_name="FHILEA HERMANUS",
    channel_code="07",
)
INTENT = Intent(
    partner_reference_no="hsjkans284b2he54",
    customer_number="628115678890",
    beneficiary_account_number="8377388292",
    beneficiary_bank_code="014",
    amount=Rupiah(20_000_000),
    session_id="I0438729855304540",
    channel_code="07",
    beneficiary_first_name="FHILEA",
    beneficiary_last_name="HERMANUS",
    beneficiary_phone_number="62811600174",
    beneficiary_bank_name="Bank BCA",
    beneficiary_account_name="FHILEA HERMANUS",
    sender_country_code="ID",
    sender_first_name="JOHN",
    sender_last_name="DOE",
    sender_personal_id="89012345",
    sender_personal_id_type="KTP",
    remark="Remark test",
)
SHORTEST = Intent("PAY-1", "628115678890", "8377388292", "014", Rupiah(1_000_000), "I1")


def compact(values: dict[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()


def test_the_samples_have_dokus_lengths() -> None:
    """DOKU prints these values of Content-Length, which are those of the compact form."""
    assert [len(compact(json.loads(sample))) for sample in (INQUIRY, TRANSFER, STATUS)] == [295, 607, 142]


def test_the_inquiry_is_dokus_sample() -> None:
    sample = json.loads(INQUIRY)
    body = messages.inquiry(REQUEST)
    assert json.loads(body) == sample
    assert len(body) == 295
    del sample["additionalInfo"]["channelCode"]
    assert messages.inquiry(replace(REQUEST, channel_code="")) == compact(sample)


def test_the_transfer_is_dokus_sample() -> None:
    """Byte for byte, but for the empty feeType."""
    sample = json.loads(TRANSFER)
    del sample["feeType"]
    assert messages.transfer(INTENT) == compact(sample)
    sample = json.loads(TRANSFER) | {"feeType": "OUR"}
    assert messages.transfer(replace(INTENT, fee_type="OUR")) == compact(sample)


def test_the_bank_code_has_a_place_per_operation() -> None:
    """An inquiry has it in additionalInfo, a transfer at the top (docs/doku-protocol.md)."""
    inquiry, transfer = json.loads(messages.inquiry(REQUEST)), json.loads(messages.transfer(INTENT))
    assert inquiry["additionalInfo"]["beneficiaryBankCode"] == transfer["beneficiaryBankCode"] == "014"
    assert "beneficiaryBankCode" not in inquiry
    assert "beneficiaryBankCode" not in transfer["additionalInfo"]


def test_what_is_empty_is_left_out() -> None:
    assert messages.transfer(SHORTEST) == (
        b'{"partnerReferenceNo":"PAY-1","customerNumber":"628115678890","beneficiaryAccountNumber":"8377388292",'
        b'"beneficiaryBankCode":"014","amount":{"value":"10000.00","currency":"IDR"},"sessionId":"I1"}'
    )


@pytest.mark.parametrize("name", [one.name for one in fields(Intent) if one.default == ""])
def test_each_optional_field_appears_once_under_its_own_name(name: str) -> None:
    changes: dict[str, Any] = {name: "X"}
    body = json.loads(messages.transfer(replace(SHORTEST, **changes)))
    nested = body.pop("additionalInfo", {})
    added = {**nested, **{member: value for member, value in body.items() if value == "X"}}
    assert added == {messages.wire_name(name): "X"}


def test_an_intent_has_every_field_of_dokus_sample() -> None:
    sample = json.loads(TRANSFER)
    names = {*sample, *sample["additionalInfo"]} - {"additionalInfo"}
    assert names <= {messages.wire_name(one.name) for one in fields(Intent)}


def test_an_amount_is_a_string_with_two_decimals_never_a_number() -> None:
    for sen, text in ((1, "0.01"), (10_000_00, "10000.00"), (10**18 - 1, "9999999999999999.99")):
        body = messages.transfer(replace(SHORTEST, amount=Rupiah(sen)))
        assert f'"amount":{{"value":"{text}","currency":"IDR"}}'.encode() in body


def test_text_is_utf_8_and_not_escaped() -> None:
    """Both ways of minifying give the same hash then."""
    body = messages.transfer(replace(SHORTEST, remark='Café Jalan "A/B"'))
    assert body.endswith('"additionalInfo":{"remark":"Café Jalan \\"A/B\\""}}'.encode())


def test_the_balance_is_asked_for_by_the_agent_key() -> None:
    assert messages.balance("A41879") == b'{"accountNo":"A41879"}'


@pytest.mark.covers(9)
def test_an_unanswered_transfer_is_asked_about_by_our_reference() -> None:
    """No other reference is known then."""
    transfer = Transfer(INTENT, "f", 1_000, ("892834",))
    assert messages.status(transfer) == b'{"originalPartnerReferenceNo":"hsjkans284b2he54","serviceCode":"43"}'


def test_a_status_check_has_dokus_reference_once_known() -> None:
    seen = Observation(2_000, Finding.ACCEPTED, Source.SUBMIT, reference_no="DK01123220")
    body = json.loads(messages.status(record(Transfer(INTENT, "f", 1_000, ("892834",)), seen)))
    assert body == {
        "originalPartnerReferenceNo": "hsjkans284b2he54",
        "originalReferenceNo": "DK01123220",
        "serviceCode": "43",
    }
    assert set(body) <= set(json.loads(STATUS))
