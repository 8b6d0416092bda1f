"""Any body is refused or kept unchanged (I9)."""

import base64
import json

import pytest

from payouts.doku import queued_notification
from tests.integration.receiver.notifications import REFUSED, UNPAID, deliver, queued, reply, signed
from tests.support.harness import World


def base64ed(body: bytes) -> str:
    return base64.b64encode(body).decode()


DEEP = "[" * 10_000 + "]" * 10_000


@pytest.mark.covers(39, "I9")
def test_a_body_that_is_no_notification_is_refused(world: World) -> None:
    headers = signed(world)
    bodies: dict[str, str | None] = {
        "none": None,
        "empty": "",
        "blank": " \r\n",
        "text": "transactionId=DK0018353",
        "single quotes": UNPAID.replace('"', "'"),
        "cut off": UNPAID[:-1],
        "two at once": UNPAID + "{}",
        "null": "null",
        "list": f"[{UNPAID}]",
        "string": '"DK0018353"',
        "NaN": "NaN",
        "no transactionId": "{}",
        "transactionId null": '{"transactionId":null}',
        "transactionId NaN": '{"transactionId":NaN}',
        "transactionId 1e999": '{"transactionId":1e999}',
        "transactionId a long number": '{"transactionId":' + "9" * 66 + "}",
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
    answers = {name: reply(world, headers, body) for name, body in bodies.items()}
    assert answers == dict.fromkeys(bodies, (400, *REFUSED))
    assert world.messages() == 0


@pytest.mark.covers(39, "I9")
def test_a_base64_body_that_is_no_notification_is_refused(world: World) -> None:
    headers = signed(world)
    bodies = {
        "not base64": UNPAID,
        "wrong padding": base64ed(UNPAID.encode())[:-1],
        "not ASCII": "é" * 8,
        "empty": "",
        "with line breaks": base64ed(UNPAID.encode())[:40] + "\r\n" + base64ed(UNPAID.encode())[40:],
        "not UTF-8": base64ed(UNPAID.replace("Success", "Réussi").encode("latin-1")),
        "UTF-16": base64ed(UNPAID.encode("utf-16")),
        "UTF-32": base64ed(UNPAID.encode("utf-32")),
        "zeros": base64ed(bytes(1000)),
        "16 KB and a byte": base64ed(UNPAID[:-1].encode() + b" " * (16_384 + 1 - len(UNPAID)) + b"}"),
        "11 MB": base64ed(bytes(11_000_000)),
    }
    answers = {name: reply(world, headers, body, isBase64Encoded=True) for name, body in bodies.items()}
    assert answers == dict.fromkeys(bodies, (400, *REFUSED))
    assert world.messages() == 0


@pytest.mark.covers(39)
def test_an_odd_body_with_a_transaction_is_kept(world: World) -> None:
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
    answers = {name: deliver(world, signed(world, name), body).status for name, body in odd.items()}
    assert answers == dict.fromkeys(odd, 200)
    for name, body in odd.items():  # the same bytes once more
        assert deliver(world, signed(world, name), base64ed(body.encode()), isBase64Encoded=True).status == 200
    kept = queued(world)
    expected = [body.removeprefix("\ufeff") for body in odd.values()] * 2
    assert sorted(one["body"] for one in kept) == sorted(expected)
    for one in kept:
        assert (
            queued_notification.decode(json.dumps(one)).notification.transaction_id == "DK0018353"
        )  # the processor understands each


@pytest.mark.covers(39)
def test_a_refusal_does_not_repeat_what_was_sent(world: World) -> None:
    headers = signed(world)
    for body in ('{"name":"SUHUT"', '{"transactionId":["SUHUT"]}', "SUHUT" * 10_000, "SUHUT\ud800"):
        answer = deliver(world, headers, body)
        assert answer.status == 400
        assert "SUHUT" not in json.dumps(answer.body)
