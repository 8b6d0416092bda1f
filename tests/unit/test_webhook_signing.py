"""Signatures and bodies of webhooks, judged by the package `standardwebhooks`."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from payouts.domain.transfer import Finding
from payouts.webhooks.message import WebhookMessage
from payouts.webhooks.signing import generate_secret, parse_secret, signature
from tests.support.histories import CREATED, after, check

CURRENT, PREVIOUS = generate_secret(), generate_secret()


def now() -> int:
    """Unix time. A receiver takes no signature that is older than five minutes."""
    return int(datetime.now(UTC).timestamp())


def headers(webhook_id: str, body: bytes, *secrets: str, at: int | None = None) -> dict[str, str]:
    at = at or now()
    keys = [parse_secret(secret) for secret in secrets]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(keys, webhook_id, at, body),
    }


@given(st.binary(min_size=24, max_size=64), st.from_regex(r"\Amsg_[0-9a-f]{32}\Z"), st.text())
def test_the_library_makes_the_same_signature(key: bytes, webhook_id: str, body: str) -> None:
    at = now()
    text = body.encode("utf-8", "replace").decode()
    made = Webhook("whsec_" + base64.b64encode(key).decode()).sign(webhook_id, datetime.fromtimestamp(at, UTC), text)
    assert signature([key], webhook_id, at, text.encode()) == made


@pytest.mark.parametrize("secret", [CURRENT, PREVIOUS], ids=["current", "previous"])
def test_a_receiver_with_either_secret_verifies(secret: str) -> None:
    body = b'{"type":"transfer.updated"}'
    assert Webhook(secret).verify(body.decode(), headers("msg_1", body, CURRENT, PREVIOUS))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("webhook-id", lambda _: "msg_2"),
        ("webhook-timestamp", lambda at: str(int(at) - 1)),
        ("webhook-signature", lambda _: "v1,Zm9yZ2Vk"),
    ],
)
def test_a_change_does_not_verify(name: str, change: Callable[[str], str]) -> None:
    sent = headers("msg_1", b"{}", CURRENT)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(CURRENT).verify("{}", {**sent, name: change(sent[name])})


@pytest.mark.parametrize(
    "secret",
    [
        *("", "whsec_", "whsec_!", CURRENT.removeprefix("whsec_"), "whsec_" + base64.b64encode(b"k" * 23).decode()),
        *("whsec_" + base64.b64encode(b"k" * 65).decode(), CURRENT + " ", "whsec_é"),
    ],
    ids=["empty", "no key", "no base64", "no prefix", "23 bytes", "65 bytes", "blank at the end", "not ASCII"],
)
def test_a_bad_secret_is_refused_without_its_value(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_ followed by 24 to 64 bytes") as refused:
        parse_secret(secret)
    assert len(secret) < 8 or secret not in str(refused.value)


def test_new_secrets_differ_and_parse() -> None:
    assert CURRENT != PREVIOUS
    assert len(parse_secret(CURRENT)) == 32


def test_a_body_tells_what_the_transfer_reports() -> None:
    paid = after(CREATED, check(Finding.SUCCESS, reference_no="DK1"))
    body = json.loads(WebhookMessage.about(paid).body)
    assert body["type"] == "transfer.updated"
    assert datetime.fromisoformat(body["timestamp"]).timestamp() * 1000 == paid.updated_at
    assert body["data"] == {
        "partnerReferenceNo": paid.partner_reference_no,
        "status": "SUCCESS",
        "final": True,
        "nextAction": "NONE",
        "amount": paid.intent.amount.wire(),
        "referenceNo": "DK1",
        "statusVersion": paid.status_version,
    }


def test_an_id_belongs_to_one_body() -> None:
    pending, paid = (after(CREATED, check(finding)) for finding in (Finding.UNPAID, Finding.SUCCESS))
    messages = [WebhookMessage.about(each) for each in (CREATED, pending, paid, paid)]
    assert len({each.webhook_id for each in messages}) == len({each.body for each in messages}) == 3


def test_a_later_version_without_news_has_the_same_message() -> None:
    """Retries then carry the same id, by which a receiver recognizes them."""
    paid = after(CREATED, check(Finding.SUCCESS))
    again = after(paid, check(Finding.SUCCESS, at=paid.updated_at + 60_000))
    assert again.version > paid.version
    assert WebhookMessage.about(again) == WebhookMessage.about(paid)
