"""The simulator's faults: the answer on the wire, and whether money moved."""

import time
from typing import Any

import pytest
import requests

from local.doku_simulator.apply_fault import _KINDS
from local.doku_simulator.control import ControlError
from local.doku_simulator.faults import NOTIFICATION_ONLY, Kind
from tests.support.merchant import Json, Merchant, code


def paid(doku: Merchant) -> list[str]:
    return [debit["partnerReferenceNo"] for debit in doku.control.ledger()["debits"]]


def last_request(doku: Merchant) -> Json:
    request: Json = doku.control.ledger()["requests"][-1]
    return request


def strike(doku: Merchant, kind: str, **options: Any) -> requests.Response:
    """A transfer on which the fault falls."""
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", kind, **options)
    return doku.transfer(body)


ANSWERED = [
    ("error-before", {}, "5004300", False),
    ("error-after", {"httpStatus": 504}, "5044300", True),
    ("error-after", {"responseCode": "5004302"}, "5004302", True),
    ("in-progress", {}, "2024300", True),
    ("throttled", {}, "4294300", False),
    ("unknown-code", {"responseCode": "4034399", "execute": False}, "4034399", False),
    ("unknown-code", {"responseCode": "4034399", "execute": True}, "4034399", True),
    ("unauthorized-after", {}, "4014301", True),
    ("string-codes", {}, "2004300", True),
    ("late", {"seconds": 60, "how": "unauthorized"}, "4014301", False),
    ("late", {"seconds": 60, "how": "in-progress"}, "2024300", False),
]


@pytest.mark.parametrize(("kind", "options", "answered", "executed"), ANSWERED)
def test_a_fault_decides_answer_and_execution(
    doku: Merchant, kind: str, options: Json, answered: str, executed: bool
) -> None:
    assert code(strike(doku, kind, **options)) == answered
    assert paid(doku) == (["PAY-1"] if executed else [])


BROKEN = [
    ("timeout-before", {"seconds": 0.01}, False),
    ("timeout-after", {"seconds": 0.01}, True),
    ("reset-before", {}, False),
    ("reset-after", {}, True),
    ("reset-mid-body", {}, True),
]


@pytest.mark.parametrize(("kind", "options", "executed"), BROKEN)
def test_a_broken_connection_decides_execution(doku: Merchant, kind: str, options: Json, executed: bool) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        strike(doku, kind, **options)
    assert paid(doku) == (["PAY-1"] if executed else [])


PAGES = [
    ("garbage", 200, b"<html>", True),
    ("truncated", 200, b'{"responseCode":2004300', True),
    ("empty", 200, b"", True),
    ("redirect", 307, b"", False),
    ("maintenance", 503, b"", False),
]


@pytest.mark.parametrize(("kind", "status", "start", "executed"), PAGES)
def test_an_unreadable_answer_decides_execution(
    doku: Merchant, kind: str, status: int, start: bytes, executed: bool
) -> None:
    answer = strike(doku, kind)
    assert (answer.status_code, answer.content[: len(start)]) == (status, start)
    assert paid(doku) == (["PAY-1"] if executed else [])


def test_unauthorized_uses_up_no_external_id(doku: Merchant) -> None:
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", "unauthorized")
    headers = {"X-EXTERNAL-ID": "4711"}
    assert code(doku.post("/emoney/transfer-bank", body, headers)) == "4014301"
    assert code(doku.post("/emoney/transfer-bank", body, headers)) == "2004300"


def test_wrong_reference_answers_about_another_transfer(doku: Merchant) -> None:
    assert strike(doku, "wrong-reference").json()["partnerReferenceNo"] == "ANOTHER-TRANSFER"
    doku.control.fault("status", "wrong-reference", reference="PAY-9")
    assert doku.status("PAY-1").json()["originalPartnerReferenceNo"] == "PAY-9"


def test_wrong_amount_answers_with_another_amount(doku: Merchant) -> None:
    assert strike(doku, "wrong-amount").json()["additionalInfo"]["amount"] == "1.00"
    doku.control.fault("status", "wrong-amount", value="5.00")
    assert doku.status("PAY-1").json()["amount"] == {"value": "5.00", "currency": "IDR"}


def test_status_is_not_found_for_some_simulator_time(doku: Merchant) -> None:
    doku.pay("PAY-1")
    doku.control.fault("status", "not-found", seconds=120)
    assert code(doku.status("PAY-1")) == "4045301"
    doku.control.advance(119)
    assert code(doku.status("PAY-1")) == "4045301"
    doku.control.advance(2)
    assert code(doku.status("PAY-1")) == "2005300"


def test_a_late_request_is_executed_when_its_time_comes(doku: Merchant) -> None:
    with pytest.raises(requests.ConnectionError):
        strike(doku, "late", seconds=3 * 86_400)
    assert (paid(doku), code(doku.status("PAY-1")), last_request(doku)["operation"]) == ([], "4045301", "status")
    doku.control.advance(3 * 86_400)
    ledger = doku.control.ledger()
    assert [debit["partnerReferenceNo"] for debit in ledger["debits"]] == ["PAY-1"]
    assert [one["executed"] for one in ledger["requests"] if one["operation"] == "transfer"] == [True]
    doku.log_in()
    assert doku.state("PAY-1") == "00"


def test_a_late_request_is_pending_until_doku_executes_or_refuses_it(doku: Merchant) -> None:
    """The same reference was executed meanwhile: the duplicate check refuses the late request."""
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", "late", seconds=600, how="unauthorized")
    doku.transfer(body)
    doku.transfer(body)
    pending = [[one["pending"] for one in doku.control.ledger()["requests"] if one["operation"] == "transfer"]]
    doku.control.advance(601)
    pending.append([one["pending"] for one in doku.control.ledger()["requests"] if one["operation"] == "transfer"])
    assert pending == [[True, False], [False, False]]
    assert len(doku.control.ledger()["debits"]) == 1


def test_an_unverified_late_request_is_never_executed(doku: Merchant) -> None:
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", "late", seconds=60)
    doku.secret = "SK-another"
    with pytest.raises(requests.ConnectionError):
        doku.transfer(body)
    doku.control.advance(61)
    assert paid(doku) == []


def test_without_duplicate_check_a_transfer_has_two_references(doku: Merchant) -> None:
    """A 401, executed later, and sent again meanwhile."""
    doku.control.settings(duplicate_check=False)
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", "late", seconds=60, how="unauthorized")
    assert [code(doku.transfer(body)), code(doku.transfer(body))] == ["4014301", "2004300"]
    first = doku.status("PAY-1").json()["originalReferenceNo"]
    doku.control.advance(60)
    assert paid(doku) == ["PAY-1", "PAY-1"]
    assert doku.status("PAY-1").json()["originalReferenceNo"] != first


def test_pending_is_answered_for_a_while_whatever_is(doku: Merchant) -> None:
    doku.pay("PAY-1")
    doku.control.fault("status", "pending", seconds=60)
    assert [doku.state("PAY-1"), doku.state("PAY-UNKNOWN")] == ["03", "03"]
    doku.control.advance(60)
    assert [doku.state("PAY-1"), code(doku.status("PAY-UNKNOWN"))] == ["00", "4045301"]


def test_another_reference_of_dokus(doku: Merchant) -> None:
    doku.pay("PAY-1")
    doku.control.fault("status", "other-reference")
    answers = [doku.status("PAY-1").json() for _ in range(2)]
    assert answers[0]["originalReferenceNo"] == "DK99999999" != answers[1]["originalReferenceNo"]
    assert answers[0]["originalPartnerReferenceNo"] == "PAY-1"


def test_crossed_answers_are_about_something_else(doku: Merchant) -> None:
    doku.pay("PAY-1")
    doku.control.fault("status", "crossed")
    doku.control.fault("inquiry", "crossed")
    status, inquiry = doku.status("PAY-1").json(), doku.inquire().json()
    assert (status["originalPartnerReferenceNo"], status["amount"]["value"]) == ("ANOTHER-TRANSFER", "77777.00")
    assert (inquiry["beneficiaryAccountNumber"], inquiry["sessionId"]) == ("9999999999", "I9999999999999999")


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ("duplicate-members", b'"latestTransactionStatus":"06","serviceCode":"17"'),
        ("reference-list", b'"originalPartnerReferenceNo":["PAY-1","ANOTHER-TRANSFER"]'),
        ("service-code", b'"serviceCode":"17"'),
        ("original-code", b'"originalResponseCode":"4034314"'),
    ],
)
def test_a_status_may_contradict_itself(doku: Merchant, how: str, found: bytes) -> None:
    doku.pay("PAY-1")
    doku.control.fault("status", "contradictory", how=how)
    answer = doku.status("PAY-1")
    assert found in answer.content
    assert b'"latestTransactionStatus":"00"' in answer.content


def test_a_slow_head_comes_line_by_line(doku: Merchant) -> None:
    begun = time.monotonic()
    answer = strike(doku, "slow-head", seconds=0.01, lines=5)
    assert code(answer) == "2004300"
    assert answer.headers["X-Padding-4"] == "0"
    assert time.monotonic() - begun >= 7 * 0.01


def test_a_dead_token_is_refused_at_its_first_use(doku: Merchant) -> None:
    doku.control.fault("token", "dead-token", times=2)
    codes = []
    for _ in range(3):
        doku.log_in()
        codes.append(code(doku.balance()))
    assert codes == ["4011101", "4011101", "2001100"]


def test_a_fault_may_wait_for_one_transfer(doku: Merchant) -> None:
    doku.control.fault("transfer", "error-before", partnerReferenceNo="PAY-2")
    assert [code(doku.pay(reference)) for reference in ("PAY-1", "PAY-2")] == ["2004300", "5004300"]


def test_every_kind_for_calls_has_its_effect() -> None:
    assert _KINDS.keys() == set(Kind) - NOTIFICATION_ONLY


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"operation": "transfer", "kind": "explode"}, "kind must be one of"),
        ({"operation": "refund", "kind": "slow"}, "operation must be one of"),
        ({"operation": "transfer", "kind": "not-found"}, "status only"),
        ({"operation": "transfer", "kind": "forged"}, "does not go with"),
        ({"operation": "notification", "kind": "garbage"}, "does not go with"),
        ({"operation": "transfer", "kind": "slow", "times": 0}, "times must be"),
        ({"operation": "transfer", "kind": "slow", "times": True}, "wrong type"),
        ({"operation": "transfer", "kind": "slow", "seconds": "1"}, "wrong type"),
        ({"operation": "transfer", "kind": "slow", "second": 1}, "no such option"),
        ({"operation": "transfer", "kind": "unknown-code"}, "needs responseCode"),
        ({"operation": "status", "kind": "status-says"}, "needs latestTransactionStatus"),
        ({"operation": "notification", "kind": "delayed"}, "needs seconds"),
        ({"operation": "transfer", "kind": "late"}, "needs seconds"),
        ({"operation": "transfer", "kind": "late", "seconds": 1, "how": "maybe"}, "how must be"),
        ({"operation": "status", "kind": "contradictory"}, "how must be"),
        ({"operation": "transfer", "kind": "crossed"}, "status and inquiry only"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(doku: Merchant, body: Json, message: str) -> None:
    with pytest.raises(ControlError, match=message):
        doku.control.fault(**body)
