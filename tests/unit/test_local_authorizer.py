"""The decisions of the local API Gateway's JWT authorizer."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from local.aws.bundle import Authorizer
from local.gateway.authorizer import DeniedError, JwtAuthorizer, TokenIssuer

NOW = 1_800_000_000.0
EXPECTED = Authorizer("https://issuer.test/", ("payouts", "reports"))
ISSUER = TokenIssuer(EXPECTED.issuer, "payouts", lambda: NOW)
AUTHORIZER = JwtAuthorizer(ISSUER.public_key, lambda: NOW)


def denied(header: str | None, *scopes: str) -> int:
    with pytest.raises(DeniedError) as caught:
        AUTHORIZER.check(header, EXPECTED, scopes)
    return caught.value.status


def forged(algorithm: str, sign: Callable[[bytes], bytes]) -> str:
    """A token made by hand."""
    said = {"iss": EXPECTED.issuer, "aud": "payouts", "exp": NOW + 60, "scope": "read"}
    signed = b".".join(encoded(json.dumps(part).encode()) for part in ({"alg": algorithm}, said))
    return (signed + b"." + encoded(sign(signed))).decode()


def encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


@pytest.mark.parametrize("prefix", ["Bearer ", "bearer ", ""])
def test_a_good_token_gets_through_with_its_claims(prefix: str) -> None:
    claims = AUTHORIZER.check(prefix + ISSUER.token(["read"]), EXPECTED, ["read"])

    assert claims["scope"] == "read"
    assert claims["iss"] == EXPECTED.issuer


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://else.test/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": []},
        {"aud": {"payouts": True}},
        {"aud": [{"payouts": True}, ["payouts"]]},
        {"aud": None, "client_id": {"payouts": True}},
        {"exp": NOW},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": NOW + 60},
        {"iat": NOW + 60},
    ],
)
def test_a_token_that_says_something_else_is_401(claims: dict[str, Any]) -> None:
    assert denied("Bearer " + ISSUER.token(["read"], **claims), "read") == 401


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer a.b.c", "Bearer x", "Basic eDp5", "....."])
def test_no_token_or_a_malformed_one_is_401(header: str | None) -> None:
    assert denied(header, "read") == 401


def test_a_token_of_another_key_is_401() -> None:
    other = TokenIssuer(EXPECTED.issuer, "payouts", lambda: NOW)
    assert denied("Bearer " + other.token(["read"]), "read") == 401


def test_an_altered_token_is_401() -> None:
    head, _, signature = ISSUER.token(["read"]).split(".")
    _, said, _ = ISSUER.token(["read", "write"]).split(".")
    assert denied(f"Bearer {head}.{said}.{signature}", "read") == 401


@pytest.mark.parametrize("algorithm", ["none", "None", "RS512"])
def test_no_other_algorithm_is_believed(algorithm: str) -> None:
    assert denied("Bearer " + forged(algorithm, lambda signed: b""), "read") == 401


def test_the_public_key_is_no_shared_secret() -> None:
    pem = ISSUER.public_key.as_pem(private=False)
    token = forged("HS256", lambda signed: hmac.digest(pem, signed, "sha256"))

    assert denied("Bearer " + token, "read") == 401


def test_one_of_the_routes_scopes_is_enough_and_none_is_403() -> None:
    claims = AUTHORIZER.check(ISSUER.token(["write", "other"]), EXPECTED, ["write", "admin"])

    assert claims["scope"] == "write other"
    assert denied("Bearer " + ISSUER.token(["read"]), "write", "admin") == 403
    assert denied("Bearer " + ISSUER.token([]), "write") == 403
    assert denied("Bearer " + ISSUER.token(["writer"]), "write") == 403


def test_scopes_may_come_as_scp_and_audiences_as_a_list() -> None:
    token = ISSUER.token([], scope=None, scp=["read"], aud=["else", "reports"])

    claims = AUTHORIZER.check(token, EXPECTED, ["read"])

    assert (claims["scp"], claims["aud"]) == (["read"], ["else", "reports"])


def test_without_an_audience_the_client_id_counts() -> None:
    claims = AUTHORIZER.check(ISSUER.token(["read"], aud=None, client_id="payouts"), EXPECTED, ["read"])

    assert claims["client_id"] == "payouts"
