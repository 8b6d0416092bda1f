"""DOKU's credentials: an error names the field of the secret and never shows a value (I17)."""

import json
import traceback
from typing import Any

import pytest

from payouts.doku.client import Authority
from payouts.domain.access_token import AccessToken
from payouts.domain.credentials import Credentials
from payouts.domain.errors import Misconfigured

SECRET = {
    "clientId": "BRN-0240-1657686175289",
    "clientSecret": "SK-very-secret",
    "privateKey": "-----BEGIN PRIVATE KEY-----\nMIIE-very-private\n-----END PRIVATE KEY-----\n",
    "agentKey": "A41418-agent",
    "notificationKey": "0123456789abcdef",
}
REQUIRED = [name for name in SECRET if name not in ("privateKey", "notificationKey")]
VALUES = ["BRN-0240", "SK-very-secret", "MIIE-very-private", "A41418-agent", "0123456789abcdef"]


def shown(error: BaseException) -> str:
    """All that a log of the error with its causes could hold."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(error.__cause__) + repr(error.__context__)


def test_a_secret_is_read() -> None:
    credentials = Credentials.parse(json.dumps({**SECRET, "note": "unknown fields do no harm"}))
    assert credentials == Credentials(
        client_id=SECRET["clientId"],
        client_secret=SECRET["clientSecret"],
        private_key=SECRET["privateKey"],
        agent_key=SECRET["agentKey"],
        notification_key=SECRET["notificationKey"],
    )


def test_a_secret_without_a_value_is_named_so() -> None:
    with pytest.raises(Misconfigured, match=r"^the DOKU secret has no value yet$"):
        Credentials.parse("")


@pytest.mark.parametrize("member", REQUIRED)
@pytest.mark.parametrize("value", ["missing", "", None, 1, True, [], {"value": "SK-very-secret"}, ["SK-very-secret"]])
def test_a_wrong_secret_field_is_named_without_its_value(member: str, value: Any) -> None:
    secret: dict[str, Any] = {**SECRET, member: value}
    if value == "missing":
        del secret[member]
    with pytest.raises(Misconfigured, match=f"^the DOKU secret has no {member}$") as refused:
        Credentials.parse(json.dumps(secret))
    assert not [part for part in VALUES if part in shown(refused.value)]
    assert refused.value.retryable is False


@pytest.mark.parametrize("member", ["privateKey", "privateKeyKmsId", "notificationKey"])
@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["SK-very-secret"]])
def test_an_optional_field_of_another_type_is_refused(member: str, value: Any) -> None:
    with pytest.raises(Misconfigured, match=f"^the DOKU secret has no {member}$") as refused:
        Credentials.parse(json.dumps({**SECRET, member: value}))
    assert not [part for part in VALUES if part in shown(refused.value)]


KMS_ID = "alias/very-own"
KEY_IN_KMS = {**SECRET, "privateKey": "", "privateKeyKmsId": KMS_ID}


def test_a_secret_may_name_a_key_in_kms_instead_of_holding_one() -> None:
    for secret in (KEY_IN_KMS, {name: value for name, value in KEY_IN_KMS.items() if name != "privateKey"}):
        credentials = Credentials.parse(json.dumps(secret))
        assert (credentials.private_key, credentials.private_key_kms_id) == ("", KMS_ID)


@pytest.mark.parametrize("keys", [{}, {"privateKey": ""}, {"privateKey": "", "privateKeyKmsId": ""}])
def test_a_secret_without_any_private_key_is_refused(keys: dict[str, str]) -> None:
    others = {name: value for name, value in SECRET.items() if name != "privateKey"}
    with pytest.raises(Misconfigured, match=r"no privateKey and no privateKeyKmsId: set one of them$"):
        Credentials.parse(json.dumps({**others, **keys}))


def test_a_secret_with_two_private_keys_is_refused() -> None:
    with pytest.raises(Misconfigured, match="has both privateKey and privateKeyKmsId") as refused:
        Credentials.parse(json.dumps({**SECRET, "privateKeyKmsId": KMS_ID}))
    assert not [part for part in (*VALUES, KMS_ID) if part in shown(refused.value)]


@pytest.mark.covers(37)
def test_a_secret_without_a_notification_key_has_an_empty_one() -> None:
    """It authenticates nothing."""
    without = {name: value for name, value in SECRET.items() if name != "notificationKey"}
    assert Credentials.parse(json.dumps(without)).notification_key == ""
    assert Credentials.parse(json.dumps({**without, "notificationKey": ""})).notification_key == ""


@pytest.mark.parametrize(
    "text",
    [
        *(" ", "null", "1", '"SK-very-secret"', "[]", '["SK-very-secret"]', "SK-very-secret", "NaN"),
        *(
            '{"clientSecret": "SK-very-secret"',
            '{"clientSecret": SK-very-secret}',
            "{'clientSecret': 'SK-very-secret'}",
        ),
    ],
)
def test_a_secret_that_is_no_object_is_refused(text: str) -> None:
    """json's own error holds the whole document: it must not be the cause or the context."""
    with pytest.raises(Misconfigured, match="not a JSON object") as refused:
        Credentials.parse(text)
    assert "SK-very-secret" not in str(refused.value)
    assert refused.value.__context__ is None


@pytest.mark.covers("I17")
def test_credentials_and_tokens_hide_their_values() -> None:
    credentials = Credentials.parse(json.dumps(SECRET))
    token = AccessToken("eyJhbGciOiJSUzI1NiJ9.secret", 1_700_000_000.0)
    authority = Authority(credentials, token.value)
    holders = [credentials, token, authority, [authority], {"token": token}, Misconfigured("x", None)]
    for holder in holders:
        for text in (repr(holder), str(holder), f"{holder}", f"{holder!r}"):
            assert not [part for part in (*VALUES, "eyJ", ".secret") if part in text]


def test_credentials_cannot_be_changed_by_accident() -> None:
    credentials = Credentials.parse(json.dumps(SECRET))
    with pytest.raises(AttributeError):
        credentials.client_id = "another"  # type: ignore[misc]
