"""DOKU's callbacks are authenticated, kept and answered, whatever comes in (I9, I11, I15, I17; FAULTS 36-41)."""

import base64
import hmac
import io
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from notification_processor.entry import read
from notification_receiver.entry import compose, create_handler
from tests.harness import Answer, Context, World, crashing, sample_event
from tests.surroundings import Surroundings

REQUEST_ID = "fd53b1e3-9c35-4dfa-a95ca8dbc5695485"
UNPAID = (
    '{"sendTrxId":"text","transactionId":"DK0018353","invoiceNumber":"I088787987870912","transactionStatus":"50",'
    '"activityCode":"200","message":"Transaction is Success","processDate":"2024-01-12\'T\'07:30:12",'
    '"createdTime":"1699520040340"}'
)
REFUND = (
    '{"transactionId":"DK0018353","activityCode":"200","message":"Transaction is Refunded",'
    '"processDate":"2024-01-12\'T\'07:30:12"}'
)
REFUSED = (("status", False), ("transactionId", ""), ("responseCode", "99"))
OTHER_KEY = "fedcba9876543210"


# --- DOKU's side: signatures by PROTOCOL.md section 6, with no code of ours -----------------------


def aes_ecb(key: str, text: str) -> str:
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.ECB()).encryptor()
    padded = padder.update(text.encode()) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def hmac_sha512(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), "sha512").digest()).decode()


@cache
def aws(service: Any) -> Any:
    """A client of the tests' own, made once: no fault falls on it and no call of it is counted."""
    return boto3.Session().client(service)


def secret(world: World) -> dict[str, str]:
    """The credentials that DOKU gave this merchant."""
    found = aws("secretsmanager").get_secret_value(SecretId=world.environment["DOKU_SECRET_ID"])
    members: dict[str, str] = json.loads(found["SecretString"])
    return members


def rotate(world: World, **members: str | None) -> None:
    """Put a new version of the secret; None leaves a member out."""
    changed = {name: value for name, value in (secret(world) | members).items() if value is not None}
    secret_id = world.environment["DOKU_SECRET_ID"]
    aws("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=json.dumps(changed))


def signed(world: World, request_id: str = REQUEST_ID, **other: str) -> dict[str, str]:
    """The headers of a callback of DOKU's; `agent` or `key` of another merchant."""
    ours = secret(world)
    agent = other.get("agent", ours["agentKey"])
    signature = aes_ecb(other.get("key", ours["notificationKey"]), agent + request_id)
    return {
        "requestId": request_id,
        "agentKey": agent,
        "signature": signature,
        "Content-Type": "application/json",
    }


# --- API Gateway's side ---------------------------------------------------------------------------


def event(
    headers: Mapping[str, str], body: str | None = UNPAID, kind: str = "unpaid", **changes: Any
) -> dict[str, Any]:
    """A callback as API Gateway hands it over, with these headers exactly. `path`, `method` and `source` may differ."""
    made = sample_event(f"{kind}-notification")
    made["headers"] = dict(headers)
    made["body"] = body
    http = made["requestContext"]["http"]
    made["rawPath"] = http["path"] = changes.pop("path", made["rawPath"])
    http["method"] = changes.pop("method", "POST")
    http["sourceIp"] = changes.pop("source", http["sourceIp"])
    return made | changes


def deliver(world: World, headers: Mapping[str, str], body: str | None = UNPAID, **changes: Any) -> Answer:
    return Answer.of(world.call_receiver(event(headers, body, **changes), Context(lambda: 10_000)))


def members(world: World, headers: Mapping[str, str], body: str | None = UNPAID, **changes: Any) -> tuple[Any, ...]:
    """HTTP status and the body's members in order, but for the last: a text for people, only checked to be one."""
    result = world.call_receiver(event(headers, body, **changes), Context(lambda: 10_000))
    pairs = json.loads(result["body"], object_pairs_hook=list)
    assert pairs[-1][0] == "responseMessage"
    assert isinstance(pairs[-1][1], str)
    assert result["headers"]["Content-Type"] == "application/json"
    return (result["statusCode"], *pairs[:-1])


def queued(world: World) -> list[dict[str, Any]]:
    """Every message of the queue, taken out."""
    sqs, url, found = aws("sqs"), world.environment["NOTIFICATION_QUEUE_URL"], []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def waiting(world: World, queue: str = "NOTIFICATION_QUEUE_URL") -> int:
    """Messages in a queue, visible or not: `World.messages`, without a new client each time."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws("sqs").get_queue_attributes(QueueUrl=world.environment[queue], AttributeNames=names)
    return sum(int(value) for value in found["Attributes"].values())


def configured(world: World, **environment: str) -> World:
    """A cold start with other variables."""
    return World.start(world.environment | environment, world.clock, world.doku)


@pytest.fixture(autouse=True)
def unrotated(surroundings: Surroundings, world: World) -> Iterator[None]:
    """The secret's previous version is no other test's, before and after."""

    def put() -> None:
        surroundings.aws.secretsmanager.put_secret_value(
            SecretId=surroundings.secret_id, SecretString=surroundings.secret
        )

    put()
    yield
    put()
    put()


# --- what DOKU is answered ------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "body"), [("unpaid", UNPAID), ("refund", REFUND)])
def test_a_kept_notification_is_answered_with_exactly_the_body_of_seed_003(world: World, kind: str, body: str) -> None:
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
def test_what_is_kept_is_the_body_as_received_with_its_kind_and_time(world: World) -> None:
    """I15."""
    before = int(world.clock() * 1000)
    deliver(world, signed(world))
    deliver(world, signed(world, "another"), REFUND, kind="refund")
    kept = sorted(queued(world), key=lambda message: str(message["kind"]))
    assert [(one["kind"], one["requestId"], one["body"]) for one in kept] == [
        ("refund", "another", REFUND),
        ("unpaid", REQUEST_ID, UNPAID),
    ]
    assert all(before <= one["receivedAt"] <= world.clock() * 1000 for one in kept)


def test_a_kept_notification_costs_one_call_of_sqs_and_none_of_the_table(world: World) -> None:
    headers = signed(world)
    deliver(world, headers)
    deliver(world, headers | {"signature": "Zm9yZ2Vk"})  # has the previous version of the secret read
    world.faults.calls.clear()
    assert deliver(world, headers).status == 200
    assert world.faults.calls == ["SendMessage"]
    world.faults.calls.clear()
    assert deliver(world, headers | {"signature": "Zm9yZ2Vk"}).status == 401
    assert deliver(world, headers, "no JSON").status == 400
    assert world.faults.calls == []


# --- authentication -------------------------------------------------------------------------------


@pytest.mark.covers(38)
def test_38_header_names_count_in_any_case(world: World) -> None:
    headers = signed(world)
    for spelled in (str, str.lower, str.upper, str.title):
        spelling = {spelled(name): value for name, value in headers.items()}
        assert deliver(world, spelling).status == 200, spelling.keys()
    assert waiting(world) == 4


@pytest.mark.covers(37, 38, "I9")
def test_37_whatever_is_not_signed_by_doku_is_refused_and_changes_nothing(world: World) -> None:
    """36 and 38 too: another request's signature, and headers that came twice, which API Gateway joins by a comma."""
    right = signed(world)
    agent, request_id, signature = right["agentKey"], right["requestId"], right["signature"]
    forgeries: dict[str, dict[str, str]] = {
        "no headers": {},
        "no signature": {"requestId": request_id, "agentKey": agent},
        "no agentKey": {"requestId": request_id, "signature": signature},
        "no requestId": {"agentKey": agent, "signature": signature},
        "empty signature": right | {"signature": ""},
        "empty agentKey": right | {"agentKey": "", "signature": aes_ecb(secret(world)["notificationKey"], request_id)},
        "empty requestId": right | {"requestId": "", "signature": aes_ecb(secret(world)["notificationKey"], agent)},
        "forged": right | {"signature": "Zm9yZ2Vk" * 8},
        "the sample of seed 003": right
        | {"signature": "ieNOENDdN4MnectGytx5UvmOfASZ2oGWMCJ8gVqkw3tB98ofgY9cbxSeY4IYoYeoKs+0QP4h8BTBhemlfeXp1w=="},
        "of another request": right | {"signature": signed(world, "another")["signature"]},
        "of another key": signed(world, key=OTHER_KEY),
        "of another agent": signed(world, agent="A41419"),
        "agentKey and requestId cut elsewhere": right | {"agentKey": agent[:-1], "requestId": agent[-1] + request_id},
        "hmac instead of aes": right | {"signature": hmac_sha512(secret(world)["notificationKey"], agent + request_id)},
        "cut off": right | {"signature": signature[:-1]},
        "one more": right | {"signature": signature + "A"},
        "in lower case": right | {"signature": signature.lower()},
        "with blanks": right | {"signature": f" {signature} "},
        "twice": right | {"signature": f"{signature},{signature}"},
        "agentKey twice": right | {"agentKey": f"{agent},{agent}"},
        "not ASCII": right | {"signature": "süß" + signature},
        "a lone surrogate in requestId": right | {"requestId": "\ud800"},
        "lone surrogates": dict.fromkeys(right, "\ud800"),
        "agentKey not ASCII": right | {"agentKey": "\uff2141418"},
        "agentKey in lower case": right | {"agentKey": agent.lower()},
        "enormous": dict.fromkeys(right, "A" * 1_000_000),
    }
    answers = {name: members(world, headers) for name, headers in forgeries.items()}
    assert answers == dict.fromkeys(forgeries, (401, *REFUSED))
    assert waiting(world) == 0
    assert deliver(world, right).status == 200  # and this was DOKU's


@pytest.mark.covers(37)
def test_37_a_forger_learns_nothing_of_the_body(world: World) -> None:
    """The signature comes first: a bad body and a good one are refused alike."""
    forged = signed(world, key=OTHER_KEY)
    answers = [members(world, forged, body) for body in (UNPAID, "no JSON", "", "x" * 11_000_000)]
    assert answers == [(401, *REFUSED)] * 4


def test_the_two_schemes_are_apart_and_the_variable_says_which(world: World) -> None:
    by_aes, ours = signed(world), secret(world)
    by_hmac = by_aes | {"signature": hmac_sha512(ours["notificationKey"], ours["agentKey"] + REQUEST_ID)}
    other = configured(world, NOTIFICATION_SIGNATURE="hmac-sha512")
    assert (deliver(other, by_hmac).status, deliver(other, by_aes).status) == (200, 401)
    assert (deliver(world, by_hmac).status, deliver(world, by_aes).status) == (401, 200)


@pytest.mark.parametrize("length", [16, 24, 32])
def test_an_aes_key_may_have_three_lengths(world: World, length: int) -> None:
    rotate(world, notificationKey="k" * length)
    assert deliver(world, signed(world)).status == 200


@pytest.mark.covers(37)
def test_37_while_the_key_rotates_the_current_and_the_previous_one_are_accepted(world: World) -> None:
    before = signed(world)
    rotate(world, notificationKey=OTHER_KEY)
    after = signed(world)
    assert (deliver(world, before).status, deliver(world, after).status) == (200, 200)
    assert deliver(world, signed(world, key="0" * 16)).status == 401


@pytest.mark.covers(37)
def test_37_a_key_that_was_rotated_away_twice_is_refused(world: World) -> None:
    first = signed(world)
    rotate(world, notificationKey=OTHER_KEY)
    second = signed(world)
    rotate(world, notificationKey="0" * 16)
    statuses = [deliver(world, headers).status for headers in (first, second, signed(world))]
    assert statuses == [401, 200, 200]


@pytest.mark.covers(37)
def test_37_a_key_that_was_rotated_away_twice_is_refused_by_a_warm_function_after_five_minutes(world: World) -> None:
    first = signed(world)
    assert deliver(world, first).status == 200
    rotate(world, notificationKey=OTHER_KEY)
    rotate(world, notificationKey="0" * 16)
    world.clock.advance(301)
    assert deliver(world, first).status == 401


@pytest.mark.covers(37)
def test_37_a_fresh_key_is_accepted_although_the_old_secret_is_cached(world: World) -> None:
    assert deliver(world, signed(world)).status == 200
    rotate(world, notificationKey=OTHER_KEY)
    assert deliver(world, signed(world)).status == 401  # DOKU sends again
    world.clock.advance(31)
    assert deliver(world, signed(world)).status == 200


@pytest.mark.covers(37)
def test_37_a_flood_of_forgeries_has_the_secret_read_twice_a_minute_at_most(world: World) -> None:
    forged = signed(world, key=OTHER_KEY)
    deliver(world, signed(world))
    world.faults.calls.clear()
    for _ in range(60):
        world.clock.advance(1)
        assert deliver(world, forged).status == 401
    assert world.faults.calls.count("GetSecretValue") <= 5  # the previous version, and then both versions twice


@pytest.mark.covers(37)
def test_37_a_new_agent_key_rotates_along(world: World) -> None:
    before = signed(world)
    rotate(world, agentKey="A50000", notificationKey=OTHER_KEY)
    assert [deliver(world, headers).status for headers in (before, signed(world))] == [200, 200]
    mixed = signed(world, agent="A50000", key="k" * 16), signed(world, agent=before["agentKey"], key=OTHER_KEY)
    assert [deliver(world, headers).status for headers in mixed] == [401, 401]


@pytest.mark.covers(37, "I9")
@pytest.mark.parametrize("key", ["", None], ids=["empty", "missing"])
def test_37_an_empty_key_authenticates_nothing_not_even_what_it_signed(world: World, key: str | None) -> None:
    ours = secret(world)
    rotate(world, notificationKey=key)
    rotate(world, notificationKey=key)
    text = ours["agentKey"] + REQUEST_ID
    plain = {"requestId": REQUEST_ID, "agentKey": ours["agentKey"]}
    padded = base64.b64encode(text.encode()).decode()
    for fresh in (world, configured(world, NOTIFICATION_SIGNATURE="hmac-sha512")):
        for signature in (hmac_sha512("", text), padded, "", "null", "None"):
            assert members(fresh, plain | {"signature": signature}) == (401, *REFUSED)
    assert waiting(world) == 0


@pytest.mark.covers(37)
def test_37_an_aes_key_of_a_wrong_length_is_our_fault_and_asks_doku_to_send_again(world: World) -> None:
    right = signed(world)
    rotate(world, notificationKey="too short")
    rotate(world, notificationKey="too short")
    assert members(world, right) == (503, *REFUSED)
    assert members(world, right | {"agentKey": "A00000"}) == (401, *REFUSED)  # who knows no agentKey learns nothing
    assert members(world, {}) == (401, *REFUSED)
    assert waiting(world) == 0


@pytest.mark.covers(37)
def test_37_a_key_of_a_wrong_length_that_was_put_right_does_no_more_harm(world: World) -> None:
    """The bad key stays behind as the previous one: it must not stand in the way of the good one."""
    rotate(world, notificationKey="too short")
    rotate(world, notificationKey=OTHER_KEY)
    assert deliver(world, signed(world)).status == 200
    assert deliver(world, signed(world, key="0" * 16)).status == 401


def test_a_forged_callback_does_not_make_an_outage_of_the_secret_dokus_business(world: World) -> None:
    assert deliver(world, signed(world)).status == 200
    world.clock.advance(31)
    world.faults.throttle("GetSecretValue", times=5)
    assert deliver(world, signed(world, key="0" * 16)).status == 401
    assert deliver(world, signed(world)).status == 200


def test_a_secret_that_cannot_be_read_asks_doku_to_send_again(world: World) -> None:
    world.faults.throttle("GetSecretValue")
    assert members(world, signed(world)) == (503, *REFUSED)
    assert deliver(world, signed(world)).status == 200
    assert waiting(world) == 1


def test_only_addresses_of_the_allow_list_may_call(world: World) -> None:
    listed = configured(world, NOTIFICATION_SOURCES="203.0.113.0/28, 198.51.100.7,2001:db8::/32")
    headers = signed(world)
    addresses = {
        "203.0.113.0": 200,
        "203.0.113.15": 200,
        "203.0.113.16": 401,
        "198.51.100.7": 200,
        "198.51.100.8": 401,
        "2001:db8::1": 200,
        "2001:db9::1": 401,
        "127.0.0.1": 401,
    }
    assert {source: deliver(listed, headers, source=source).status for source in addresses} == addresses
    assert waiting(listed) == 4
    claiming = headers | {"x-forwarded-for": "203.0.113.1", "x-real-ip": "203.0.113.1", "forwarded": "for=203.0.113.1"}
    assert deliver(listed, claiming, source="192.0.2.1").status == 401
    assert deliver(listed, headers | {"signature": "Zm9yZ2Vk"}, source="203.0.113.1").status == 401
    assert deliver(world, headers, source="192.0.2.1").status == 200  # without a list anybody with the key


# --- bodies ---------------------------------------------------------------------------------------


def base64ed(body: bytes) -> str:
    return base64.b64encode(body).decode()


DEEP = "[" * 10_000 + "]" * 10_000


@pytest.mark.covers(39, "I9")
def test_39_a_body_that_is_no_notification_is_refused_and_not_kept(world: World) -> None:
    headers = signed(world)
    bodies: dict[str, str | None] = {
        "none": None,
        "empty": "",
        "blank": " \r\n",
        "text": "transactionId=DK0018353",
        "cut off": UNPAID[:-1],
        "null": "null",
        "list": f"[{UNPAID}]",
        "string": '"DK0018353"',
        "NaN": "NaN",
        "no transactionId": "{}",
        "transactionId null": '{"transactionId":null}',
        "transactionId NaN": '{"transactionId":NaN}',
        "transactionId 1e999": '{"transactionId":1e999}',
        "transactionId true": '{"transactionId":true}',
        "transactionId too long": '{"transactionId":"' + "D" * 65 + '"}',
        "transactionId with a line break": '{"transactionId":"DK\\r\\n1"}',
        "transactionId with half an emoji": '{"transactionId":"DK\\ud83d"}',
        "half an emoji": UNPAID.replace("Success", "\ud83d"),
        "huge integer": UNPAID.replace('"1699520040340"', "9" * 5000),
        "10,000 deep": "[" * 10_000,
        "10,000 deep and closed": '{"transactionId":"DK1","a":' + DEEP[2_000:-2_000] + "}",
        "16 KB and a byte": UNPAID[:-1] + " " * (16_384 + 1 - len(UNPAID)) + "}",
        "16 KB and a byte in two-byte letters": UNPAID.replace("Success", "é" * 8_192),
        "11 MB": UNPAID[:-1] + " " * 11_000_000 + "}",
        "11 MB of something": "x" * 11_000_000,
    }
    answers = {name: members(world, headers, body) for name, body in bodies.items()}
    assert answers == dict.fromkeys(bodies, (400, *REFUSED))
    assert waiting(world) == 0


@pytest.mark.covers(39, "I9")
def test_39_a_body_in_base64_that_is_no_notification_is_refused_and_not_kept(world: World) -> None:
    headers = signed(world)
    bodies = {
        "not base64": UNPAID,
        "wrong padding": base64ed(UNPAID.encode())[:-1],
        "not ASCII": "é" * 8,
        "empty": "",
        "with line breaks": base64ed(UNPAID.encode())[:40] + "\r\n" + base64ed(UNPAID.encode())[40:],
        "not UTF-8": base64ed(UNPAID.replace("Success", "Réussi").encode("latin-1")),
        "UTF-16": base64ed(UNPAID.encode("utf-16")),
        "zeros": base64ed(bytes(1000)),
        "16 KB and a byte": base64ed(UNPAID[:-1].encode() + b" " * (16_384 + 1 - len(UNPAID)) + b"}"),
        "11 MB": base64ed(bytes(11_000_000)),
    }
    answers = {name: members(world, headers, body, isBase64Encoded=True) for name, body in bodies.items()}
    assert answers == dict.fromkeys(bodies, (400, *REFUSED))
    assert waiting(world) == 0


@pytest.mark.covers(39)
def test_39_an_odd_body_that_names_its_transaction_is_kept_as_it_came(world: World) -> None:
    headers = signed(world)
    odd = {
        "byte order mark": "\ufeff" + UNPAID,
        "CRLF": UNPAID.replace(",", ",\r\n") + "\r\n",
        "duplicate keys": UNPAID[:-1] + ',"transactionStatus":"35","transactionId":"DK0018353"}',
        "NaN and 1e999": UNPAID[:-1] + ',"a":NaN,"b":1e999,"c":-Infinity,"d":' + "9" * 4000 + "}",
        "emoji": UNPAID.replace("Success", "\U0001f600" * 5),
        "half an emoji, escaped": UNPAID.replace("Success", "\\ud83d"),
        "controls, escaped": UNPAID.replace("Success", "\\u0000\\u001b[31m"),
        "DEL and separators": UNPAID.replace("Success", "\x7f\u2028\u2029"),
        "no character of Unicode": UNPAID.replace("Success", "\ufffe\uffff"),
        "numbers": UNPAID.replace('"50"', "50").replace('"1699520040340"', "1699520040340"),
        "unknown fields": UNPAID[:-1] + ',"additionalInfo":{"a":[1,{"b":null}]}}',
        "900 deep": UNPAID[:-1] + ',"a":' + "[" * 900 + "]" * 900 + "}",
        "16 KB": UNPAID[:-1] + " " * (16_384 - len(UNPAID)) + "}",
        "16 KB of quotes and emoji": UNPAID.replace("Success", '\\"' * 4_000 + "\U0001f600" * 1_900),
    }
    answers = {name: deliver(world, headers, body).status for name, body in odd.items()}
    assert answers == dict.fromkeys(odd, 200)
    in_base64 = {deliver(world, headers, base64ed(body.encode()), isBase64Encoded=True).status for body in odd.values()}
    assert in_base64 == {200}
    kept = queued(world)
    expected = [body.removeprefix("\ufeff") for body in odd.values()] * 2
    assert sorted(one["body"] for one in kept) == sorted(expected)
    for one in kept:
        assert read(json.dumps(one)).notification.transaction_id == "DK0018353"  # the processor understands each


@pytest.mark.covers(39)
def test_39_a_refusal_does_not_repeat_what_was_sent(world: World) -> None:
    headers = signed(world)
    for body in ('{"name":"SUHUT"', '{"transactionId":["SUHUT"]}', "SUHUT" * 10_000, "SUHUT\ud800"):
        answer = deliver(world, headers, body)
        assert answer.status == 400
        assert "SUHUT" not in json.dumps(answer.body)


# --- routes ---------------------------------------------------------------------------------------


@pytest.mark.covers(40)
def test_40_a_trailing_slash_or_a_stage_prefix_makes_no_difference(world: World) -> None:
    headers, route = signed(world), "/notifications/kirim-doku/refund"
    for path in (route, f"{route}/", f"{route}//", f"/prod{route}", f"/prod{route}/"):
        assert deliver(world, headers, REFUND, kind="refund", path=path).status == 200, path
    assert [one["kind"] for one in queued(world)] == ["refund"] * 5


@pytest.mark.covers(40)
def test_40_another_path_is_not_found_even_when_signed(world: World) -> None:
    headers, base = signed(world), "/notifications/kirim-doku"
    paths = ["", "/", base, f"{base}/", f"{base}/paid", f"{base}/UNPAID", f"{base}/unpaid/x", f"{base}/refund%2F"]
    assert {path: members(world, headers, path=path) for path in paths} == dict.fromkeys(paths, (404, *REFUSED))
    assert waiting(world) == 0


@pytest.mark.covers(41)
def test_41_only_post_is_a_notification(world: World) -> None:
    headers = signed(world)
    methods = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post", ""]
    assert {one: members(world, headers, method=one)[0] for one in methods} == dict.fromkeys(methods, 404)
    assert waiting(world) == 0


@pytest.mark.covers(41)
def test_41_the_content_type_does_not_matter(world: World) -> None:
    headers = signed(world)
    del headers["Content-Type"]
    types = [
        "",
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/x",
        "ü",
    ]
    assert deliver(world, headers).status == 200
    assert {deliver(world, headers | {"Content-Type": one}).status for one in types} == {200}
    assert waiting(world) == 1 + len(types)


# --- the queue ------------------------------------------------------------------------------------


@pytest.mark.covers("I11")
def test_what_cannot_be_kept_is_not_acknowledged_and_nothing_is_lost_or_doubled_when_doku_sends_again(
    world: World,
) -> None:
    headers = signed(world)
    world.faults.throttle("SendMessage")
    refused = (503, ("status", False), ("transactionId", "DK0018353"), ("responseCode", "99"))
    assert members(world, headers) == refused
    assert waiting(world) == 0
    assert deliver(world, headers).status == 200
    assert waiting(world) == 1


def test_a_queue_that_is_gone_is_not_acknowledged(world: World) -> None:
    nowhere = configured(world, NOTIFICATION_QUEUE_URL=world.environment["NOTIFICATION_QUEUE_URL"] + "-gone")
    assert deliver(nowhere, signed(world)).status == 503


def test_a_request_id_that_makes_the_message_too_large_is_not_acknowledged(world: World) -> None:
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
    assert waiting(world) == 1
    assert deliver(world, headers).status == 200


@pytest.mark.covers(14, "I11")
def test_a_page_instead_of_an_answer_of_sqs_is_not_acknowledged(world: World) -> None:
    world.faults.answer_with_a_page("SendMessage")
    assert deliver(world, signed(world)).status == 503
    assert deliver(world, signed(world)).status == 200


@pytest.mark.covers(14)
def test_a_page_instead_of_the_secret_asks_doku_to_send_again(world: World) -> None:
    world.faults.answer_with_a_page("GetSecretValue")
    assert deliver(world, signed(world)).status == 503


@pytest.mark.covers("I11")
def test_a_lost_answer_of_sqs_loses_nothing(world: World) -> None:
    world.faults.lose_reply("SendMessage")
    assert deliver(world, signed(world)).status == 200
    assert {one["body"] for one in queued(world)} == {UNPAID}


def test_what_nobody_foresaw_is_a_500_in_dokus_shape(world: World) -> None:
    headers = signed(world)

    def fail() -> None:
        raise RuntimeError(secret(world)["notificationKey"])

    world.faults.before["SendMessage"] = [fail]
    assert members(world, headers) == (500, *REFUSED)
    assert deliver(world, headers).status == 200


# --- everything at once ---------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
BODIES = st.one_of(
    TEXT,
    st.none(),
    st.sampled_from([UNPAID, REFUND, DEEP, base64ed(UNPAID.encode())]),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=70),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=8,
    ).map(json.dumps),
    st.fixed_dictionaries({"transactionId": st.text(max_size=70) | st.integers()}).map(json.dumps),
    st.binary(max_size=80).map(base64ed),
)
NAMES = st.sampled_from(["requestId", "agentKey", "signature", "SIGNATURE", "x-forwarded-for", "content-type", ""])


@pytest.mark.covers("I9")
def test_nothing_that_anybody_can_send_is_a_5xx_and_only_what_is_signed_is_kept(world: World) -> None:
    """I9, by chance."""
    right = {name.lower(): value for name, value in signed(world).items()}
    kept = []

    @settings(max_examples=300, deadline=None, database=None)
    @given(st.booleans(), st.dictionaries(NAMES, TEXT, max_size=5), BODIES, st.booleans())
    def anything(by_doku: bool, headers: dict[str, str], body: str | None, encoded: bool) -> None:
        sent = {**headers, **right} if by_doku else headers
        by_chance = "SIGNATURE" in sent  # may or may not come after the right one
        answer = deliver(world, sent, body, isBase64Encoded=encoded)
        assert answer.status in ({200, 400, 401} if by_chance else {200, 400} if by_doku else {401})
        assert answer.body["status"] is (answer.status == 200)
        assert list(answer.body) == ["status", "transactionId", "responseCode", "responseMessage"]
        kept.extend([answer] if answer.status == 200 else [])

    anything()
    assert kept
    assert waiting(world) == len(kept)


@pytest.mark.covers("I17")
def test_no_line_of_the_log_and_no_reply_holds_a_secret_or_anything_personal(world: World) -> None:
    """I17."""
    written = io.StringIO()
    logger = Logger(service="receiver-that-is-read", stream=written)
    handler = create_handler(compose(world.environment, world.clock), logger)
    right, ours = signed(world), secret(world)
    personal = {"beneficiaryAccountName": "QZSUHUT", "account": "8377388292", "phone": "628115678890", "id": "89012345"}
    told = UNPAID[:-1] + "," + json.dumps(personal)[1:]

    def fail() -> None:
        raise RuntimeError(f"{ours} {right} {personal}")

    events = [
        event(right, told),
        event(right, told[:-1]),
        event(right | {"signature": right["signature"] + "x"}, told),
        event({}, told),
        event(right, told, path="/QZSUHUT"),
        event(right, json.dumps({"transactionId": ["QZSUHUT"]})),
        event(right, told, isBase64Encoded=True),
    ]
    results = [handler(one, Context()) for one in events]  # type: ignore[arg-type]
    world.faults.throttle("SendMessage")
    results.append(handler(event(right, told), Context()))  # type: ignore[arg-type]
    world.faults.before["SendMessage"] = [fail]
    results.append(handler(event(right, told), Context()))  # type: ignore[arg-type]
    lines = written.getvalue().splitlines()
    logged = [json.loads(line) for line in lines]
    statuses = [result["statusCode"] for result in results]
    assert statuses == [200, 400, 401, 401, 404, 400, 400, 503, 500]
    assert [one["status"] for one in logged if one["message"] == "notification"] == statuses
    hidden = [*ours.values(), right["signature"], *personal.values(), "PRIVATE KEY"]
    for text in [*lines, *map(json.dumps, results)]:
        assert not [value for value in hidden if value in text]
