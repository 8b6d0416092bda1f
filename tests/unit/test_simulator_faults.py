"""Every fault: what the client sees on the wire, and whether money moved."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from local.doku_simulator.apply_fault import _KINDS
from local.doku_simulator.control import ControlError
from local.doku_simulator.faults import NOTIFICATION_ONLY, Kind
from tests.support.merchant import Json, Merchant, code, merchant_of


@pytest.fixture
def doku(tmp_path: Path) -> Iterator[Merchant]:
    with merchant_of(tmp_path) as merchant:
        yield merchant


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


@pytest.mark.parametrize(("kind", "debits"), [("timeout-before", []), ("timeout-after", ["PAY-1"])])
def test_a_held_call_times_out_at_the_client(doku: Merchant, kind: str, debits: list[str]) -> None:
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", kind)
    with pytest.raises(requests.ReadTimeout):
        doku.transfer(body, timeout=0.1)
    assert paid(doku) == debits
    request = last_request(doku)
    assert (request["executed"], request["httpStatus"], request["fault"]) == (bool(debits), None, kind)


def test_a_held_connection_is_closed_when_the_time_is_over(doku: Merchant) -> None:
    with pytest.raises(requests.ConnectionError):
        strike(doku, "timeout-after", seconds=0.01)
    assert paid(doku) == ["PAY-1"]


def test_hold_after_lasts_until_faults_are_cleared(doku: Merchant) -> None:
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", "hold-after")
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(doku.transfer, body, timeout=30)
        wait_until_paid(doku)
        assert not pending.done()
        doku.control.heal()
        with pytest.raises(requests.ConnectionError):
            pending.result(timeout=5)


def wait_until_paid(doku: Merchant) -> None:
    while not paid(doku):
        pass


def test_stopping_the_simulator_ends_what_is_held(tmp_path: Path) -> None:
    with merchant_of(tmp_path) as doku, ThreadPoolExecutor(1) as pool:
        body = doku.prepare("PAY-1")
        doku.control.fault("transfer", "timeout-after", seconds=600)
        pending = pool.submit(doku.transfer, body, timeout=600)
        wait_until_paid(doku)
        begun = time.monotonic()
        doku.simulator.stop()
        with pytest.raises(requests.ConnectionError):
            pending.result(timeout=5)
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize(("kind", "debits"), [("error-before", []), ("error-after", ["PAY-1"])])
def test_a_server_error_says_nothing_about_the_money(doku: Merchant, kind: str, debits: list[str]) -> None:
    answer = strike(doku, kind)
    assert (code(answer), answer.json()["responseMessage"]) == ("5004300", "General Error")
    assert paid(doku) == debits


@pytest.mark.parametrize(
    ("options", "answered"),
    [({"httpStatus": 504}, "5044300"), ({"responseCode": "5004302"}, "5004302")],
)
def test_an_error_may_be_another_one(doku: Merchant, options: Json, answered: str) -> None:
    assert code(strike(doku, "error-after", **options)) == answered


@pytest.mark.parametrize(("kind", "debits"), [("reset-before", []), ("reset-after", ["PAY-1"])])
def test_a_reset_connection_is_reset_not_closed(doku: Merchant, kind: str, debits: list[str]) -> None:
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", kind)
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        doku.transfer(body)
    assert paid(doku) == debits


def test_reset_mid_body_sends_the_head_and_half_the_body(doku: Merchant) -> None:
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        strike(doku, "reset-mid-body")
    assert paid(doku) == ["PAY-1"]


def test_garbage_is_html_under_200(doku: Merchant) -> None:
    answer = strike(doku, "garbage")
    assert (answer.status_code, answer.headers["Content-Type"], answer.text[:6]) == (200, "text/html", "<html>")
    assert paid(doku) == ["PAY-1"]


def test_truncated_is_half_an_object_with_the_right_length(doku: Merchant) -> None:
    answer = strike(doku, "truncated")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.content.startswith(b'{"responseCode":2004300')
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()
    assert paid(doku) == ["PAY-1"]


def test_empty_is_200_with_nothing(doku: Merchant) -> None:
    answer = strike(doku, "empty")
    assert (answer.status_code, answer.content) == (200, b"")
    assert paid(doku) == ["PAY-1"]


def test_in_progress_is_executed_and_answered_202(doku: Merchant) -> None:
    answer = strike(doku, "in-progress")
    assert (code(answer), answer.json()["partnerReferenceNo"]) == ("2024300", "PAY-1")
    assert paid(doku) == ["PAY-1"]


def test_in_progress_does_not_hide_a_refusal(doku: Merchant) -> None:
    doku.control.deposit("0.00")
    assert code(strike(doku, "in-progress")) == "4034314"


@pytest.mark.parametrize(("options", "header"), [({}, None), ({"retryAfter": 7}, "7")])
def test_throttled_is_not_executed(doku: Merchant, options: Json, header: str | None) -> None:
    answer = strike(doku, "throttled", **options)
    assert (code(answer), answer.headers.get("Retry-After")) == ("4294300", header)
    assert paid(doku) == []


@pytest.mark.parametrize(("options", "status"), [({}, 307), ({"httpStatus": 308}, 308)])
def test_a_redirect_leads_to_a_path_that_serves_and_executes_nothing(
    doku: Merchant, options: Json, status: int
) -> None:
    answer = strike(doku, "redirect", **options)
    assert (answer.status_code, answer.headers["Location"]) == (status, "/snap/v1.1/emoney/transfer-bank")
    assert paid(doku) == []


@pytest.mark.parametrize(("execute", "debits"), [(False, []), (True, ["PAY-1"])])
def test_an_unknown_code_may_or_may_not_be_executed(doku: Merchant, execute: bool, debits: list[str]) -> None:
    answer = strike(doku, "unknown-code", responseCode="4034399", execute=execute)
    assert code(answer) == "4034399"
    assert paid(doku) == debits


def test_codes_are_strings_when_asked_for(doku: Merchant) -> None:
    assert strike(doku, "string-codes").json()["responseCode"] == "2004300"
    doku.control.settings(number_codes=False)
    assert doku.balance().json()["responseCode"] == "2001100"
    doku.control.fault("balance", "number-codes")
    assert doku.balance().json()["responseCode"] == 2001100


def test_the_token_answers_with_a_string_unless_numbers_are_asked_for(doku: Merchant) -> None:
    assert doku.ask_token().json()["responseCode"] == "2007300"
    doku.control.fault("token", "number-codes")
    assert doku.ask_token().json()["responseCode"] == 2007300


def test_unauthorized_is_not_executed_and_uses_up_no_external_id(doku: Merchant) -> None:
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", "unauthorized")
    headers = {"X-EXTERNAL-ID": "4711"}
    assert code(doku.post("/emoney/transfer-bank", body, headers)) == "4014301"
    assert code(doku.post("/emoney/transfer-bank", body, headers)) == "2004300"


def test_maintenance_wears_the_glossarys_envelope(doku: Merchant) -> None:
    answer = strike(doku, "maintenance")
    assert (answer.status_code, answer.json()["response_code"]) == (503, "MAINTENANCE_MODE")
    assert paid(doku) == []


def test_slow_answers_rightly_but_late(doku: Merchant) -> None:
    begun = time.monotonic()
    assert code(strike(doku, "slow", seconds=0.05)) == "2004300"
    assert time.monotonic() - begun >= 0.05


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


def test_status_is_not_found_so_many_times(doku: Merchant) -> None:
    doku.pay("PAY-1")
    doku.control.fault("status", "not-found", times=2)
    assert [code(doku.status("PAY-1")) for _ in range(3)] == ["4045301", "4045301", "2005300"]


def test_status_says_what_it_is_told(doku: Merchant) -> None:
    doku.pay("PAY-1")
    doku.control.fault("status", "status-says", latestTransactionStatus="06")
    assert [doku.state("PAY-1"), doku.state("PAY-1")] == ["06", "00"]


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


@pytest.mark.parametrize(("how", "answered"), [("unauthorized", "4014301"), ("in-progress", "2024300")])
def test_a_late_request_may_be_answered(doku: Merchant, how: str, answered: str) -> None:
    assert code(strike(doku, "late", seconds=60, how=how)) == answered
    assert paid(doku) == []
    doku.control.advance(60)
    assert paid(doku) == ["PAY-1"]


def test_a_late_request_that_cannot_be_verified_is_never_executed(doku: Merchant) -> None:
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", "late", seconds=60)
    doku.secret = "SK-another"
    with pytest.raises(requests.ConnectionError):
        doku.transfer(body)
    doku.control.advance(61)
    assert paid(doku) == []


def test_without_a_duplicate_check_one_transfer_gets_two_references(doku: Merchant) -> None:
    """A 401, executed later, and sent again meanwhile."""
    doku.control.settings(duplicate_check=False)
    body = doku.prepare("PAY-1")
    doku.control.fault("transfer", "late", seconds=60, how="unauthorized")
    assert [code(doku.transfer(body)), code(doku.transfer(body))] == ["4014301", "2004300"]
    first = doku.status("PAY-1").json()["originalReferenceNo"]
    doku.control.advance(60)
    assert paid(doku) == ["PAY-1", "PAY-1"]
    assert doku.status("PAY-1").json()["originalReferenceNo"] != first


def test_unauthorized_after_executes_and_answers_401(doku: Merchant) -> None:
    assert code(strike(doku, "unauthorized-after")) == "4014301"
    assert paid(doku) == ["PAY-1"]


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


def test_faults_fall_in_the_order_they_were_asked_for(doku: Merchant) -> None:
    doku.control.fault("balance", "throttled", times=2)
    doku.control.fault("balance", "error-before")
    assert [code(doku.balance()) for _ in range(4)] == ["4291100", "4291100", "5001100", "2001100"]


def test_a_fault_without_end_lasts_until_cleared(doku: Merchant) -> None:
    doku.control.fault("balance", "throttled", times=None)
    assert {code(doku.balance()) for _ in range(5)} == {"4291100"}
    assert [fault["kind"] for fault in doku.control.faults()] == ["throttled"]
    doku.control.heal()
    assert doku.control.faults() == []
    assert code(doku.balance()) == "2001100"


def test_a_token_call_can_fail_too(doku: Merchant) -> None:
    doku.control.fault("token", "error-before")
    assert [code(doku.ask_token()), code(doku.ask_token())] == ["5007300", "2007300"]
    failed, granted = doku.control.ledger()["tokenRequests"]
    assert (failed["executed"], granted["executed"]) == (False, True)


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


def test_connections_are_kept_alive(doku: Merchant) -> None:
    host, port = doku.simulator.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        for _ in range(2):
            connection.sendall(b"GET /_simulator/health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in connection.recv(4096)


def test_an_answer_leaves_in_one_segment(doku: Merchant) -> None:
    host, port = doku.simulator.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /_simulator/health HTTP/1.1\r\nHost: x\r\n\r\n")
        first = connection.recv(4096)
    assert first.endswith(b"}")


def test_stopping_ends_idle_connections_and_threads(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with merchant_of(tmp_path, ticker=True) as doku:
        doku.balance()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=5)
        assert not thread.is_alive()
