"""Requests as API Gateway sends them, and checks of refusals."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.harness import Answer, Context, World, order, sample_event

INVALID, WRONG = (400, "INVALID_PARAMETER"), (422, "VALIDATION_ERROR")
REFUSALS = {INVALID, WRONG}
REQUIRED = ["customerNumber", "beneficiaryAccountNumber", "beneficiaryBankCode", "amount"]
LINE_BREAKS = ["\r", "\n", "\r\nX-Evil: 1", "\x00", "\x7f", "\u2028", "é", "😀"]


def event(
    body: str | bytes | None = None,
    method: str = "POST",
    path: str = "/v1/transfers",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """As API Gateway sends it; bytes come in base64."""
    made = sample_event("create-transfer")
    made["rawPath"] = made["requestContext"]["http"]["path"] = path
    made["requestContext"]["http"]["method"] = method
    made["routeKey"] = made["requestContext"]["routeKey"] = f"{method} {path}"
    made["headers"] |= {name.lower(): value for name, value in (headers or {}).items()}
    made["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    made["isBase64Encoded"] = isinstance(body, bytes)
    if query is not None:
        made["queryStringParameters"] = dict(query)
    return made


def send(world: World, body: str | bytes | None = None, **options: Any) -> Answer:
    result = world.call_handler(event(body, **options), Context())
    result["body"].encode()  # what is not UTF-8 never reaches the caller
    return Answer.of(result)


def dumps(**changes: Any) -> str:
    return json.dumps(order(**changes))


def inquiry(**changes: Any) -> dict[str, Any]:
    """The body of an account inquiry; None removes a field."""
    body = {name: order()[name] for name in [*REQUIRED, "beneficiaryAccountName"]} | changes
    return {name: value for name, value in body.items() if value is not None}


def refused_by_both(world: World, **changes: Any) -> list[Answer]:
    """The answers to a transfer and to an account inquiry."""
    bodies = {"/v1/transfers": order(**changes), "/v1/account-inquiries": inquiry(**changes)}
    return [send(world, json.dumps(body), path=path) for path, body in bodies.items()]


def assert_refused(
    answer: Answer,
    kind: tuple[int, str] | None = None,
    names: Iterable[str] = (),
    never_says: Iterable[object] = (),
    case: object = "",
) -> None:
    """DOKU's error format, the glossary's code with its own HTTP status, the field's name and not its value."""
    what = (case, answer.status, answer.body)
    assert set(answer.body) == {"status", "response_code", "response_message", "request_id", "retryable"}, what
    assert (answer.status, answer.body["response_code"]) in ({kind} if kind else REFUSALS), what
    assert (answer.body["status"], answer.body["retryable"]) == ("FAILED", False), what
    assert answer.body["request_id"] == "JKJaXmPLvHcESHA=", what
    message = answer.body["response_message"]
    assert message, what
    for name in names:
        assert name in message, what
    for value in never_says:
        text = str(value)
        assert len(text) < 4 or text not in message, what


def assert_untouched(world: World) -> None:
    """Nothing was stored, or even looked up, and nothing was sent to DOKU."""
    assert world.faults.calls == []
    assert_nothing_was_asked(world)


def assert_nothing_was_asked(world: World) -> None:
    """Nothing was sent to DOKU."""
    ledger = world.doku.ledger()
    assert ledger["requests"] == ledger["tokenRequests"] == ledger["debits"] == []


BAD_FIELDS: dict[str, list[Any]] = {
    "beneficiaryAccountNumber": [
        *("", " ", "8377 388292", " 8377388292", "8377388292 ", "837-738-8292", "ID8377388292", "8377388292X"),
        *(
            "8" * 33,
            "8" * 10_000,
            "\u0668\u0663\u0667\u0667\u0663\u0668\u0668\u0662\u0669\u0662",
            "\uff18\uff13\uff17\uff17\uff13\uff18\uff18\uff12\uff19\uff12",
            "+628115678890",
            8377388292,
            True,
            [],
        ),
    ],
    "customerNumber": [
        "",
        "1234",
        "+628115678890",
        "0811-5678-890",
        "6" * 33,
        "\u0666\u0662\u0668\u0661\u0661\u0665\u0666\u0667\u0668\u0668\u0669\u0660",
        628115678890,
        None,
    ],
    "beneficiaryBankCode": ["", "14", "0 14", "014 ", "0-14", "BANKCODETOOLONG17", "\u0660\u0661\u0664", 14, True],
    "sessionId": ["", "I0438 729855304540", "I" * 26, "I0438729855304540;", 438729855304540],
    "beneficiaryAccountName": ["", "S" * 101, "SÜHUT", "SUHUT\tSUHUT", 5, ["SUHUT"]],
    "beneficiaryPhoneNumber": ["", "+628115678890", "abcde"],
    "senderCountryCode": ["", "id", "IDN", "I1", 62],
    "senderPersonalId": ["", "8" * 101, 89012345],
    "senderPersonalIdType": ["K" * 26, 1],
    "channelCode": ["", "7", "007", "AB", 7],
    "feeType": ["F" * 26, 1],
    "remark": ["R" * 256, "Rëmark", 1, {"text": "Remark"}],
    **{
        f"{whose}Name": ["", "N" * 101, "NÄME", "N\tN", 5, ["NAME"]]
        for whose in ("beneficiaryFirst", "beneficiaryLast", "beneficiaryBank", "senderFirst", "senderLast")
    },
}


UNREADABLE: dict[str, str | bytes | None] = {
    "nothing": None,
    "empty": "",
    "blank": " \r\n",
    "null": "null",
    "true": "true",
    "a number": "1",
    "a text": '"PAY-000001"',
    "a list": "[]",
    "a list of requests": f"[{json.dumps(order())}]",
    "an empty object": "{}",
    "cut short": json.dumps(order())[:-1],
    "two at once": json.dumps(order()) * 2,
    "a tail": json.dumps(order()) + "x",
    "single quotes": str(order()),
    "a trailing comma": json.dumps(order())[:-1] + ",}",
    "a comment": "/* */" + json.dumps(order()),
    "a form": "customerNumber=628115678890&amount=200000.00",
    "XML": "<transfer/>",
    "a member twice": json.dumps(order())[:-1] + ',"customerNumber":"628115678891"}',
    "the same member twice": json.dumps(order())[:-1] + ',"customerNumber":"628115678890"}',
    "a member of the amount twice": json.dumps(order()).replace('"value"', '"value":"10000.00","value"'),
    "a member of additionalInfo twice": json.dumps(order())[:-1] + ',"additionalInfo":{"remark":"x","remark":"x"}}',
    "NaN": json.dumps({**order(), "remark": float("nan")}),
    "Infinity": json.dumps({**order(), "remark": float("inf")}),
    "-Infinity": json.dumps({**order(), "additionalInfo": {"x": -float("inf")}}),
    "NaN alone": "NaN",
    "a number of 5,000 digits": '{"amount":' + "9" * 5_000 + "}",
    "lists 10,000 deep": "[" * 10_000 + "]" * 10_000,
    "objects 10,000 deep": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "lists 10,000 deep in a field": '{"remark":' + "[" * 10_000 + "]" * 10_000 + "}",
    "a line break in a text": json.dumps(order(remark="x")).replace('"x"', '"x\n"'),
    "a byte order mark": "\ufeff" + json.dumps(order()),
    "a byte order mark in bytes": b"\xef\xbb\xbf" + json.dumps(order()).encode(),
    "UTF-16": json.dumps(order()).encode("utf-16"),
    "Latin-1": json.dumps(order(remark="Caf\xe9"), ensure_ascii=False).encode("latin-1"),
    "bytes that are no text": b"\xff\xfe\x00\x80",
    "an over-long encoding": b'{"remark":"\xc0\xaf"}',
    "zeros": b"\x00" * 100,
    "no bytes": b"",
    "one byte too many": json.dumps(order()).ljust(65_537),
    "two-byte characters beyond the limit": json.dumps(order(remark="é" * 32_800), ensure_ascii=False),
    "a megabyte": json.dumps(order(remark="x" * 2**20)),
}
