"""The simulator's authentication: tokens, signatures, headers, X-EXTERNAL-ID."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.doku_simulator.clock_formats import next_odd_hour, parse_iso
from tests.support.merchant import Merchant, code, compact, symmetric


def claims(token: str) -> dict[str, object]:
    middle = token.split(".")[1]
    loaded: dict[str, object] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return loaded


def test_a_token_is_a_bearer_jwt_for_900_seconds(doku: Merchant) -> None:
    answer = doku.ask_token()
    body = answer.json()
    assert (answer.status_code, body["responseCode"], body["tokenType"], body["expiresIn"]) == (
        *(200, "2007300", "Bearer", 900),
    )
    said = claims(body["accessToken"])
    assert said["iss"] == "DOKU"
    assert said["clientId"] == answer.headers["X-CLIENT-KEY"] == doku.simulator.world.settings.client_id
    assert said["exp"] == pytest.approx(doku.clock() + 900, abs=5)


@pytest.mark.parametrize("offset", [0, 7, -5])
def test_a_token_timestamp_may_have_any_offset(doku: Merchant, offset: int) -> None:
    local = datetime.fromtimestamp(doku.clock(), UTC) + timedelta(hours=offset)
    assert code(doku.ask_token(**{"X-TIMESTAMP": f"{local:%Y-%m-%dT%H:%M:%S}{offset:+03d}:00"})) == "2007300"


@pytest.mark.parametrize("seconds", [-301, 302])
def test_a_clock_more_than_five_minutes_off_gets_no_token(doku: Merchant, seconds: int) -> None:
    moment = datetime.fromtimestamp(doku.clock() + seconds, UTC)
    assert code(doku.ask_token(**{"X-TIMESTAMP": f"{moment:%Y-%m-%dT%H:%M:%SZ}"})) == "4017300"


def test_another_keys_token_request_gets_null_fields(doku: Merchant) -> None:
    doku.key = rsa.generate_private_key(65537, 2048)
    answer = doku.ask_token()
    assert code(answer) == "4017300"
    assert answer.json() == {
        "responseCode": "4017300",
        "responseMessage": "Unauthorized. Invalid Signature",
        "accessToken": None,
        "tokenType": None,
        "expiresIn": None,
    }


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ({"X-SIGNATURE": "not base64"}, "4017300"),
        ({"X-SIGNATURE": "AAAA"}, "4017300"),
        ({"X-SIGNATURE": "é"}, "4017300"),
        ({"X-CLIENT-KEY": "BRN-SOMEBODY"}, "4017300"),
        ({"X-TIMESTAMP": "yesterday"}, "4007301"),
        ({"X-TIMESTAMP": "2024-09-17T14:41:52"}, "4007301"),
        ({"X-CLIENT-KEY": ""}, "4007302"),
        ({"X-TIMESTAMP": ""}, "4007302"),
        ({"X-SIGNATURE": ""}, "4007302"),
    ],
)
def test_a_wrong_token_request_is_refused(doku: Merchant, headers: dict[str, str], answered: str) -> None:
    assert code(doku.ask_token(**headers)) == answered


def test_a_call_without_token_is_refused(doku: Merchant) -> None:
    answer = doku.post("/balance-inquiry", {"accountNo": "A41418"}, {"Authorization": None})
    assert code(answer) == "4011101"


def test_a_call_with_a_token_never_issued_is_refused(doku: Merchant) -> None:
    doku.bearer = "made.up.token"
    assert code(doku.balance()) == "4011103"


def test_a_token_lasts_fifteen_minutes(doku: Merchant) -> None:
    doku.log_in()
    doku.clock.advance(890)
    assert code(doku.balance()) == "2001100"
    doku.clock.advance(11)
    assert code(doku.balance()) == "4011101"


def test_a_new_token_ends_the_older_one(doku: Merchant) -> None:
    older, newer = doku.log_in(), doku.log_in()
    doku.bearer = older
    assert code(doku.balance()) == "4011101"
    doku.bearer = newer
    assert code(doku.balance()) == "2001100"


def test_a_call_signed_with_another_secret_is_refused(doku: Merchant) -> None:
    doku.secret = "SK-other"
    assert code(doku.balance()) == "4011100"


def test_a_body_changed_after_signing_is_refused(doku: Merchant) -> None:
    token, timestamp = doku.log_in(), doku.timestamp()
    signature = symmetric(doku.secret, "/v1.0/balance-inquiry", token, compact({"accountNo": "A1"}), timestamp)
    answer = doku.post("/balance-inquiry", {"accountNo": "A41418"}, {"X-SIGNATURE": signature})
    assert code(answer) == "4011100"


def test_the_signature_covers_the_minified_body(doku: Merchant) -> None:
    token, timestamp = doku.log_in(), doku.timestamp()
    minified = compact({"accountNo": "A41418"})
    signature = symmetric(doku.secret, "/v1.0/balance-inquiry", token, minified, timestamp)
    sent = b'{\n  "accountNo" : "A41418"\n}'
    answer = doku.post("/balance-inquiry", sent, {"X-SIGNATURE": signature, "X-TIMESTAMP": timestamp})
    assert code(answer) == "2001100"


def test_the_signature_covers_the_path_as_requested(doku: Merchant) -> None:
    token, timestamp = doku.log_in(), doku.timestamp()
    body = compact({"accountNo": "A41418"})
    signature = symmetric(doku.secret, "/snap/v1.1/balance-inquiry", token, body, timestamp)
    answer = doku.post("/balance-inquiry", body, {"X-SIGNATURE": signature, "X-TIMESTAMP": timestamp})
    assert code(answer) == "4011100"


@pytest.mark.parametrize("name", ["X-PARTNER-ID", "X-TIMESTAMP", "X-SIGNATURE", "X-EXTERNAL-ID"])
def test_a_call_needs_its_headers(doku: Merchant, name: str) -> None:
    answer = doku.post("/balance-inquiry", {"accountNo": "A41418"}, {name: None})
    assert code(answer) == "4001102"
    assert name in answer.json()["responseMessage"]


def test_another_partner_id_is_refused(doku: Merchant) -> None:
    answer = doku.post("/balance-inquiry", {"accountNo": "A41418"}, {"X-PARTNER-ID": "BRN-SOMEBODY"})
    assert code(answer) == "4011100"


@pytest.mark.parametrize("external_id", ["1f", "12-34", "1" * 33, "\u00b2"])
def test_an_external_id_is_at_most_32_digits(doku: Merchant, external_id: str) -> None:
    headers = {"X-EXTERNAL-ID": external_id.encode("latin-1")}
    assert code(doku.post("/balance-inquiry", {"accountNo": "A41418"}, headers)) == "4001101"


def test_an_external_id_serves_once_a_day_in_jakarta(doku: Merchant) -> None:
    headers = {"X-EXTERNAL-ID": "9" * 32}
    body = {"accountNo": "A41418"}
    assert code(doku.post("/balance-inquiry", body, headers)) == "2001100"
    assert code(doku.post("/balance-inquiry", body, headers)) == "4091100"
    doku.clock.advance(86400)
    doku.log_in()
    assert code(doku.post("/balance-inquiry", body, headers)) == "2001100"


def test_a_call_refused_with_401_uses_up_no_external_id(doku: Merchant) -> None:
    headers, body = {"X-EXTERNAL-ID": "77"}, {"accountNo": "A41418"}
    doku.secret = "SK-other"
    assert code(doku.post("/balance-inquiry", body, headers)) == "4011100"
    doku.secret = "SK-test-0123456789"
    assert code(doku.post("/balance-inquiry", body, headers)) == "2001100"


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"\xff", b"[" * 100_000, b'"text"'])
def test_a_body_that_is_no_object_is_a_bad_request(doku: Merchant, body: bytes) -> None:
    assert code(doku.post("/balance-inquiry", body)) == "4001100"


def test_other_paths_are_springs_404(doku: Merchant) -> None:
    answer = doku.post("/transfer/status", {})
    assert answer.status_code == 404
    assert answer.json() | {"timestamp": ""} == {
        "timestamp": "",
        "status": 404,
        "error": "Not Found",
        "message": "No static resource v1.0/transfer/status.",
        "path": "/v1.0/transfer/status",
    }


def test_operations_are_posted(doku: Merchant) -> None:
    answer = doku.http.get(f"{doku.simulator.url}/v1.0/balance-inquiry", timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (405, "Method Not Allowed")


@pytest.mark.parametrize(
    ("now", "then"),
    [("12:59:59", "13:00:00"), ("13:00:00", "15:00:00"), ("12:00:00", "13:00:00"), ("13:20:00", "15:00:00")],
)
def test_the_next_odd_hour_is_jakartas(now: str, then: str) -> None:
    assert next_odd_hour(parse_iso(f"2024-09-17T{now}+07:00")) == parse_iso(f"2024-09-17T{then}+07:00")
