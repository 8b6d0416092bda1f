"""A notification is stored before it is acknowledged (I11, I15, I17)."""

import io
import json

import pytest
from aws_lambda_powertools import Logger

from notification_receiver.app import create_handler
from notification_receiver.services import build_receiver
from tests.integration.receiver.notifications import (
    REFUND,
    REFUSED,
    REQUEST_ID,
    UNPAID,
    configured,
    deliver,
    event,
    queued,
    reply,
    secret,
    signed,
)
from tests.support.harness import PAGES, Context, Page, World, crashing
from tests.support.log_watch import values_of


@pytest.mark.parametrize(("kind", "body"), [("unpaid", UNPAID), ("refund", REFUND)])
def test_a_kept_notification_gets_dokus_sample_reply(world: World, kind: str, body: str) -> None:
    result = world.call_receiver(event(signed(world), body, kind=kind), Context())
    assert result["statusCode"] == 200
    assert result["headers"]["Content-Type"] == "application/json"
    assert json.loads(result["body"], object_pairs_hook=list) == [
        ("status", True),
        ("transactionId", "DK0018353"),
        ("responseCode", "00"),
        ("responseMessage", "Successfully processed"),
    ]
    assert json.loads(result["body"])["status"] is True


@pytest.mark.covers("I15")
def test_the_body_is_kept_as_received(world: World) -> None:
    before = int(world.clock() * 1000)
    deliver(world, signed(world))
    deliver(world, signed(world, "another"), REFUND, kind="refund")
    kept = sorted(queued(world), key=lambda message: str(message["kind"]))
    assert [(one["kind"], one["requestId"], one["body"]) for one in kept] == [
        ("refund", "another", REFUND),
        ("unpaid", REQUEST_ID, UNPAID),
    ]
    assert all(before <= one["receivedAt"] <= world.clock() * 1000 for one in kept)


def test_a_kept_notification_costs_one_write_and_one_message(world: World) -> None:
    headers = signed(world)
    deliver(world, headers)
    deliver(world, headers | {"signature": "Zm9yZ2Vk"})  # has the previous version of the secret read
    world.faults.calls.clear()
    assert deliver(world, headers).status == 200
    assert world.faults.calls == ["PutItem", "SendMessage"]
    world.faults.calls.clear()
    assert deliver(world, headers | {"signature": "Zm9yZ2Vk"}).status == 401
    assert deliver(world, headers, "no JSON").status == 400
    assert world.faults.calls == []


@pytest.mark.covers(40)
def test_a_trailing_slash_or_stage_prefix_is_ignored(world: World) -> None:
    headers, route = signed(world), "/notifications/kirim-doku/refund"
    for path in (route, f"{route}/", f"{route}//", f"/prod{route}", f"/prod{route}/"):
        assert deliver(world, headers, REFUND, kind="refund", path=path).status == 200, path
    assert [one["kind"] for one in queued(world)] == ["refund"] * 5


@pytest.mark.covers(40)
def test_another_path_is_not_found_even_when_signed(world: World) -> None:
    headers, base = signed(world), "/notifications/kirim-doku"
    paths = ["", "/", base, f"{base}/", f"{base}/paid", f"{base}/UNPAID", f"{base}/unpaid/x", f"{base}/refund%2F"]
    assert {path: reply(world, headers, path=path) for path in paths} == dict.fromkeys(paths, (404, *REFUSED))
    assert world.messages() == 0


@pytest.mark.covers(41)
def test_only_post_is_a_notification(world: World) -> None:
    headers = signed(world)
    methods = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post", ""]
    assert {one: reply(world, headers, method=one)[0] for one in methods} == dict.fromkeys(methods, 404)
    assert world.messages() == 0


@pytest.mark.covers(41)
def test_the_content_type_does_not_matter(world: World) -> None:
    headers = signed(world)
    del headers["Content-Type"]
    types = [
        *("", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "multipart/x"),
        "ü",
    ]
    assert deliver(world, headers).status == 200
    assert {deliver(world, headers | {"Content-Type": one}).status for one in types} == {200}
    assert world.messages() == 1 + len(types)


NOT_STORED = {"SendMessage": "DK0018353", "PutItem": ""}
"""The transactionId in the reply where a call fails: only the queue's comes after the body was read."""


@pytest.mark.covers(23, "I9", "I11")
@pytest.mark.parametrize(("operation", "transaction_id"), NOT_STORED.items())
def test_a_lost_notification_is_not_acknowledged(world: World, operation: str, transaction_id: str) -> None:
    """DOKU sends it again. Accepted without its requestId, it would let any body follow under its headers."""
    headers = signed(world)
    world.faults.throttle(operation)
    refused = (503, ("status", False), ("transactionId", transaction_id), ("responseCode", "99"))
    assert reply(world, headers) == refused
    assert world.messages() == 0
    assert deliver(world, headers).status == 200
    assert world.messages() == 1


@pytest.mark.parametrize("variable", ["NOTIFICATION_QUEUE_URL", "TABLE_NAME"])
def test_a_queue_that_is_gone_is_not_acknowledged(world: World, variable: str) -> None:
    nowhere = configured(world, **{variable: world.environment[variable] + "-gone"})
    assert deliver(nowhere, signed(world)).status == 503
    assert world.messages() == 0


def test_an_oversized_request_id_is_not_acknowledged(world: World) -> None:
    assert deliver(world, signed(world, "x" * 1_100_000)).status == 503


@pytest.mark.covers("I11")
def test_a_crash_before_the_answer_loses_nothing(world: World) -> None:
    headers = signed(world)
    world.faults.crash_before("SendMessage")
    with crashing():
        deliver(world, headers)
    world.faults.crash_after("SendMessage")
    with crashing():
        deliver(world, headers)
    assert world.messages() == 1
    assert deliver(world, headers).status == 200


@pytest.mark.covers(14, "I9", "I11")
@pytest.mark.parametrize("operation", ["SendMessage", "PutItem", "GetSecretValue"])
@pytest.mark.parametrize("page", PAGES[::5], ids=str)
def test_a_page_instead_of_an_answer_of_aws_is_not_acknowledged(world: World, operation: str, page: Page) -> None:
    headers = signed(world)
    world.faults.answer_with_a_page(operation, page)
    assert deliver(world, headers).status == 503
    assert world.messages() == 0
    assert deliver(world, headers).status == 200


@pytest.mark.covers("I11")
@pytest.mark.parametrize("operation", ["SendMessage", "PutItem"])
def test_a_lost_answer_of_aws_loses_nothing(world: World, operation: str) -> None:
    world.faults.lose_reply(operation)
    assert deliver(world, signed(world)).status == 200
    assert {one["body"] for one in queued(world)} == {UNPAID}


def test_an_unexpected_error_is_a_500_in_dokus_format(world: World) -> None:
    headers = signed(world)

    def fail() -> None:
        raise RuntimeError(secret(world)["notificationKey"])

    world.faults.before["SendMessage"] = [fail]
    assert reply(world, headers) == (500, *REFUSED)
    assert deliver(world, headers).status == 200


@pytest.mark.covers("I17")
def test_logs_and_replies_hold_nothing_personal(world: World) -> None:
    written = io.StringIO()
    logger = Logger(service="receiver-that-is-read", stream=written)
    handler = create_handler(build_receiver(world.environment, world.clock), logger)
    right, ours = signed(world), secret(world)
    personal = {"beneficiaryAccountName": "QZSUHUT", "account": "8377388292", "phone": "628115678890", "id": "89012345"}
    payload = UNPAID[:-1] + "," + json.dumps(personal)[1:]

    def fail() -> None:
        raise RuntimeError(f"{ours} {right} {personal}")

    events = [
        event(right, payload),
        event(right, payload[:-1]),
        event(right | {"signature": right["signature"] + "x"}, payload),
        event({}, payload),
        event(right, payload, path="/QZSUHUT"),
        event(right, json.dumps({"transactionId": ["QZSUHUT"]})),
        event(right, payload, isBase64Encoded=True),
    ]
    results = [handler(one, Context()) for one in events]  # type: ignore[arg-type]
    world.faults.throttle("SendMessage")
    results.append(handler(event(right, payload), Context()))  # type: ignore[arg-type]
    world.faults.before["SendMessage"] = [fail]
    results.append(handler(event(right, payload), Context()))  # type: ignore[arg-type]
    lines = written.getvalue().splitlines()
    logged = [json.loads(line) for line in lines]
    statuses = [result["statusCode"] for result in results]
    assert statuses == [200, 400, 401, 401, 404, 400, 400, 503, 500]
    assert [one["status"] for one in logged if one["message"] == "notification"] == statuses
    hidden = [*values_of(ours), right["signature"], *personal.values(), "PRIVATE KEY"]
    for text in [*lines, *map(json.dumps, results)]:
        assert not [value for value in hidden if value in text]
