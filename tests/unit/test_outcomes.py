"""Every answer of DOKU is one of seven outcomes, and only a certain one says that a transfer was not executed."""

import csv
import json
from functools import cache
from pathlib import Path

import pytest

import payouts.doku
from payouts.doku import responses
from payouts.doku.outcomes import TOKEN, UNLISTED, Classification, Outcome, Service, cases, classify, glossary, text
from payouts.doku.transport import HttpResponse

DATA = Path(payouts.doku.__file__).parent / "data"
QUESTIONS: list[Service] = [service for service in Service if service is not Service.TRANSFER]
HTTP = range(100, 600)

# The codes that say "not executed", for certain or by the SNAP standard.
NOT_EXECUTED_HTTP = {"400", "401", "403", "405", "429"}
NOT_EXECUTED_404 = {"03", "08", "11", "16"}
BUT_AMBIGUOUS = {("403", "16")}
SAYS_NOT_EXECUTED = {Outcome.REJECTED, Outcome.UNAUTHORIZED}

# The codes that DOKU documents for a transfer (service 43).
TRANSFER_CODES = {
    "2004300": Outcome.ACCEPTED,
    "2024300": Outcome.PENDING,
    **dict.fromkeys(["4004300", "4004301", "4004302"], Outcome.REJECTED),
    **dict.fromkeys(["4014300", "4014301", "4014303"], Outcome.UNAUTHORIZED),
    **dict.fromkeys(["4034302", "4034303", "4034314", "4034318", "4044311"], Outcome.REJECTED),
    "4034316": Outcome.IN_DOUBT,
    "4044318": Outcome.IN_DOUBT,
    **dict.fromkeys(["4094300", "4094301", "4094302"], Outcome.IN_DOUBT),
    "4294300": Outcome.REJECTED,
    **dict.fromkeys(["5004300", "5004301", "5004302", "5044300"], Outcome.IN_DOUBT),
}
GLOSSARY = {
    "INVALID_PARAMETER": (400, Outcome.REJECTED, Outcome.REJECTED),
    "INVALID_TOKEN": (401, Outcome.UNAUTHORIZED, Outcome.UNAUTHORIZED),
    "MERCHANT_NOT_ACTIVE": (403, Outcome.REJECTED, Outcome.REJECTED),
    "TRANSACTION_NOT_FOUND": (404, Outcome.IN_DOUBT, Outcome.NOT_FOUND),
    "DUPLICATE_TRANSACTION": (409, Outcome.IN_DOUBT, Outcome.REJECTED),
    "VALIDATION_ERROR": (422, Outcome.REJECTED, Outcome.REJECTED),
    "TOO_MANY_REQUESTS": (429, Outcome.THROTTLED, Outcome.THROTTLED),
    "SERVER_ERROR": (500, Outcome.IN_DOUBT, Outcome.IN_DOUBT),
    "MAINTENANCE_MODE": (503, Outcome.IN_DOUBT, Outcome.IN_DOUBT),
}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CASES = rows("snap_cases.csv")


def snap(service: Service, http: int, code: object) -> Outcome:
    return classify(service, http, {"responseCode": code, "responseMessage": "m"}).outcome


@cache
def all_codes(service: Service) -> list[tuple[int, str, Outcome]]:
    """Every HTTP status with every case that seven digits can say."""
    cases_of = [(http, f"{case:02d}") for http in HTTP for case in range(100)]
    return [(http, case, snap(service, http, f"{http}{service}{case}")) for http, case in cases_of]


def test_the_tables_are_read_once() -> None:
    assert cases() is cases()
    assert glossary() is glossary()


@pytest.mark.covers(19)
@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row['http']}xx{row['case']}")
def test_every_known_code_means_what_the_table_says(row: dict[str, str]) -> None:
    http = int(row["http"])
    for service in Service:
        expected = row["on_transfer" if service is Service.TRANSFER else "on_query"]
        code = f"{row['http']}{service}{row['case']}"
        verdict = classify(service, http, {"responseCode": code, "responseMessage": row["message"]})
        assert (verdict.outcome, verdict.code, verdict.message) == (expected, code, row["message"])
        assert classify(service, http, {"responseCode": int(code), "responseMessage": row["message"]}) == verdict


@pytest.mark.covers(15, 16, 17, 18)
@pytest.mark.parametrize(("code", "outcome"), TRANSFER_CODES.items())
def test_the_codes_that_a_transfer_is_known_to_get(code: str, outcome: Outcome) -> None:
    assert snap(Service.TRANSFER, int(code[:3]), code) is outcome


@pytest.mark.covers("I6")
def test_only_the_standards_list_says_not_executed() -> None:
    for row in CASES:
        http, case = row["http"], row["case"]
        listed = http in NOT_EXECUTED_HTTP or (http == "404" and case in NOT_EXECUTED_404)
        certain = snap(Service.TRANSFER, int(http), f"{http}43{case}") in SAYS_NOT_EXECUTED
        assert certain == (listed and (http, case) not in BUT_AMBIGUOUS), (http, case)


@pytest.mark.covers(19)
def test_an_unknown_code_leaves_a_transfer_in_doubt() -> None:
    known = {(int(row["http"]), row["case"]) for row in CASES}
    for http, case, outcome in all_codes(Service.TRANSFER):
        assert (http, case) in known or outcome is Outcome.IN_DOUBT


@pytest.mark.covers(15, 16, 17, "I6")
def test_ambiguous_http_statuses_never_say_not_executed() -> None:
    for http, case, outcome in all_codes(Service.TRANSFER):
        if http >= 500 or http in (202, 409) or (http, case) == (404, "18"):
            assert outcome in (Outcome.IN_DOUBT, Outcome.PENDING), (http, case)


@pytest.mark.covers(18)
def test_only_4294300_is_a_429_that_refuses_a_transfer() -> None:
    """Any other 429 proves nothing about a transfer. A question that gets one may be asked again."""
    found = [
        case for http, case, outcome in all_codes(Service.TRANSFER) if http == 429 and outcome in SAYS_NOT_EXECUTED
    ]
    assert found == ["00"]
    assert {snap(service, 429, f"429{service}00") for service in QUESTIONS} == {Outcome.THROTTLED}
    assert classify(Service.TRANSFER, 429, {"response_code": "TOO_MANY_REQUESTS"}).outcome is Outcome.THROTTLED


def test_only_2004300_accepts_and_only_2024300_is_pending() -> None:
    found = {outcome: (http, case) for http, case, outcome in all_codes(Service.TRANSFER)}
    assert found[Outcome.ACCEPTED] == (200, "00")
    assert found[Outcome.PENDING] == (202, "00")
    accepted = [http for http, _, outcome in all_codes(Service.TRANSFER) if outcome is Outcome.ACCEPTED]
    assert accepted == [200]


@pytest.mark.covers(20)
def test_only_4045301_says_that_a_transfer_is_not_found() -> None:
    missing = [(http, case) for http, case, outcome in all_codes(Service.STATUS) if outcome is Outcome.NOT_FOUND]
    assert missing == [(404, "01")]


@pytest.mark.covers(19)
@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row['http']}xx{row['case']}")
def test_a_code_of_another_status_or_service_is_in_doubt(row: dict[str, str]) -> None:
    for service in Service:
        code = f"{row['http']}{service}{row['case']}"
        assert {snap(service, http, code) for http in HTTP if http != int(row["http"])} == {Outcome.IN_DOUBT}
        others: list[str] = [*(str(other) for other in Service if other is not service), "36", "00"]
        for other in others:
            assert snap(service, int(row["http"]), f"{row['http']}{other}{row['case']}") is Outcome.IN_DOUBT


def test_the_glossary_table_is_dokus() -> None:
    assert {row["code"] for row in rows("glossary.csv")} == set(GLOSSARY)


@pytest.mark.parametrize("code", GLOSSARY)
def test_a_glossary_code_needs_its_own_http_status(code: str) -> None:
    http, on_transfer, on_question = GLOSSARY[code]
    body = {"status": "FAILED", "response_code": code, "response_message": "m"}
    assert classify(Service.TRANSFER, http, body).outcome is on_transfer
    for service in QUESTIONS:
        verdict = classify(service, http, body)
        assert (verdict.outcome, verdict.code, verdict.message) == (on_question, code, "m")
    for service in Service:
        others = {classify(service, other, body).outcome for other in HTTP if other != http}
        assert others == {Outcome.IN_DOUBT}


@pytest.mark.covers(19)
@pytest.mark.parametrize(
    "code",
    [
        *(True, False, None, 2004300.0, 1.5, [], ["2004300"], {}, {"code": "2004300"}),
        *("", " ", "200430", "20043000", " 2004300", "2004300 ", "2004300\n", "2004300.0", "+004300", "-2004300"),
        *(
            "\uff12\uff10\uff10\uff14\uff13\uff10\uff10",
            "200\uff14\uff1300",
            "20043\u0660\u0660",
            "OK",
            "SUCCESS",
            "0000",
            0,
            -2004300,
            20043,
            10**30,
        ),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("member", ["responseCode", "response_code"])
@pytest.mark.parametrize("service", Service)
def test_what_is_no_code_is_in_doubt(service: Service, member: str, code: object) -> None:
    for http in (200, 202, 400, 401, 404, 429):
        assert classify(service, http, {member: code}).outcome is Outcome.IN_DOUBT


@pytest.mark.covers(13, 14)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"NaN",
        b"2004300",
        b'"2004300"',
        b"[]",
        b'[{"responseCode":"2004300"}]',
        b"{}",
        b"<html><body>502 Bad Gateway</body></html>",
        b'<html>{"responseCode":"2004300"}</html>',
        b'{"responseCode":"2004300","responseMes',
        b'{"responseCode":"2004300"}{"responseCode":"2004300"}',
        b'{"responseCode":NaN}',
        b'{"responseCode":1e999}',
        b'{"responseCode":' + b"9" * 5000 + b"}",
        b'{"responseCode":"2004300\xff"}',
        b"\xff\xfe\x00",
        b"[" * 10_000,
        b'{"a":' * 10_000,
        b'{"message":["Unauthorized"]}',
        b'{"status":404,"error":"Not Found","path":"/v1.0/emoney/transfer-bank"}',
    ],
    ids=lambda body: body[:24].decode(errors="replace"),
)
@pytest.mark.parametrize("http", [200, 202, 301, 307, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504])
def test_a_body_without_a_readable_code_is_in_doubt(body: bytes, http: int) -> None:
    for service in Service:
        assert responses.read(service, HttpResponse(http, body)).outcome is Outcome.IN_DOUBT


def test_two_envelopes_at_once_are_read_as_snap() -> None:
    body = {"responseCode": "5004300", "response_code": "VALIDATION_ERROR"}
    assert classify(Service.TRANSFER, 422, body).outcome is Outcome.IN_DOUBT
    assert classify(Service.TRANSFER, 500, body).outcome is Outcome.IN_DOUBT


@pytest.mark.parametrize("code", ["20043000", "200430", "20043a0", "2004 00", "4005300"])
def test_a_code_that_is_none_of_this_call_is_not_looked_up(code: str) -> None:
    assert classify(Service.TRANSFER, 200, {"responseCode": code}).cause == ""
    assert classify(Service.TRANSFER, 200, {"responseCode": "2004399"}).cause == UNLISTED


def test_what_is_kept_of_an_answer_is_text_and_bounded() -> None:
    assert (text("x" * 300), text("y" * 300, 3), text(2004300)) == ("x" * 200, "yyy", "2004300")
    assert {text(value) for value in (None, True, 1.5, ["a"], {"a": 1}, b"a")} == {""}


def test_a_verdict_names_the_code_even_where_it_proves_nothing() -> None:
    reply = HttpResponse(200, json.dumps({"responseCode": 5004300, "responseMessage": "General Error"}).encode())
    verdict = responses.read(Service.TRANSFER, reply).verdict
    assert (verdict.outcome, verdict.code, verdict.message) == (Outcome.IN_DOUBT, "5004300", "General Error")


def test_a_refused_token_is_told_from_a_refused_signature() -> None:
    assert Classification(Outcome.UNAUTHORIZED, cause=TOKEN).refuses_token is True
    for cause in ("", "a cause", "~"):
        assert Classification(Outcome.UNAUTHORIZED, cause=cause).refuses_token is False
    assert Classification(Outcome.REJECTED, cause=TOKEN).refuses_token is False
