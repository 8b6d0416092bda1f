"""A requestId admits one body; another body under it is refused before the queue (I9, I11)."""

import io
import json

import pytest
from aws_lambda_powertools import Logger

from doku_signing.notification import Scheme, sign_notification
from notification_receiver.app import create_handler
from notification_receiver.services import build_receiver
from tests.integration.receiver.notifications import (
    REFUND,
    REQUEST_ID,
    UNPAID,
    deliver,
    event,
    queued,
    reply,
    secret,
    signed,
)
from tests.support.harness import Context, World, crashing

ALTERED = UNPAID.replace('"50"', '"35"')
REPLAYED = (401, ("status", False), ("transactionId", "DK0018353"), ("responseCode", "99"))


@pytest.mark.covers(36, "I9")
def test_a_captured_header_with_another_body_is_refused(world: World) -> None:
    headers = signed(world)
    assert deliver(world, headers).status == 200
    for body in (ALTERED, UNPAID + " ", UNPAID.replace("text", "TEXT")):
        assert reply(world, headers, body) == REPLAYED
    assert reply(world, headers, REFUND, kind="refund") == REPLAYED
    assert reply(world.restarted(), headers, ALTERED) == REPLAYED
    assert {one["body"] for one in queued(world)} == {UNPAID}


@pytest.mark.covers("I9")
def test_one_body_of_another_kind_is_another_notification(world: World) -> None:
    headers = signed(world)
    assert deliver(world, headers, REFUND, kind="refund").status == 200
    assert reply(world, headers, REFUND, kind="unpaid") == REPLAYED


@pytest.mark.covers("I11")
def test_dokus_own_redelivery_is_kept_and_answered_with_success(world: World) -> None:
    headers = signed(world)
    for _ in range(3):
        assert deliver(world, headers).body["responseCode"] == "00"
        world.clock.advance(6 * 3600)
    assert [one["body"] for one in queued(world)] == [UNPAID] * 3


@pytest.mark.covers("I11")
def test_a_crash_before_the_queue_loses_nothing(world: World) -> None:
    headers = signed(world)
    world.faults.crash_after("PutItem")
    with crashing():
        deliver(world, headers)
    assert world.messages() == 0
    after = world.restarted()
    assert reply(after, headers, ALTERED) == REPLAYED
    assert deliver(after, headers).status == 200
    assert [one["body"] for one in queued(after)] == [UNPAID]


@pytest.mark.parametrize(
    "request_id",
    ["x", "x" * 8_000, "ü\u2028\U0001f600", "\ud800", "a,b", " r ", "REQUEST#1", "\\", '"', "\x00", "%00", "../.."],
    ids=ascii,
)
def test_any_request_id_is_stored_unchanged(world: World, request_id: str) -> None:
    headers = signed_oddly(world, request_id)
    assert deliver(world, headers).status == 200
    assert reply(world, headers, ALTERED) == REPLAYED
    assert deliver(world, signed_oddly(world, request_id + "."), ALTERED).status == 200
    (one, other) = [item for item in world.scan() if item["pk"].startswith("REQUEST#")]
    assert one["pk"] != other["pk"]
    assert {len(item["pk"]) for item in (one, other)} == {len("REQUEST#") + 64}


def signed_oddly(world: World, request_id: str) -> dict[str, str]:
    ours = secret(world)
    signature = sign_notification(Scheme.AES_ECB, ours["notificationKey"], ours["agentKey"], request_id)
    return {"requestId": request_id, "agentKey": ours["agentKey"], "signature": signature}


def test_a_request_id_is_forgotten_after_a_week(world: World) -> None:
    deliver(world, signed(world))
    (item,) = [item for item in world.scan() if item["pk"].startswith("REQUEST#")]
    assert float(item["expiresAt"]) == pytest.approx(world.clock() + 7 * 86_400, abs=5)
    assert set(item) == {"pk", "digest", "expiresAt", "nonce"}


def test_a_refused_notification_takes_no_request_id(world: World) -> None:
    headers = signed(world)
    assert deliver(world, headers | {"signature": "Zm9yZ2Vk"}, ALTERED).status == 401
    assert deliver(world, headers, ALTERED[:-1]).status == 400
    assert deliver(world, headers).status == 200


def test_a_replay_is_logged_and_measured(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    written = io.StringIO()
    handler = create_handler(build_receiver(world.environment, world.clock), Logger(service="replays", stream=written))
    headers = signed(world)
    metrics = []
    for body in (UNPAID, ALTERED):
        handler(event(headers, body), Context())  # type: ignore[arg-type]
        metrics.append(json.loads(capsys.readouterr().out))
    kept, refused = [json.loads(line) for line in written.getvalue().splitlines()]
    assert (kept["status"], refused["status"]) == (200, 401)
    assert "NotificationsReplayed" not in metrics[0]
    assert (metrics[1]["NotificationsRefused"], metrics[1]["NotificationsReplayed"]) == ([1], [1])
    assert refused["reason"] == "this requestId was received before with another body"
    assert refused["transaction_id"] == "DK0018353"
    assert REQUEST_ID not in written.getvalue()
