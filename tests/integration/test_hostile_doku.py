"""Whatever DOKU answers: no use case breaks, nothing is FAILED without proof, nothing SUCCESS without evidence.

Each property has an oracle of its own, which reads the answer as sent and shares no code with the product.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from local.gateway.http_server import HttpServer, Request, Response
from tests.support.harness import World, inquiry_of, order

EXAMPLES = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Content-Encoding", "Retry-After", "Location", "Set-Cookie", "X-Anything"]),
    st.sampled_from(["application/json", "text/html", "gzip", "br", "0", "-1", "1e99", "//evil.example", "é", ""]),
    max_size=3,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True)
class Said:
    """An answer as sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, Any]:
        """Its JSON object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def says(self, name: str) -> str:
        """A member as text, be it a number."""
        value = self.fields.get(name)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


@dataclass
class Doku:
    """A proxy before the simulator that answers some operations itself."""

    behind: str
    instead: dict[str, Said] = field(default_factory=dict)

    def answer(self, request: Request) -> Response:
        """The prepared answer, or the simulator's."""
        said = self.instead.get(request.path.rpartition("/")[2])
        if said is not None:
            return Response(said.body, said.status, [(name, value) for name, value in said.headers.items()])
        kept = {name: value for name, value in request.headers if name.lower() not in ("host", "content-length")}
        passed = requests.post(self.behind + request.target, data=request.data, headers=kept, timeout=10)
        return Response(passed.content, passed.status_code, [("content-type", "application/json")])


@pytest.fixture
def doku(world: World) -> Iterator[Doku]:
    between = Doku(world.environment["DOKU_BASE_URL"])
    server = HttpServer(between.answer, 0)
    server.start()
    world.environment = {**world.environment, "DOKU_BASE_URL": server.url}
    yield between
    server.close()


@pytest.fixture
def merchant(world: World, doku: Doku) -> World:
    """A deployment whose DOKU is the one between."""
    return world.restarted()


def answers(service: str, **likely: st.SearchStrategy[Any]) -> st.SearchStrategy[Said]:
    """Any bytes, any JSON, and JSON that looks like an answer of `service`, under any status."""
    statuses = st.sampled_from([200, 202, 301, 307, 400, 401, 403, 404, 405, 409, 429, 500, 504]) | st.integers(
        200, 599
    )
    cases = st.sampled_from(["00", "01", "02", "03", "08", "11", "14", "16", "18", "99"])
    codes = st.builds(lambda http, case: f"{http}{service}{case}", statuses, cases)
    codes = codes | codes.map(int) | JSON  # type: ignore[assignment, operator]
    objects = st.fixed_dictionaries({}, optional={"responseCode": codes, "responseMessage": JSON, **likely})
    bodies = st.binary(max_size=60) | (JSON | objects).map(lambda fields: json.dumps(fields).encode())

    def agreeing(said: Said, agree: bool) -> Said:
        """Often the HTTP status is that of the code."""
        digits = said.says("responseCode")[:3]
        usable = agree and digits.isascii() and digits.isdecimal() and 200 <= int(digits) <= 599
        return Said(int(digits), said.headers, said.body) if usable else said

    return st.builds(agreeing, st.builds(Said, statuses, HEADERS, bodies), st.booleans())


MONEY = (
    st.sampled_from([{"value": "200000.00", "currency": "IDR"}, {"value": "1.00"}, "200000.00", 200000, None]) | JSON
)
NOT_EXECUTED = {400, 401, 403, 404, 405}


@EXAMPLES
@given(said=answers("43", partnerReferenceNo=JSON, referenceNo=JSON, amount=MONEY, additionalInfo=JSON))
@example(said=Said(200, {}, b'{"responseCode": "2004300", "responseMessage": "\\ud800", "referenceNo": "DK\\udfff"}'))
@example(said=Said(400, {}, b'{"responseCode": 4004300}'))
@example(said=Said(200, {"Content-Encoding": "gzip"}, b'{"responseCode": "2004300"}'))
def test_a_transfer_fails_only_by_proof(merchant: World, doku: Doku, said: Said) -> None:
    body = order()
    doku.instead = {"transfer-bank": said}
    answer = merchant.create(body)
    assert answer.status in (201, 202)
    status, code = answer.body["status"], said.says("responseCode")
    assert status in {"ACCEPTED", "UNPAID", "FAILED", "IN_DOUBT"}
    if status == "FAILED":
        assert said.status in NOT_EXECUTED
        assert code.startswith(f"{said.status}43")
    if status in ("ACCEPTED", "UNPAID"):
        assert 200 <= said.status <= 299
        assert code.startswith("20")
    assert status == "FAILED" or merchant.existing(body["partnerReferenceNo"]).next_check_at is not None


FOREVER = json.dumps({"responseCode": "2007300", "accessToken": "a", "expiresIn": "9" * 200}).encode()
INQUIRED = '{"responseCode": "2004200", "sessionId": "I1", "beneficiaryAccountName": "S", "additionalInfo": %s}'
PAID, FAILED, REFUNDED = {"00", "50"}, {"05", "06", "35"}, {"04", "40"}
LATEST = st.sampled_from(["00", "01", "03", "04", "05", "06", "07", "50", "35", "20", "40", "99", 0, 6, 50]) | JSON


@EXAMPLES
@given(
    said=answers(
        "53",
        latestTransactionStatus=LATEST,
        transactionStatusDesc=JSON,
        originalPartnerReferenceNo=JSON,
        originalReferenceNo=JSON,
        amount=MONEY,
    )
)
def test_a_status_check_believes_only_what_says_so(merchant: World, doku: Doku, said: Said) -> None:
    doku.instead = {}
    body = order()
    merchant.create(body)
    doku.instead = {"qr-mpm-status": said}
    answer = merchant.request("POST", f"/v1/transfers/{body['partnerReferenceNo']}/status-checks")
    assert answer.status == 200
    latest = said.says("latestTransactionStatus")
    expected = {"SUCCESS": PAID, "FAILED": FAILED, "REFUNDED": REFUNDED}.get(answer.body["status"])
    if expected is not None:
        assert latest in expected
        assert said.status == 200
        assert said.says("responseCode").startswith("200")
    else:
        assert answer.body["status"] in {"ACCEPTED", "UNPAID"}


@EXAMPLES
@given(
    said=answers(
        "42",
        sessionId=st.just("I0438729855304540") | JSON,
        beneficiaryAccountName=st.just("SUHUT") | JSON,
        beneficiaryBankName=JSON,
        additionalInfo=st.fixed_dictionaries({}, optional={"feeAmount": MONEY, "more": JSON}) | JSON,
    )
)
@example(said=Said(200, {}, (INQUIRED % '{"x": [NaN, -Infinity, 1e999]}').encode()))
@example(said=Said(200, {}, (INQUIRED % '{"\\udc00": "\\ud800"}').encode()))
@example(said=Said(200, {}, (INQUIRED % ('{"x":' * 900 + "1" + "}" * 900)).encode()))
def test_an_inquiry_is_answered_as_documented(merchant: World, doku: Doku, said: Said) -> None:
    doku.instead = {"bank-account-inquiry": said}
    answer = merchant.request("POST", "/v1/account-inquiries", inquiry_of(order()))
    assert "unexpected" not in answer.body.get("response_message", "")
    json.dumps(answer.body, allow_nan=False, ensure_ascii=False).encode()
    if answer.status == 200:
        assert said.says("responseCode").startswith("200")
        assert said.fields["beneficiaryAccountName"]


@EXAMPLES
@given(
    said=answers(
        "11",
        accountInfos=st.fixed_dictionaries({}, optional={"availableBalance": MONEY, "holdAmount": MONEY}) | JSON,
        accountNo=JSON,
        additionalInfo=JSON,
    )
)
def test_a_balance_is_answered_as_documented(merchant: World, doku: Doku, said: Said) -> None:
    doku.instead = {"balance-inquiry": said}
    answer = merchant.request("GET", "/v1/balance")
    assert "unexpected" not in answer.body.get("response_message", "")
    json.dumps(answer.body, allow_nan=False, ensure_ascii=False).encode()


@settings(EXAMPLES, max_examples=20)
@given(
    said=answers(
        "73",
        accessToken=st.text(max_size=20) | JSON,
        expiresIn=st.sampled_from([900, "900", 0, "-1", "9" * 200, 10**40, "\u0669"]) | JSON,
    )
)
@example(said=Said(200, {}, FOREVER))
@example(said=Said(200, {}, b'{"responseCode": "2007300", "accessToken": "a\\r\\nX-Evil: 1", "expiresIn": 900}'))
def test_a_token_is_taken_or_refused(merchant: World, doku: Doku, said: Said) -> None:
    forget_token(merchant)
    doku.instead = {"b2b": said}
    world = merchant.restarted()
    body = order()
    answer = world.create(body)
    assert "unexpected" not in answer.body.get("response_message", "")
    assert answer.status in (201, 202) or world.sent(body["partnerReferenceNo"]) == []
    forget_token(merchant)


def forget_token(world: World) -> None:
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=world.environment["DOKU_SECRET_ID"])
    key = {"pk": {"S": f"TOKEN#{json.loads(secret['SecretString'])['clientId']}"}}
    world.dynamodb.delete_item(TableName=world.environment["TABLE_NAME"], Key=key)


ASKED = {
    "responseCode": "2004200",
    "sessionId": "I0438729855304540",
    "beneficiaryAccountName": "SUHUT",
    "additionalInfo": {"feeAmount": "4500.00", "feeCurrency": "IDR"},
}


@pytest.mark.covers(21)
@pytest.mark.parametrize(
    "changes",
    [
        {"partnerReferenceNo": "INQ-of-another"},
        {"beneficiaryAccountNumber": "9999999999"},
        {"beneficiaryBankCode": "999"},
        {"amount": {"value": "1.00", "currency": "IDR"}},
        {"amount": {"value": "200000.00", "currency": "USD"}},
        {"additionalInfo": {"feeAmount": "4500.00", "feeCurrency": "USD"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_inquirys_answer_binds_no_session(merchant: World, doku: Doku, changes: dict[str, Any]) -> None:
    doku.instead = {"bank-account-inquiry": Said(200, {}, json.dumps({**ASKED, **changes}).encode())}
    body = order()
    inquired, created = merchant.request("POST", "/v1/account-inquiries", inquiry_of(body)), merchant.create(body)
    for answer in (inquired, created):
        assert (answer.status, answer.body["retryable"]) == (503, True)
        assert "another request" in answer.body["response_message"]
    with_session = merchant.create({**body, "sessionId": ASKED["sessionId"]})
    assert with_session.status in (409, 422)
    assert merchant.sent(body["partnerReferenceNo"]) == []


def test_an_inquiry_whose_answer_repeats_a_name_is_asked_again(merchant: World, doku: Doku) -> None:
    twice = json.dumps(ASKED)[:-1] + ', "beneficiaryAccountName": "SOMEBODY ELSE"}'
    doku.instead = {"bank-account-inquiry": Said(200, {}, twice.encode())}
    answer = merchant.request("POST", "/v1/account-inquiries", inquiry_of(order()))
    assert (answer.status, answer.body["retryable"]) == (503, True)


def test_the_oracles_are_not_asleep(merchant: World, doku: Doku) -> None:
    """The properties' own conclusions on answers that are clear."""
    doku.instead = {"transfer-bank": Said(200, {}, b'{"responseCode": "2004300"}')}
    assert merchant.create(order()).body["status"] == "ACCEPTED"
    doku.instead = {"transfer-bank": Said(403, {}, b'{"responseCode": "4034314"}')}
    assert merchant.create(order()).body["status"] == "FAILED"
    doku.instead = {"transfer-bank": Said(500, {}, b"<html>")}
    assert merchant.create(order()).body["status"] == "IN_DOUBT"
