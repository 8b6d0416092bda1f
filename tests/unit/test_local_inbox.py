"""The inbox of the local run: what it verifies, shows and fails."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local.gateway.http_server import Request
from local.gateway.inbox import PATH, Inbox
from payouts.webhooks.signing import generate_secret, parse_secret, signature

SECRET, NOW = generate_secret(), 1_726_558_912
HERE = ("Host", "127.0.0.1:3000")


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(lambda: [SECRET], lambda: float(NOW))


def deliver(inbox: Inbox, body: bytes = b"{}", at: int = NOW, secret: str = SECRET, **headers: str) -> int:
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at),
        "webhook-signature": signature([parse_secret(secret)], "msg_1", at, body),
        **headers,
    }
    request = Request.of("POST", PATH, [HERE, *signed.items()], body)
    return int(inbox.handlers()[PATH](request).status_code)


def ask(inbox: Inbox, path: str, body: Any = None, *headers: tuple[str, str]) -> tuple[int, Any]:
    request = Request.of("POST" if body else "GET", PATH + path, [HERE, *headers], json.dumps(body).encode())
    answer = inbox.handlers()[PATH + path](request)
    return answer.status_code, json.loads(answer.get_data())


OURS = ("X-Local-Console", "1")


def test_a_signed_delivery_is_accepted_and_shown(inbox: Inbox) -> None:
    assert deliver(inbox, b'{"type":"transfer.updated"}') == 204
    (shown,) = inbox.state()["deliveries"]
    assert (shown["verified"], shown["body"]) == (True, '{"type":"transfer.updated"}')
    assert datetime.fromisoformat(shown["at"]) == datetime.fromtimestamp(NOW, UTC)


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": generate_secret()},
        {"at": NOW - 301},
        {"at": NOW + 301},
        {"webhook-timestamp": "x"},
        {"webhook-signature": "v1,Zm9yZ2Vk"},
        {"webhook-id": "msg_2"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_forged_or_old_delivery_is_refused(inbox: Inbox, changed: dict[str, Any]) -> None:
    assert deliver(inbox, **changed) == 401
    assert inbox.state()["deliveries"][0]["verified"] is False


def test_the_next_deliveries_fail(inbox: Inbox) -> None:
    inbox.fail(2, 429)
    assert [deliver(inbox) for _ in range(3)] == [429, 429, 204]


def test_only_the_console_sees_the_deliveries(inbox: Inbox) -> None:
    assert ask(inbox, "/deliveries")[0] == 403
    assert ask(inbox, "/deliveries", None, OURS)[0] == 200
    assert ask(inbox, "/failures", {"count": 1})[0] == 403


@pytest.mark.parametrize("body", [{"count": -1}, {"count": 1, "status": 200}, {"count": "x"}, {}, [1]])
def test_an_impossible_failure_is_refused(inbox: Inbox, body: Any) -> None:
    assert ask(inbox, "/failures", body or {"none": 1}, OURS)[0] == 400


def test_the_console_lets_deliveries_fail(inbox: Inbox) -> None:
    assert ask(inbox, "/failures", {"count": 1, "status": 500}, OURS)[1]["failing"] == 1
    assert deliver(inbox) == 500
