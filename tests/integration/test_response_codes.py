"""The response-codes route, and every code through the real client and API: both agree."""

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from payouts.codes.catalogue import listed
from payouts.codes.explain import explain
from payouts.codes.models import CodeMeaning, MoneyMoved, Retry, Scope, System
from payouts.doku.outcomes import Outcome, glossary
from tests.support.harness import World, order

ASKED = ("customerNumber", "beneficiaryAccountNumber", "beneficiaryBankCode", "beneficiaryAccountName", "amount")
STATUS = {
    Outcome.ACCEPTED: (201, "ACCEPTED"),
    Outcome.PENDING: (201, "UNPAID"),
    Outcome.REJECTED: (201, "FAILED"),
    Outcome.UNAUTHORIZED: (201, "FAILED"),
    Outcome.THROTTLED: (202, "IN_DOUBT"),
    Outcome.NOT_FOUND: (202, "IN_DOUBT"),
    Outcome.IN_DOUBT: (202, "IN_DOUBT"),
}
"""What the transfer API makes of each outcome of a transfer."""
UNLISTED = ("2004399", "5994342", "4034299")


def rows(scope: Scope, service: str) -> Iterator[CodeMeaning]:
    """Every SNAP row of that service and every glossary row, and some that no table lists."""
    for system in (System.SNAP, System.GLOSSARY):
        for explained in listed(system).values():
            yield from (one for one in explained.readings if one.scope is scope and one.service in ("", service))
    yield from (one for code in UNLISTED for one in explain(code, System.SNAP).readings if one.service == service)


def strike(world: World, operation: str, reading: CodeMeaning) -> None:
    """Let DOKU answer every call of `operation` with that code, and execute none."""
    world.doku.heal()
    options: dict[str, Any] = {"responseCode": reading.code, "times": None}
    if reading.http_status.isdecimal() and 200 <= int(reading.http_status) <= 599:
        options["httpStatus"] = int(reading.http_status)
    world.doku.fault(operation, "unknown-code", **options)


@pytest.mark.covers(15, 16, 17, 18, 19)
def test_a_transfer_code_has_its_catalogued_effect(world: World) -> None:
    walked = list(rows(Scope.TRANSFER, "43"))
    assert len(walked) == 74 + 9 + 2
    for reading in walked:
        strike(world, "transfer", reading)
        body = order()
        answer = world.create(body)
        assert (answer.status, answer.body["status"]) == STATUS[Outcome(reading.outcome)], reading
        failed = answer.body["status"] == "FAILED" and reading.outcome != Outcome.UNAUTHORIZED  # which a check decided
        assert failed is (reading.advice.money_moved is MoneyMoved.NO), reading
        assert failed is not reading.advice.hold_funds, reading
        assert answer.body["history"][-1]["code"] == reading.code
        assert len(world.sent(body["partnerReferenceNo"])) == (2 if reading.outcome == Outcome.UNAUTHORIZED else 1)
        assert world.debits(body["partnerReferenceNo"]) == []


def test_an_inquiry_code_has_its_catalogued_answer(world: World) -> None:
    body = order()
    walked = [one for one in rows(Scope.QUESTION, "42") if one.outcome != Outcome.ACCEPTED]
    assert len(walked) == 73 + 9 + 1
    for reading in walked:
        strike(world, "inquiry", reading)
        asked = world.request("POST", "/v1/account-inquiries", {name: body[name] for name in ASKED})
        said = asked.body
        assert said["response_code"] == reading.advice.answer, reading
        assert asked.status == int(glossary()[reading.advice.answer]["http"]), reading
        assert said["retryable"] is (reading.advice.retry is Retry.SAME_REFERENCE), reading
        assert said["response_message"].endswith(reading.advice.next_step), reading
        assert said["doku_response_code"] == reading.code


def test_a_refused_inquiry_stores_no_transfer(world: World) -> None:
    world.doku.fault("inquiry", "unknown-code", responseCode="4034201")
    body = order()
    answer = world.create(body)
    assert (answer.status, answer.body["response_code"]) == (403, "MERCHANT_NOT_ACTIVE")
    assert answer.body["retryable"] is False
    assert world.stored(body["partnerReferenceNo"]) is None


def get(world: World, code: str, **query: str) -> dict[str, Any]:
    sent = f"/v1/response-codes/{quote(code, safe='', errors='surrogatepass')}"
    answer = world.request("GET", f"/v1/response-codes/{code}", query=query, sent_path=sent)
    assert answer.status == 200
    found: dict[str, Any] = answer.body
    return found


def test_a_code_is_explained_with_all_that_a_support_desk_needs(world: World) -> None:
    found = get(world, "4034314")
    (reading,) = found["readings"]
    assert (found["code"], found["known"]) == ("4034314", True)
    assert reading == reading | {
        "system": "snap",
        "code": "4034314",
        "appliesTo": "transfer",
        "message": "Insufficient Funds",
        "moneyMoved": "no",
        "holdFunds": False,
        "retry": "new reference",
        "whoActs": "merchant",
        "service": "43",
        "serviceName": "Transfer to bank",
        "httpStatus": "403",
    }
    assert "Top up the balance" in reading["nextStep"]
    assert "Isi saldo" in reading["nextStepId"]
    assert "suggestedAction" not in reading


def test_dokus_unsafe_advice_is_served_as_such(world: World) -> None:
    transfer, question = get(world, "DUPLICATE_TRANSACTION")["readings"]
    assert (transfer["suggestedAction"], transfer["suggestedActionSafe"]) == ("Use a unique transaction ID", False)
    assert (transfer["retry"], transfer["holdFunds"], question["appliesTo"]) == ("never", True, "question")


def test_an_unknown_code_is_no_error(world: World) -> None:
    odd = ("🙂", "a b", "a\nb", "%", "100%25", "<script>", '"', "\\", "é" * 5000, "/")
    for code in ("4034399", "UE01", "no-such", *odd):
        found = get(world, code)
        assert found["known"] is False
        assert len(found["readings"]) >= 1
        assert len(found["code"]) <= 64


def test_the_readings_of_one_system_can_be_asked_for(world: World) -> None:
    assert [one["system"] for one in get(world, "00", system="kirim-doku-payment")["readings"]] == [
        "kirim-doku-payment"
    ]


def test_the_list_is_filtered_by_system_and_words(world: World) -> None:
    def codes(**query: str) -> list[str]:
        answer = world.request("GET", "/v1/response-codes", query=query)
        assert answer.status == 200
        return [one["code"] for one in answer.body["codes"]]

    assert len(codes(system="biller")) == 22
    assert codes(system="biller", query="saldo DEPOSIT mitra") == ["IT08"]
    assert codes(query="duplicate_transaction") == ["DUPLICATE_TRANSACTION"]
    assert codes(query="no such words") == []
    assert {"4034314", "5586", "IT08", "07"} < set(codes())


def test_an_unknown_system_is_refused_in_dokus_format(world: World) -> None:
    for path, system in itertools.product(("", "/00"), ("nope", "unknown", "BILLER", "é")):
        answer = world.request("GET", f"/v1/response-codes{path}", query={"system": system})
        said = answer.body
        assert (answer.status, said["status"], said["response_code"]) == (422, "FAILED", "VALIDATION_ERROR")
        assert "biller" in said["response_message"]
        assert system not in said["response_message"].replace(",", "").split()


def test_no_code_at_all_is_the_list(world: World) -> None:
    assert world.request("GET", "/v1/response-codes").status == 200
    assert world.request("POST", "/v1/response-codes/00").status == 405
