"""The catalogue holds every row of DOKU's tables in DOKU's words, and what we add to them does not contradict.

`tests/fixtures/codes/` has DOKU's tables as data, parsed from its documentation, and copies of the SNAP and legacy
tables (docs/doku-protocol.md).
"""

import csv
import json
from pathlib import Path

import pytest

from payouts.codes import biller
from payouts.codes.advice import advise
from payouts.codes.catalogue import SYSTEMS, listed, search
from payouts.codes.explain import explain
from payouts.codes.models import CodeMeaning, MoneyMoved, Retry, Scope, System
from payouts.doku.outcomes import Outcome, Service, classify, rows
from payouts.domain.schedule import NOT_RECEIVED
from payouts.domain.transfer import Finding
from tests.unit.test_evidence import of_status

FIXTURES = Path(__file__).parents[1] / "fixtures" / "codes"
EVERY = [reading for explained in search() for reading in explained.readings]
NOT_EXECUTED = (Outcome.REJECTED,)


def table(name: str) -> list[dict[str, str]]:
    with (FIXTURES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def code_of(row: dict[str, str]) -> str:
    return row.get("code") or f"{row['http']}xx{row['case']}"


def read(system: System, code: str) -> tuple[CodeMeaning, ...]:
    explained = explain(code, system)
    assert explained.known
    return explained.readings


BILLER, CASES = table("biller_codes"), table("snap_case_codes")


def test_the_fixtures_are_whole() -> None:
    business, http = table("glossary_business"), table("glossary_http")
    assert (len(BILLER), len(business), len(http), len(CASES)) == (22, 9, 11, 74)


@pytest.mark.parametrize("row", BILLER, ids=code_of)
def test_biller_codes_are_dokus_row_by_row(row: dict[str, str]) -> None:
    ours = biller.codes()[row["code"]]
    section = {"Success Code": "success"}.get(row["section"], row["section"].removeprefix("Category ").strip('"'))
    assert (ours["message"], ours["states"], ours["description"]) == (row["message"], row["state"], row["description"])
    assert ours["category"] == section
    assert ours["meaning"] == row["description"] or not row["description"]


def test_no_biller_code_is_invented() -> None:
    assert list(biller.codes()) == [row["code"] for row in BILLER]


@pytest.mark.parametrize("row", BILLER, ids=code_of)
def test_a_biller_code_is_read_in_each_state_of_dokus(row: dict[str, str]) -> None:
    named = {word for word in ("inquiry", "payment", "advice") if word in row["state"].lower()}
    scopes = [reading.scope for reading in read(System.BILLER, row["code"])]
    assert set(scopes) == (named or {"inquiry", "payment", "advice"})
    assert len(set(scopes)) == len(scopes)


def test_biller_categories_are_dokus() -> None:
    ours = [(row["category"], row["description"]) for row in rows("biller_categories.csv")]
    assert ours == [(row["category"], row["description"]) for row in table("biller_categories")]


@pytest.mark.parametrize("code", ["0000", "5586"])
def test_the_success_codes_hold_the_customers_money(code: str) -> None:
    assert all(reading.advice.hold_funds for reading in read(System.BILLER, code))


def test_5586_waits_for_a_notification_or_advice() -> None:
    (pending,) = read(System.BILLER, "5586")
    assert (pending.outcome, pending.advice.money_moved) == ("advise", MoneyMoved.UNKNOWN)
    assert "callback" in pending.advice.next_step
    assert "advice" in pending.advice.next_step


@pytest.mark.parametrize("row", table("glossary_business"), ids=code_of)
def test_glossary_codes_are_dokus_row_by_row(row: dict[str, str]) -> None:
    transfer, question = read(System.GLOSSARY, row["code"])
    assert (transfer.scope, question.scope) == (Scope.TRANSFER, Scope.QUESTION)
    for reading in (transfer, question):
        words = (reading.http_status, reading.message, reading.meaning, reading.suggested_action)
        assert words == (row["http_status"], row["message_example"], row["description"], row["suggested_action"])


def test_the_glossary_and_its_http_statuses_hold_nothing_else() -> None:
    assert list(listed(System.GLOSSARY)) == [row["code"] for row in table("glossary_business")]
    assert list(listed(System.HTTP)) == [row["code"] for row in table("glossary_http")]


@pytest.mark.parametrize("row", table("glossary_http"), ids=code_of)
def test_http_statuses_are_dokus_row_by_row(row: dict[str, str]) -> None:
    reading = read(System.HTTP, row["code"])[0]
    assert (reading.message, reading.meaning) == (row["meaning"], row["description"])


def test_the_error_format_and_example_are_dokus() -> None:
    example = json.loads((FIXTURES / "glossary_error.json").read_text())
    verdict = classify(Service.INQUIRY, 400, example)
    assert (verdict.outcome, verdict.code, verdict.message) == (
        Outcome.REJECTED,
        "INVALID_PARAMETER",
        "amount is required",
    )


@pytest.mark.parametrize(
    "code", ["DUPLICATE_TRANSACTION", "SERVER_ERROR", "MAINTENANCE_MODE", "TOO_MANY_REQUESTS", "TRANSACTION_NOT_FOUND"]
)
def test_advice_that_could_pay_twice_becomes_hold(code: str) -> None:
    transfer = read(System.GLOSSARY, code)[0]
    assert (transfer.advice.retry, transfer.advice.hold_funds) == (Retry.NEVER, True)
    assert "check status" in transfer.advice.next_step
    assert not transfer.suggested_action_safe or code == "TRANSACTION_NOT_FOUND"


@pytest.mark.parametrize("row", CASES, ids=code_of)
def test_snap_cases_are_the_standards_row_by_row(row: dict[str, str]) -> None:
    for service in table("snap_service_codes"):
        (reading,) = read(System.SNAP, row["http"] + service["service"] + row["case"])
        assert (reading.message, reading.service, reading.service_name) == (
            row["message"],
            service["service"],
            service["meaning"],
        )
        assert reading.meaning == row["meaning"] or row["meaning"] in ("-", "extension")


def test_no_snap_case_is_invented() -> None:
    assert len(listed(System.SNAP)) == len(CASES) * len(Service)
    assert {(code[:3], code[5:]) for code in listed(System.SNAP)} == {(row["http"], row["case"]) for row in CASES}


@pytest.mark.parametrize("reading", [one for one in EVERY if one.system is System.SNAP], ids=lambda one: one.code)
def test_snap_codes_are_handled_as_catalogued(reading: CodeMeaning) -> None:
    body = {"responseCode": reading.code, "responseMessage": reading.message}
    verdict = classify(Service(reading.service), int(reading.http_status), body)
    assert verdict.outcome == reading.outcome
    assert advise(reading.scope, verdict.outcome, verdict.cause) is reading.advice


@pytest.mark.parametrize("service", Service)
def test_glossary_codes_are_handled_as_catalogued(service: Service) -> None:
    scope = Scope.TRANSFER if service is Service.TRANSFER else Scope.QUESTION
    for reading in (one for one in EVERY if one.system is System.GLOSSARY and one.scope is scope):
        verdict = classify(service, int(reading.http_status), {"response_code": reading.code})
        assert (verdict.outcome, advise(scope, verdict.outcome, verdict.cause)) == (reading.outcome, reading.advice)


@pytest.mark.parametrize("row", table("kirim_doku_statuses"), ids=code_of)
def test_transfer_statuses_are_served_in_dokus_words(row: dict[str, str]) -> None:
    (reading,) = read(System.KIRIM_DOKU_STATUS, row["code"])
    assert reading.message == row["meaning"]


LEGACY = {
    "api_status": System.KIRIM_DOKU_LEGACY,
    "transaction_status": System.KIRIM_DOKU_STATUS,
    "payment_responseCode": System.KIRIM_DOKU_PAYMENT,
    "notification_reply": System.KIRIM_DOKU_NOTIFICATION,
    "notification_activityCode": System.KIRIM_DOKU_NOTIFICATION,
}


def test_every_legacy_status_is_served_and_none_is_invented() -> None:
    expected: dict[System, set[str]] = {}
    for row in table("kirim_legacy_codes"):
        if row["kind"] in LEGACY:
            expected.setdefault(LEGACY[row["kind"]], set()).add(row["code"])
    assert {system: set(listed(system)) for system in expected} == expected


def test_latest_transaction_status_goes_from_00_to_07() -> None:
    assert list(listed(System.SNAP_STATUS)) == [f"0{digit}" for digit in range(8)]


@pytest.mark.parametrize(
    "reading",
    [one for one in EVERY if one.system in (System.SNAP_STATUS, System.KIRIM_DOKU_STATUS)],
    ids=lambda one: f"{one.system}-{one.code}",
)
def test_a_status_is_found_to_be_what_the_catalogue_says(reading: CodeMeaning) -> None:
    """A legacy "0" is not asked for: DOKU's number 0 is 00."""
    if reading.code != "0":
        assert of_status(latestTransactionStatus=reading.code).finding == reading.outcome


def test_our_own_reasons_are_explained() -> None:
    assert set(listed(System.PAYOUTS)) == {Finding.NOT_SENT, NOT_RECEIVED}


def test_everything_is_shown_in_both_languages() -> None:
    for reading in EVERY:
        advice = reading.advice
        for english, indonesian in (
            (reading.meaning, reading.meaning_id),
            (advice.next_step, advice.next_step_id),
            (reading.service_name, reading.service_name_id),
        ):
            assert bool(english) == bool(indonesian)
            assert not english or english != indonesian or english in ("RTGS", "SKN")
        assert reading.meaning
        assert advice.next_step


def test_money_is_released_only_if_it_did_not_move() -> None:
    for reading in EVERY:
        advice = reading.advice
        assert advice.hold_funds or advice.money_moved is MoneyMoved.NO, reading
        if advice.money_moved is not MoneyMoved.NO:
            assert advice.retry is not Retry.NEW_REFERENCE, reading


@pytest.mark.covers(15, 16, 17, 18, 19)
def test_a_transfer_code_never_advises_a_second_send() -> None:
    for reading in (one for one in EVERY if one.scope is Scope.TRANSFER):
        certain = reading.outcome in NOT_EXECUTED
        assert (not reading.advice.hold_funds, reading.advice.money_moved is MoneyMoved.NO) == (certain, certain)
        assert reading.advice.retry in ((Retry.NEW_REFERENCE, Retry.NEVER) if certain else (Retry.NEVER,))


def test_a_query_code_settles_no_transfer() -> None:
    for reading in EVERY:
        if reading.scope is Scope.QUESTION:
            assert reading.advice.money_moved is MoneyMoved.NO
        if reading.scope is Scope.STATUS:
            assert (reading.advice.money_moved, reading.advice.hold_funds) == (MoneyMoved.UNKNOWN, True)


def test_a_refused_query_names_the_apis_glossary_code() -> None:
    for outcome in Outcome:
        answer = advise(Scope.QUESTION, outcome).answer
        assert answer in listed(System.GLOSSARY) or outcome is Outcome.ACCEPTED


def test_no_advice_is_idle_or_stands_twice() -> None:
    table_rows = [(row["scope"], row["outcome"], row["cause"]) for row in rows("advice.csv")]
    assert len(set(table_rows)) == len(table_rows)
    best = [explain(code) for code in ("4034399", "4034299", "4035399", "UE01", "599", "?")]
    used = {id(reading.advice) for explained in (*search(), *best) for reading in explained.readings}
    idle = [key for key in table_rows if id(advise(Scope(key[0]), key[1], key[2])) not in used]
    assert idle == []


def test_the_search_covers_codes_and_both_languages() -> None:
    assert [one.code for one in search(System.BILLER, "partner's TOP up")] == ["IT08"]
    assert [one.code for one in search(System.BILLER, "sudah kedaluwarsa")] == ["U102"]
    assert search(query="4034314")[0].code == "4034314"
    assert search(query="no such words") == []
    assert len(search()) == sum(len(listed(system)) for system in SYSTEMS)
