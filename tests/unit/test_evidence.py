"""The finding that each answer of DOKU gives."""

import json
from dataclasses import replace
from typing import Any

import pytest

from payouts.doku import observations, responses
from payouts.doku.outcomes import Classification, Outcome, Service
from payouts.doku.responses import DokuResponse
from payouts.doku.transport import HttpResponse
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Finding, Intent, Observation, Source, Transfer
from tests.support.doku_samples import sample

INTENT = Intent("PAY-1", "628115678890", "8377388292", "014", Rupiah(20_000_000), "I0438729855304540")
TRANSFER = Transfer(INTENT, "f", created_at=1_000, external_ids=("1", "2"))
STATUS, ACCEPTED = sample("status-response"), sample("transfer-response")
OF_SAMPLE = Transfer(
    Intent("2020102900000000000001", "628115678890", "8377388292", "014", Rupiah(6_500_000), "I0438729855304540"),
    "f",
    created_at=1_000,
    external_ids=("1",),
)
MISSING = "(left out)"
OURS: dict[str, Any] = {
    "originalPartnerReferenceNo": "PAY-1",
    "amount": {"value": "200000.00", "currency": "IDR"},
}


def answer(service: Service, http: int, body: dict[str, Any] | str) -> DokuResponse:
    return responses.read(service, HttpResponse(http, (body if isinstance(body, str) else json.dumps(body)).encode()))


def of_status(**changes: Any) -> Observation:
    fields = {**json.loads(STATUS), **OURS, **changes}
    body = {name: value for name, value in fields.items() if value is not MISSING}
    return observations.from_status_response(TRANSFER, answer(Service.STATUS, 200, body), 5_000)


def of_submission(http: int, code: object, **fields: Any) -> Observation:
    body = {"responseCode": code, "responseMessage": "m", **fields}
    return observations.from_transfer_response(TRANSFER, answer(Service.TRANSFER, http, body), 5_000)


def test_dokus_sample_of_a_status_proves_payment() -> None:
    seen = observations.from_status_response(OF_SAMPLE, answer(Service.STATUS, 200, STATUS), 5_000)
    assert seen == Observation(
        5_000,
        Finding.SUCCESS,
        Source.STATUS_CHECK,
        "2005300/00",
        "Transaction is successfully processed",
        "DK01123220",
        details=(
            ("originalResponseCode", "0"),
            ("originalResponseMessage", "Transfer Approve"),
            ("transactionDate", json.loads(STATUS)["transactionDate"]),
            ("cashInTime", json.loads(STATUS)["additionalInfo"]["cashInTime"]),
        ),
    )


@pytest.mark.covers(19, 22)
@pytest.mark.parametrize(
    ("latest", "finding"),
    [
        ("00", Finding.SUCCESS),
        ("01", Finding.UNPAID),
        ("02", Finding.UNPAID),
        ("03", Finding.UNPAID),
        ("04", Finding.REFUNDED),
        ("05", Finding.FAILED),
        ("06", Finding.FAILED),
        ("07", Finding.NOT_FOUND),
        ("50", Finding.SUCCESS),
        ("35", Finding.FAILED),
        ("20", Finding.UNPAID),
        ("40", Finding.REFUNDED),
    ],
)
def test_each_latest_transaction_status_has_a_finding(latest: Any, finding: Finding) -> None:
    assert of_status(latestTransactionStatus=latest).finding is finding


@pytest.mark.covers(19, "I5")
@pytest.mark.parametrize(
    "latest",
    [
        *("", " ", "08", "09", "10", "30", "41", "64", "99", "000", "0 ", " 0", "-0", "SUCCESS", "\uff10\uff10"),
        *("0", "3", "4", "6", 0, 3, 4, 6, 35, 50, None, True, False, 0.0, [], ["00"], {}, MISSING),
    ],
    ids=lambda latest: "missing" if latest is MISSING else ascii(latest),
)
def test_an_unknown_or_missing_status_proves_nothing(latest: Any) -> None:
    """I5: SUCCESS only on DOKU's evidence."""
    assert of_status(latestTransactionStatus=latest).finding is Finding.UNCLEAR


@pytest.mark.parametrize("code", [0, "0", "00", "0000", "2004300", 2004300, "2024300", "", None, MISSING])
@pytest.mark.parametrize("latest", ["00", "50"])
def test_a_success_agrees_with_its_original_code(latest: str, code: Any) -> None:
    """DOKU's sample has the number 0 beside "Transfer Approve"."""
    assert of_status(latestTransactionStatus=latest, originalResponseCode=code).finding is Finding.SUCCESS


@pytest.mark.covers("I5", 19)
@pytest.mark.parametrize(
    "code", ["4034314", 4034314, "5004300", "4044311", "06", "68", "1", -1, 0.0, True, False, [], ["00"], {}, "00 "]
)
@pytest.mark.parametrize("latest", ["00", "50"])
def test_a_success_denied_by_its_original_code_is_unclear(latest: str, code: Any) -> None:
    seen = of_status(latestTransactionStatus=latest, originalResponseCode=code)
    assert (seen.finding, seen.reference_no) == (Finding.UNCLEAR, "")
    assert "contradicts itself" in seen.message


@pytest.mark.parametrize("latest", ["03", "05", "06", "04"])
def test_a_reason_for_failure_contradicts_no_other_status(latest: str) -> None:
    assert of_status(latestTransactionStatus=latest, originalResponseCode="4034314").finding is not Finding.UNCLEAR


def test_what_else_an_answer_says_is_kept_by_dokus_names() -> None:
    assert observations.details(answer(Service.STATUS, 200, STATUS)) == (
        ("originalResponseCode", "0"),
        ("originalResponseMessage", "Transfer Approve"),
        ("transactionDate", "2024-09-17T14:41:52. 022+07:00"),
        ("cashInTime", "2024-09-17 13:56:57"),
    )
    assert observations.details(answer(Service.TRANSFER, 200, ACCEPTED)) == (
        ("transactionDate", "2022-11-11T10:51:48+07:00"),
        ("referenceNumber", "39448581-c741-44f9-b3af-98616e2229b1"),
    )


@pytest.mark.parametrize("additional", [None, "", [], 5, {"cashInTime": ["now"]}, {"cashInTime": ""}])
def test_details_of_other_types_are_left_out(additional: Any) -> None:
    odd = {"originalResponseMessage": {}, "transactionDate": 1.5, "referenceNumber": True}
    assert observations.details(answer(Service.STATUS, 200, {**odd, "additionalInfo": additional})) == ()


def test_details_are_bounded_and_can_be_written() -> None:
    body = {"originalResponseMessage": "x" * 5_000, "referenceNumber": "\ud800"}
    assert observations.details(answer(Service.STATUS, 200, body)) == (
        ("originalResponseMessage", "x" * 100),
        ("referenceNumber", "?"),
    )


@pytest.mark.parametrize(
    "silent",
    [
        {"originalPartnerReferenceNo": MISSING},
        {"originalPartnerReferenceNo": ""},
        {"amount": MISSING},
        {"amount": None},
        {"serviceCode": "43", "transactionDate": "nonsense", "additionalInfo": None},
        {"originalReferenceNo": MISSING},
        {"transactionStatusDesc": MISSING},
    ],
    ids=str,
)
def test_omitted_status_fields_are_no_contradiction(silent: dict[str, Any]) -> None:
    assert of_status(**silent).finding is Finding.SUCCESS


@pytest.mark.covers(19, 20)
@pytest.mark.parametrize(
    ("http", "code", "finding"),
    [
        (404, "4045301", Finding.NOT_FOUND),
        (404, 4045301, Finding.NOT_FOUND),
        (200, "4045301", Finding.UNCLEAR),
        (404, "4044301", Finding.UNCLEAR),
        (404, "4045300", Finding.UNCLEAR),
        (202, "2025300", Finding.UNCLEAR),
        (401, "4015301", Finding.UNCLEAR),
        (429, "4295300", Finding.UNCLEAR),
        (500, "5005300", Finding.UNCLEAR),
        (504, "5045300", Finding.UNCLEAR),
        (200, "2004300", Finding.UNCLEAR),
    ],
)
def test_a_status_that_doku_did_not_give_is_no_status(http: int, code: object, finding: Finding) -> None:
    """Whatever the body pretends besides."""
    body = {"responseCode": code, "latestTransactionStatus": "00", **OURS}
    seen = observations.from_status_response(TRANSFER, answer(Service.STATUS, http, body), 5_000)
    assert (seen.finding, seen.source, seen.at) == (finding, Source.STATUS_CHECK, 5_000)


def test_an_acceptance_is_no_payment() -> None:
    of_sample = replace(OF_SAMPLE, intent=replace(OF_SAMPLE.intent, amount=Rupiah(20_000_000)))
    seen = observations.from_transfer_response(of_sample, answer(Service.TRANSFER, 200, ACCEPTED), 5_000)
    details = tuple((name, json.loads(ACCEPTED)[name]) for name in ("transactionDate", "referenceNumber"))
    assert seen == Observation(
        5_000, Finding.ACCEPTED, Source.SUBMIT, "2004300", "Successful", "DK01123220", "1", details=details
    )


@pytest.mark.covers(15, 16, 17, 18, 19)
@pytest.mark.parametrize(
    ("http", "code", "finding"),
    [
        (200, 2004300, Finding.ACCEPTED),
        (202, "2024300", Finding.UNPAID),
        (400, "4004302", Finding.REFUSED),
        (401, "4014301", Finding.REFUSED),
        (403, "4034314", Finding.REFUSED),
        (404, "4044311", Finding.REFUSED),
        (403, "4034316", Finding.IN_DOUBT),
        (404, "4044318", Finding.IN_DOUBT),
        (404, "4044301", Finding.IN_DOUBT),
        (409, "4094300", Finding.IN_DOUBT),
        (409, "4094301", Finding.IN_DOUBT),
        (409, "4094302", Finding.IN_DOUBT),
        (429, "4294300", Finding.REFUSED),
        (429, "4294200", Finding.IN_DOUBT),
        (429, "4294301", Finding.IN_DOUBT),
        (503, "4294300", Finding.IN_DOUBT),
        (500, "5004301", Finding.IN_DOUBT),
        (504, "5044300", Finding.IN_DOUBT),
        (200, "2004200", Finding.IN_DOUBT),
        (200, "9999999", Finding.IN_DOUBT),
        (201, "2014300", Finding.IN_DOUBT),
    ],
)
def test_what_the_answer_to_a_transfer_proves(http: int, code: object, finding: Finding) -> None:
    seen = of_submission(http, code, partnerReferenceNo="PAY-1", referenceNo="DK1")
    assert (seen.finding, seen.code, seen.message) == (finding, str(code), "m")
    assert (seen.at, seen.source, seen.external_id) == (5_000, Source.SUBMIT, "2")
    assert seen.reference_no == ("DK1" if finding in (Finding.ACCEPTED, Finding.UNPAID) else "")


@pytest.mark.parametrize("reference", [MISSING, None, "", True, [], {}])
def test_an_acceptance_without_dokus_reference_is_still_one(reference: Any) -> None:
    fields = {} if reference is MISSING else {"referenceNo": reference}
    seen = of_submission(200, "2004300", **fields)
    assert (seen.finding, seen.reference_no) == (Finding.ACCEPTED, "")


@pytest.mark.covers(9, 11, "I6")
@pytest.mark.parametrize("outcome", [Outcome.IN_DOUBT, Outcome.THROTTLED, Outcome.NOT_FOUND])
def test_unclear_answers_leave_a_transfer_in_doubt(outcome: Outcome) -> None:
    """No answer at all comes as IN_DOUBT. I6: a time-out alone never yields FAILED."""
    seen = observations.from_transfer_response(
        TRANSFER, DokuResponse(Classification(outcome, message="no answer from DOKU")), 5_000
    )
    assert seen.finding is Finding.IN_DOUBT


def test_an_own_observation_names_the_latest_request_and_is_short() -> None:
    resent = replace(TRANSFER, external_ids=("1", "2", "3"))
    seen = observations.of_request(resent, Finding.NOT_SENT, "x" * 201, 2_000, "NOT_SENT")
    assert (seen.external_id, len(seen.message)) == ("3", 200)
