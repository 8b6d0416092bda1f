"""Arbitrary requests to the receiver: no 5xx, nothing queued unless signed, no change in the table (I9)."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.integration.receiver.notifications import signed
from tests.support.harness import Answer, Context, World, new_reference, sample_event

EXAMPLES = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ANYTHING = st.text(st.characters(), max_size=80)
NAMES = st.sampled_from(["agentkey", "requestid", "signature", "content-type", "x-forwarded-for"]) | ANYTHING
HEADERS = st.dictionaries(NAMES, ANYTHING, max_size=6)
PATHS = st.sampled_from(["/notifications/kirim-doku/unpaid", "/notifications/kirim-doku/refund"]) | ANYTHING
METHODS = st.sampled_from(["POST", "GET", "PUT", "OPTIONS"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING
JSON = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANYTHING, inner, max_size=3))
NOTIFICATIONS = st.fixed_dictionaries(
    {},
    optional={
        "transactionId": st.just("DK0018353") | JSON,
        "sendTrxId": JSON,
        "transactionStatus": st.sampled_from(["50", "35", 50]) | JSON,
        "message": JSON,
    },
)
BODIES = st.binary(max_size=200) | (JSON | NOTIFICATIONS).map(lambda fields: json.dumps(fields).encode())
DEEP = b'{"transactionId":' + b"[" * 10_000


def deliver(world: World, headers: dict[str, str], body: bytes, in_base64: bool, **http: str) -> Answer:
    """As API Gateway hands a notification over; bytes that are no text only in base64."""
    event = sample_event("unpaid-notification")
    event["headers"] = headers
    event["rawPath"] = event["requestContext"]["http"]["path"] = http.get("path", event["rawPath"])
    event["requestContext"]["http"]["method"] = http.get("method", "POST")
    text = body.decode("utf-8", "replace")
    event["isBase64Encoded"] = in_base64 or text.encode() != body
    event["body"] = base64.b64encode(body).decode() if event["isBase64Encoded"] else text
    result = world.call_receiver(event, Context(lambda: 10_000))
    result["body"].encode()
    return Answer.of(result)


@pytest.mark.covers("I9")
@EXAMPLES
@given(headers=HEADERS, body=BODIES, in_base64=st.booleans(), path=PATHS, method=METHODS)
@example(headers={}, body=b"", in_base64=False, path="", method="POST")
@example(
    headers={"agentkey": "\ud800", "requestid": "x", "signature": "y"},
    body=b"",
    in_base64=True,
    path="/unpaid",
    method="POST",
)
def test_what_is_not_signed_is_refused_and_changes_nothing(
    world: World, headers: dict[str, str], body: bytes, in_base64: bool, path: str, method: str
) -> None:
    answer = deliver(world, headers, body, in_base64, path=path, method=method)
    assert answer.status in (401, 404)
    assert answer.body["status"] is False
    assert world.faults.calls.count("SendMessage") == 0


@pytest.mark.covers("I9")
@EXAMPLES
@given(body=BODIES, in_base64=st.booleans())
@example(body=DEEP, in_base64=False)
@example(body=b"\xef\xbb\xbf" + b'{"transactionId":"DK1"}', in_base64=True)
@example(body=b'{"transactionId":1e999}', in_base64=False)
@example(body=b'{"transactionId":' + b"9" * 5_000 + b"}", in_base64=False)
@example(body=b'{"transactionId":"\\ud800"}', in_base64=False)
@example(body=b'{"transactionId":"DK1"}' + b" " * 20_000, in_base64=True)
def test_what_is_signed_is_kept_or_refused_and_never_a_failure(world: World, body: bytes, in_base64: bool) -> None:
    world.faults.calls.clear()
    answer = deliver(world, right(world), body, in_base64)
    assert answer.status in (200, 400)
    assert answer.body["status"] is (answer.status == 200)
    assert world.faults.calls.count("SendMessage") == (answer.status == 200)
    if answer.status == 200:
        assert names_a_transaction(body)


def right(world: World) -> dict[str, str]:
    """Headers of DOKU's, with a requestId that came with no other body."""
    return {name.lower(): value for name, value in signed(world, new_reference()).items()}


def names_a_transaction(body: bytes) -> bool:
    """Read without the product's code."""
    fields: Any = json.loads(body.decode("utf-8-sig"))
    return isinstance(fields, dict) and isinstance(fields.get("transactionId"), str | int)


def test_odd_notifications_break_nothing_behind_the_queue(world: World) -> None:
    """I10, I11: every kept notification about an unknown transfer waits; none stops the others, and the table stays."""
    odd = [b'{"transactionId":"DK%d","sendTrxId":[],"message":{"a":1}}' % number for number in range(5)]
    odd += [b'{"transactionId":0}', b'{"transactionId":"DK","transactionStatus":1e999}']
    before = [item for item in world.scan() if not item["pk"].startswith(("TOKEN#", "REQUEST#"))]
    assert [deliver(world, right(world), body, False).status for body in odd] == [200] * len(odd)
    drained = world.pump()
    assert drained.batches > 0
    assert world.messages() == len(odd)
    assert [item for item in world.scan() if not item["pk"].startswith(("TOKEN#", "REQUEST#"))] == before
