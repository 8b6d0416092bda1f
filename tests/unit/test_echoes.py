"""Fields that DOKU repeats are compared strictly; an omitted one is no difference."""

import json
from typing import Any

import pytest

from payouts.doku import echoes
from payouts.doku.echoes import Echo
from payouts.doku.messages import InquiryRequest
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent, Transfer
from tests.unit.test_answers import BALANCE, INQUIRY
from tests.unit.test_evidence import ACCEPTED, STATUS

# Of DOKU's samples, whose two amounts and two references are those of different transfers.
REQUEST = InquiryRequest(
    partner_reference_no="hsjkans284b2he54",
    customer_number="628115678890",
    amount=Rupiah(20_000_000),
    beneficiary_account_number="8377388292",
    beneficiary_bank_code="014",
    beneficiary_account_name="FHILEA HERMANUS",
)
SENT = Intent("2020102900000000000001", "628115678890", "8377388292", "014", Rupiah(20_000_000), "I0438729855304540")
ASKED = Transfer(
    Intent("2020102900000000000001", "628115678890", "8377388292", "014", Rupiah(6_500_000), "I0438729855304540"),
    "f",
    created_at=1_000,
    external_ids=("1",),
)
SAMPLES: dict[str, tuple[Echo, dict[str, Any]]] = {
    "inquiry": (echoes.of_inquiry(REQUEST), json.loads(INQUIRY)),
    "balance": (echoes.of_balance("A41879"), json.loads(BALANCE)),
    "transfer": (echoes.of_transfer(SENT), json.loads(ACCEPTED)),
    "status": (echoes.of_status(ASKED), json.loads(STATUS)),
}
ANOTHER_AMOUNT: list[Any] = [
    *({"value": "1.00", "currency": "IDR"}, {"value": "200000.01"}, {}, {"currency": "IDR"}, "1.00"),
    *(200000, 200000.0, 65000, True, ["200000.00"], {"value": 200000, "currency": "IDR"}, {"value": ["200000.00"]}),
]


def foreign(currency: Any) -> list[Any]:
    return [{"value": value, "currency": currency} for value in ("200000.00", "65000.00")]


DIFFERENT: dict[str, dict[str, list[Any]]] = {
    "inquiry": {
        "partnerReferenceNo": ["hsjkans284b2he55", "HSJKANS284B2HE54", "hsjkans284b2he54 ", 1, ["hsjkans284b2he54"]],
        "beneficiaryAccountNumber": ["8377388293", 8377388292, "08377388292", ["8377388292"], True],
        "beneficiaryBankCode": ["008", "14", 14, ["014"]],
        "amount": [*ANOTHER_AMOUNT, *foreign("USD"), *foreign(None)],
        "additionalInfo.feeCurrency": ["USD", "idr", 360, ["IDR"]],
        "additionalInfo": ["feeCurrency", ["x"], 5, True],
    },
    "balance": {"accountNo": ["A41878", "a41879", 41879, ["A41879"], {"accountNo": "A41879"}]},
    "transfer": {
        "partnerReferenceNo": ["hsjkans284b2he54", 2020102900000000000001, ["2020102900000000000001"]],
        "referenceNo": [1123220, ["DK01123220"], True, {}],
        "amount": [*ANOTHER_AMOUNT, *foreign("USD")],
        "additionalInfo.amount": [*ANOTHER_AMOUNT, *foreign("USD")],
        "additionalInfo.sessionId": ["I0438729855304541", 438729855304540, ["I0438729855304540"]],
    },
    "status": {
        "originalPartnerReferenceNo": ["hsjkans284b2he54", 2020102900000000000001, ["2020102900000000000001"], {}],
        "originalReferenceNo": [1123220, ["DK01123220"], True],
        "serviceCode": [17, "17", 42, 43.0, True, ["43"], "043", "4 3"],
        "amount": [*ANOTHER_AMOUNT, *foreign("USD")],
    },
}


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body with one member replaced."""
    name, _, inner = path.partition(".")
    return {**body, name: {**body.get(name, {}), inner: value} if inner else value}


@pytest.mark.parametrize("sample", SAMPLES)
def test_dokus_own_samples_fit_what_they_answer(sample: str) -> None:
    echo, body = SAMPLES[sample]
    assert echoes.difference(echo, body) == ""


@pytest.mark.covers(21)
@pytest.mark.parametrize(
    ("sample", "path", "value"),
    [(sample, path, value) for sample, paths in DIFFERENT.items() for path in paths for value in paths[path]],
)
def test_another_value_or_type_is_found_and_named(sample: str, path: str, value: Any) -> None:
    echo, body = SAMPLES[sample]
    assert echoes.difference(echo, changed(body, path, value)) == path


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(("sample", "path"), [(sample, path) for sample, paths in DIFFERENT.items() for path in paths])
def test_what_doku_leaves_out_is_no_echo(sample: str, path: str, nothing: Any) -> None:
    echo, body = SAMPLES[sample]
    assert echoes.difference(echo, changed(body, path, nothing)) == ""
    assert echoes.difference(echo, {}) == ""


@pytest.mark.parametrize(
    ("sample", "path", "value"),
    [
        ("status", "serviceCode", "43"),
        ("status", "amount", "65000.00"),
        ("status", "additionalInfo.beneficiaryAmount", "1.00"),
        ("status", "additionalInfo", []),
        ("transfer", "additionalInfo.amount", {"value": "200000.00", "currency": "IDR"}),
        ("transfer", "amount", {"value": "200000.00"}),
    ],
)
def test_what_doku_may_write_otherwise_is_no_difference(sample: str, path: str, value: Any) -> None:
    echo, body = SAMPLES[sample]
    assert echoes.difference(echo, changed(body, path, value)) == ""
