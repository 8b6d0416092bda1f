"""What the transfer API makes of input (FAULTS 54 to 62): a refusal stores nothing, sends nothing and says why."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from tests.harness import Answer, Context, World, new_reference, order, sample_event
from tests.surroundings import Surroundings
from transfer_api.entry import create_handler

INVALID, WRONG = (400, "INVALID_PARAMETER"), (422, "VALIDATION_ERROR")
REFUSALS = {INVALID, WRONG}
REQUIRED = ["customerNumber", "beneficiaryAccountNumber", "beneficiaryBankCode", "amount"]
LINE_BREAKS = ["\r", "\n", "\r\nX-Evil: 1", "\x00", "\x7f", "\u2028", "é", "😀"]


@pytest.fixture(scope="module")
def warm(surroundings: Surroundings) -> Iterator[World]:
    """One start for all the requests that must change nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in surroundings.environment.items():
            patch.setenv(name, value)
        yield World.start(surroundings.environment, surroundings.clock, surroundings.doku)


@pytest.fixture
def idle(warm: World) -> World:
    """Nothing has been stored or sent yet."""
    warm.doku.reset()
    warm.faults.calls.clear()
    return warm


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
    """Seed 002's format, the glossary's code with its own HTTP status, the field's name and not its value."""
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
    ledger = world.doku.ledger()
    assert ledger["requests"] == ledger["tokenRequests"] == ledger["debits"] == []


def test_a_missing_field_is_named(idle: World) -> None:
    for field in REQUIRED:
        for answer in refused_by_both(idle, **{field: None}):
            assert_refused(answer, INVALID, [f"{field} is required"])
    for field in ("value", "currency"):
        amount = {"value": "200000.00", "currency": "IDR"}
        del amount[field]
        for answer in refused_by_both(idle, amount=amount):
            assert_refused(answer, INVALID, [f"amount.{field} is required"])
    assert_untouched(idle)


def test_a_transfer_without_a_session_needs_the_name_of_the_account(idle: World) -> None:
    answer = send(idle, dumps(beneficiaryAccountName=None))
    assert_refused(answer, INVALID, ["beneficiaryAccountName is required"])
    assert_untouched(idle)


@pytest.mark.covers(54)
def test_a_transfer_without_any_key_is_refused(idle: World) -> None:
    """FAULTS 54."""
    answer = send(idle, dumps(partnerReferenceNo=None))
    assert_refused(answer, INVALID, ["partnerReferenceNo", "Idempotency-Key"])
    assert_untouched(idle)


@pytest.mark.covers(54, 58)
def test_a_bad_idempotency_key_is_refused_with_and_without_a_reference(idle: World) -> None:
    """FAULTS 54, 58."""
    bad = [
        "",
        "short",
        "x" * 7,
        "x" * 129,
        "x" * 10_000,
        "kéy-00000001",
        "\u043a\u043b\u044e\u0447-0000001",
        "key-\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
    ]
    bad += ["key 00000001", " key-0000001", "key-0000001\n", "key-0000\r\nX-Evil: 1", "key-0000\x00001", "\x7f" * 8]
    for key in bad:
        for body in (dumps(), dumps(partnerReferenceNo=None)):
            answer = send(idle, body, headers={"Idempotency-Key": key})
            assert_refused(answer, WRONG, ["Idempotency-Key"], [key], case=key)
    assert_untouched(idle)


def test_the_shortest_and_the_longest_key_are_taken(world: World) -> None:
    for key in (f"!{new_reference()[-6:]}~", new_reference().ljust(128, "~")):
        answer = send(world, dumps(partnerReferenceNo=None), headers={"IDEMPOTENCY-KEY": key})
        assert (answer.status, answer.body["status"]) == (201, "ACCEPTED"), key


@pytest.mark.covers(54, 58)
def test_a_bad_reference_in_the_body_is_refused(idle: World) -> None:
    """FAULTS 54, 58: it becomes the Location header."""
    bad = [
        "",
        " ",
        "x" * 65,
        "PAY 000001",
        "PAY/000001",
        "PAY#000001",
        "PÄY-000001",
        "PAY-\u0660\u0660\u0660\u0660\u0660\u0661",
        "%0d%0aPAY-1",
    ]
    for reference in [*bad, *(f"PAY-0001{tail}" for tail in LINE_BREAKS)]:
        assert_refused(send(idle, dumps(partnerReferenceNo=reference)), WRONG, ["partnerReferenceNo"], [reference])
    no_texts: list[Any] = [1, True, 1.5, [], {}, ["PAY-1"]]
    for value in no_texts:
        assert_refused(send(idle, dumps(partnerReferenceNo=value)), WRONG, ["partnerReferenceNo"], case=value)
    assert_untouched(idle)


def test_the_longest_reference_is_taken(world: World) -> None:
    reference = new_reference().ljust(64, "~")
    assert world.create(order(partnerReferenceNo=reference)).headers["Location"] == f"/v1/transfers/{reference}"
    assert world.get(reference).body["partnerReferenceNo"] == reference


def spellings(body: dict[str, Any]) -> dict[str, str | bytes]:
    """The same request, written in other ways."""
    top = ("partnerReferenceNo", "customerNumber", "beneficiaryAccountNumber", "beneficiaryBankCode", "amount")
    nested = {name: value for name, value in body.items() if name not in top}
    some = {"remark": body["remark"], "senderPersonalId": body["senderPersonalId"]}
    amount = dict(reversed(body["amount"].items()))
    return {
        "as it was": json.dumps(body),
        "compact": json.dumps(body, separators=(",", ":")),
        "other white space": "\n\t " + json.dumps(body, indent=7) + "\r\n",
        "other order": json.dumps(dict(reversed(({**body, "amount": amount}).items()))),
        "in additionalInfo": json.dumps({**{name: body[name] for name in top}, "additionalInfo": nested}),
        "in both places": json.dumps({**body, "additionalInfo": some}),
        "empty additionalInfo": json.dumps({**body, "additionalInfo": {}}),
        "null additionalInfo": json.dumps({**body, "additionalInfo": None}),
        "null for what is not given": json.dumps({**body, "channelCode": None, "sessionId": None}),
        "escaped": json.dumps(body).replace("SUHUT", "\\u0053UHUT").replace("/", "\\/"),
        "base64": json.dumps(body).encode(),
    }


@pytest.mark.covers(55, "I8")
def test_the_same_request_in_another_spelling_is_a_replay(world: World) -> None:
    """FAULTS 55. I8."""
    body = order()
    created = send(world, json.dumps(body))
    assert created.status == 201
    before = world.stored(body["partnerReferenceNo"])
    for spelling, text in spellings(body).items():
        answer = send(world, text)
        assert (answer.status, answer.headers.get("Idempotency-Replayed")) == (201, "true"), spelling
        assert answer.body == created.body, spelling
    assert world.stored(body["partnerReferenceNo"]) == before
    assert len(world.sent(body["partnerReferenceNo"])) == len(world.debits(body["partnerReferenceNo"])) == 1


@pytest.mark.covers(55)
def test_the_same_request_in_another_spelling_is_a_replay_under_a_key_too(world: World) -> None:
    """FAULTS 55."""
    body = order(partnerReferenceNo=None)
    headers = {"Idempotency-Key": f"key-{new_reference()}"}
    created = send(world, json.dumps(body), headers=headers)
    for text in (json.dumps(body, indent=3), json.dumps(dict(reversed(body.items())))):
        answer = send(world, text, headers=headers)
        assert (answer.status, answer.headers.get("Idempotency-Replayed")) == (201, "true")
    assert len(world.debits(created.body["partnerReferenceNo"])) == 1


@pytest.mark.covers("I8")
def test_a_request_that_differs_in_any_field_is_another_and_refused(world: World) -> None:
    """I8."""
    body = order()
    send(world, json.dumps(body))
    changes: dict[str, Any] = {
        "customerNumber": "628115678891",
        "beneficiaryAccountNumber": "8377388293",
        "beneficiaryBankCode": "008",
        "beneficiaryAccountName": "SUHUD",
        "amount": {"value": "200000.01", "currency": "IDR"},
        "senderFirstName": "JOHNNY",
        "senderPersonalId": "89012346",
        "remark": "Remark test ",
        "channelCode": "07",
    }
    for field, value in changes.items():
        answer = send(world, json.dumps({**body, field: value}))
        assert (answer.status, answer.body["response_code"]) == (409, "DUPLICATE_TRANSACTION"), field
        assert "nothing was sent" in answer.body["response_message"]
    assert len(world.sent(body["partnerReferenceNo"])) == 1
    assert len(world.doku.ledger()["debits"]) == 1


@pytest.mark.covers("I2")
def test_one_key_pays_once_whether_it_comes_alone_or_with_a_reference(world: World) -> None:
    """I2: debits per Idempotency-Key <= 1."""
    alone = [order(partnerReferenceNo=None), order()]
    for first, second in (alone, alone[::-1]):
        headers = {"Idempotency-Key": f"key-{new_reference()}"}
        before = len(world.doku.ledger()["debits"])
        assert send(world, json.dumps(first), headers=headers).status == 201
        answer = send(world, json.dumps(second | {"remark": "again"}), headers=headers)
        assert len(world.doku.ledger()["debits"]) == before + 1
        assert (answer.status, answer.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")


BAD_VALUES = [
    *(
        "",
        "0",
        "0.1",
        "1e5",
        "1e5.00",
        "1.000",
        "200000",
        "200000.0",
        "200000.000",
        "-1.00",
        "-200000.00",
        "+200000.00",
    ),
    *("0200000.00", "00.00", "NaN", "Infinity", "200,000.00", "200.000,00", "200 000.00", " 200000.00", "200000.00\n"),
    *(
        "\u0662\u0660\u0660\u0660\u0660\u0660.\u0660\u0660",
        "\uff12\uff10\uff10\uff10\uff10\uff10.\uff10\uff10",
        "1000000000000000000.00",
        "9" * 1000 + ".00",
        "0x30D40",
        "IDR 200000.00",
    ),
]


@pytest.mark.covers(56)
def test_an_amount_that_is_not_the_wire_form_is_refused(idle: World) -> None:
    """FAULTS 56."""
    for value in BAD_VALUES:
        for answer in refused_by_both(idle, amount={"value": value, "currency": "IDR"}):
            shown = [] if value in "200000.00" else [value]
            assert_refused(answer, WRONG, ["amount.value"], shown, case=value)
    numbers: list[Any] = [200000, 200000.0, 0, -1, 1e5, True, False, [], {}, ["200000.00"], {"value": "200000.00"}]
    for number in numbers:
        for answer in refused_by_both(idle, amount={"value": number, "currency": "IDR"}):
            assert_refused(answer, WRONG, ["amount.value"], case=number)
    assert_untouched(idle)


@pytest.mark.covers(56)
def test_an_amount_that_is_no_amount_is_refused(idle: World) -> None:
    """FAULTS 56."""
    for amount in ("200000.00", 200000, 200000.00, True, [], ["200000.00", "IDR"], [{"value": "200000.00"}]):
        assert_refused(send(idle, dumps(amount=amount)), WRONG, ["amount"], case=amount)
    currencies: list[Any] = ["", "idr", "USD", "IDR ", "IDR\n", 360, True, []]
    for currency in currencies:
        answer = send(idle, dumps(amount={"value": "200000.00", "currency": currency}))
        assert_refused(answer, WRONG, ["amount.currency"], case=currency)
    answer = send(idle, dumps(amount={"value": "200000.00", "currency": "IDR", "exponent": 2}))
    assert_refused(answer, WRONG, ["amount.exponent"])
    raw = dumps().replace('"200000.00"', "200000.00")
    assert_refused(send(idle, raw), WRONG, ["amount.value"])
    assert_untouched(idle)


@pytest.mark.covers(56)
def test_amounts_outside_the_limits_are_refused_and_the_limits_told(idle: World) -> None:
    """FAULTS 56."""
    for value in ("0.00", "0.01", "9999.99", "250000000.01", "9999999999999999.99"):
        for answer in refused_by_both(idle, amount={"value": value, "currency": "IDR"}):
            assert_refused(answer, WRONG, ["amount.value", "10000.00", "250000000.00"], case=value)
    assert_untouched(idle)


@pytest.mark.covers("I7")
def test_amounts_at_the_limits_are_paid_exactly(world: World) -> None:
    """I7."""
    world.doku.deposit("999999999.00")
    for value in ("10000.00", "250000000.00"):
        body = order(amount={"value": value, "currency": "IDR"})
        assert send(world, json.dumps(body)).body["status"] == "ACCEPTED"
        assert [sent["amount"] for sent in world.sent(body["partnerReferenceNo"])] == [value]


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
}


@pytest.mark.covers(57)
def test_a_field_of_the_wrong_form_is_named_and_its_value_not_repeated(idle: World) -> None:
    """FAULTS 57."""
    for field, values in BAD_FIELDS.items():
        for value in values:
            body = json.dumps({**order(), field: value})
            kind = INVALID if value is None else WRONG
            assert_refused(send(idle, body), None if value is None else kind, [field], [value], case=(field, value))
    assert_untouched(idle)


@pytest.mark.covers(58)
def test_no_field_takes_a_line_break_or_another_character_outside_printable_ascii(idle: World) -> None:
    """FAULTS 58."""
    sample = {**order(), **{field: "07" for field in BAD_FIELDS if field not in order()}}
    for field, good in sample.items():
        for tail in LINE_BREAKS:
            value = {**good, "value": good["value"] + tail} if field == "amount" else good + tail
            for body in (
                json.dumps({**order(), field: value}),
                json.dumps({**order(**{field: None}), "additionalInfo": {field: value}}),
            ):
                assert_refused(send(idle, body), WRONG, [field], [tail], case=(field, tail))
    assert_untouched(idle)


@pytest.mark.covers(57)
def test_a_bank_that_is_not_in_our_list_is_left_to_doku(world: World) -> None:
    """FAULTS 57: the list is a hint for people and never a gate."""
    for bank in ("ZZZ", "947", "GOPAY", "000"):
        body = order(beneficiaryBankCode=bank)
        assert send(world, json.dumps(body)).body["status"] == "ACCEPTED", bank
        assert [sent["beneficiaryBankCode"] for sent in world.sent(body["partnerReferenceNo"])] == [bank]


def test_the_longest_account_number_is_taken(world: World) -> None:
    body = order(beneficiaryAccountNumber="8" * 32)
    assert send(world, json.dumps(body)).body["status"] == "ACCEPTED"
    assert [sent["beneficiaryAccountNumber"] for sent in world.sent(body["partnerReferenceNo"])] == ["8" * 32]


@pytest.mark.covers(59)
def test_what_only_we_or_doku_may_say_is_refused(idle: World) -> None:
    """FAULTS 59."""
    fields = ("status", "id", "history", "version", "createdAt", "nextCheckAt", "externalId", "X-EXTERNAL-ID")
    for field in (*fields, "referenceNo", "fee", "fingerprint", "intent", "partner_reference_no", "", "__class__"):
        for value in ("SUCCESS", None, 1, {"value": "SUCCESS"}):
            for body in ({**order(), field: value}, {**order(), "additionalInfo": {field: value}}):
                named = f"{field} is not a field of this request"
                assert_refused(send(idle, json.dumps(body)), WRONG, [named], ["SUCCESS"], case=(field, value))
    assert_untouched(idle)


def test_additional_info_that_is_no_object_or_contradicts_is_refused(idle: World) -> None:
    for value in ("", "x", 1, 0, True, False, [], [{"remark": "x"}]):
        answer = send(idle, json.dumps({**order(), "additionalInfo": value}))
        assert_refused(answer, WRONG, ["additionalInfo must be an object"], case=value)
    for field, value in (("remark", "Another"), ("beneficiaryAccountName", "ANOTHER"), ("customerNumber", 1)):
        answer = send(idle, json.dumps({**order(), "additionalInfo": {field: value}}))
        assert_refused(answer, WRONG, [field, "twice"], ["Another", "ANOTHER", "Remark test", "SUHUT"], case=field)
    nested = {**order(), "additionalInfo": {"additionalInfo": {"remark": "x"}}}
    assert_refused(send(idle, json.dumps(nested)), WRONG, ["additionalInfo"])
    assert_untouched(idle)


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


@pytest.mark.covers(39, 60)
def test_a_body_that_cannot_be_read_is_refused(idle: World) -> None:
    """FAULTS 39, 60."""
    for case, body in UNREADABLE.items():
        for path in ("/v1/transfers", "/v1/account-inquiries"):
            answer = send(idle, body, path=path)
            assert_refused(answer, INVALID, [], ["628115678890", "8377388292", "PAY-0"], case=case)
            assert len(answer.body["response_message"]) < 300, case
    assert_untouched(idle)


@pytest.mark.covers(39, 60)
def test_base64_that_is_none_is_refused(idle: World) -> None:
    """FAULTS 39, 60."""
    for rubbish in ("%%%", "x", "=", "====", "e30", "{}", json.dumps(order()), "é", "\ud800"):
        made = event("", path="/v1/transfers") | {"body": rubbish, "isBase64Encoded": True}
        assert_refused(Answer.of(idle.call_handler(made, Context())), INVALID, case=rubbish)
    assert_untouched(idle)


@pytest.mark.covers(60)
def test_the_largest_body_is_read(world: World) -> None:
    """FAULTS 60."""
    assert send(world, json.dumps(order()).ljust(65_536)).status == 201


@pytest.mark.covers(39)
def test_nesting_of_no_depth_breaks_the_reader(idle: World) -> None:
    """FAULTS 39: near the limit of the parser other steps may meet theirs."""
    for depth in (1, 100, 500, *range(880, 1010), 2_000, 5_000):
        deep = "[" * depth + "]" * depth
        answer = send(idle, f'{{"x":{deep},"additionalInfo":{{"x":{deep}}}}}')
        assert_refused(answer, INVALID, case=depth)
    assert_untouched(idle)


@pytest.mark.covers(39)
def test_half_a_surrogate_pair_in_the_name_of_a_member_is_refused(idle: World) -> None:
    """FAULTS 39: it is JSON, and no text that could be answered with."""
    half = '"\\ud800"'
    for body in (
        f"{{{half}:1}}",
        f'{{"additionalInfo":{{{half}:1}}}}',
        f'{{{half}:1,"additionalInfo":{{{half}:2}}}}',
        f'{{"customerNumber":{half},"additionalInfo":{{"customerNumber":1}}}}',
    ):
        assert_refused(send(idle, body), case=body)
    assert_untouched(idle)


@pytest.mark.covers(60)
def test_a_refusal_does_not_grow_with_the_request(idle: World) -> None:
    """FAULTS 60."""
    many = {f"unknown{number}": 1 for number in range(3_000)}
    answer = send(idle, json.dumps({**order(), **many}))
    assert_refused(answer, WRONG, ["unknown0"])
    assert len(answer.body["response_message"]) < 1_000
    assert_untouched(idle)


def cursor(position: Any) -> str:
    raw = position if isinstance(position, bytes) else json.dumps(position).encode()
    return base64.urlsafe_b64encode(raw).decode()


def test_a_bad_parameter_of_the_list_is_named(idle: World) -> None:
    bad = {
        "day": [
            "x",
            "2024-13-01",
            "2024-02-30",
            "2024-9-1",
            "17-09-2024",
            "2024-09-17T00:00",
            " 2024-09-18",
            "\u0662\u0660\u0662\u0664-\u0660\u0669-\u0661\u0667",
        ],
        "status": ["x", "success", "SUCCESS ", "NOTIFIED", "NOT_FOUND", "SUCCESS,FAILED", "__class__"],
        "limit": ["0", "101", "-1", "+1", "1.0", "1e1", " 1", "1\n", "x", "0001", "\u0661", "\uff19", "9" * 5_000],
    }
    for name, values in bad.items():
        for value in values:
            answer = send(idle, method="GET", query={name: value})
            assert_refused(answer, WRONG, [name], [] if name == "status" else [value], case=(name, value))
    assert_untouched(idle)


def test_an_empty_parameter_of_the_list_is_none(world: World) -> None:
    query = {"day": "", "status": "", "limit": "", "cursor": ""}
    assert send(world, method="GET", query=query).status == 200


def test_a_cursor_that_is_not_one_of_this_days_list_is_refused(idle: World) -> None:
    now = int(idle.clock() * 1000)
    day = 86_400_000
    rubbish = ["x", "%%", "é", "=", "A" * 10_000, cursor(b"\xff"), cursor(b"[" * 5_000)]
    shapes: list[Any] = [None, [], ["TRANSFER#a"], {"pk": "a", "at": now}, "ab", 12, True, [["a"], now], ["a", now, 1]]
    pairs: list[Any] = [[1, now], [None, now], ["a", str(now)], ["a", now + 0.5], ["a", None], ["a", True], [now, "a"]]
    times = [["TRANSFER#a", at] for at in (now - day, now + day, 0, -1, 10**30, -(10**30), 10**17)]
    for forged in [*rubbish, *(cursor(one) for one in [*shapes, *pairs, *times])]:
        answer = send(idle, method="GET", query={"cursor": forged})
        assert_refused(answer, WRONG, ["cursor"], [forged], case=forged)
    assert_untouched(idle)


def test_a_cursor_forged_with_a_key_that_dynamodb_refuses_is_refused(idle: World) -> None:
    """An empty or over-long key or one that is no text is a ValidationException there, which must not become a 500."""
    for pk in ("", "TRANSFER#" + "x" * 3_000, "TRANSFER#\ud800"):
        answer = send(idle, method="GET", query={"cursor": cursor([pk, int(idle.clock() * 1000)])})
        assert_refused(answer, WRONG, ["cursor"], case=ascii(pk[:20]))
    assert_untouched(idle)


def test_a_cursor_forged_with_the_key_of_something_else_is_refused(world: World) -> None:
    for pk in ("TOKEN#BRN-1", "KEY#00", "SESSION#I1"):
        answer = send(world, method="GET", query={"cursor": cursor([pk, int(world.clock() * 1000)])})
        assert_refused(answer, WRONG, ["cursor"], case=pk)


def test_a_refresh_that_is_neither_true_nor_false_is_refused(world: World) -> None:
    reference = send(world, dumps()).body["partnerReferenceNo"]
    asked = len(world.doku.ledger()["requests"])
    for value in ("", "1", "0", "yes", "TRUE", "True", " true", "true,true", "null"):
        answer = send(world, method="GET", path=f"/v1/transfers/{reference}", query={"refresh": value})
        assert_refused(answer, WRONG, ["refresh"], case=value)
    assert len(world.doku.ledger()["requests"]) == asked


ODD_PATHS = [
    *("a b", "a%20b", "a+b", "%0d%0aX-Evil:1", "a\r\nb", "a\x00", "%00", "ä", "%C3%A4", "😀", "\ud800", "x-" * 33),
    *(
        "a/b",
        "a%2Fb",
        "a;b",
        "a'b",
        'a"b',
        "a#b",
        "a?b",
        "a,b",
        "a:b",
        "a@b",
        "(a)",
        "[a]",
        "{a}",
        "a|b",
        "a\\b",
        "<a>",
    ),
    *("%2e%2e", "..%2f..", "*", "$", "", " ", "x-" * 5_000, "TRANSFER#PAY-000001", "${jndi:ldap://x}", "' OR 1=1 --"),
]


@pytest.mark.covers(54, 58)
def test_a_reference_in_the_path_with_odd_characters_finds_nothing_and_breaks_nothing(idle: World) -> None:
    """FAULTS 54, 58."""
    for odd in ODD_PATHS:
        for method, path in (("GET", f"/v1/transfers/{odd}"), ("POST", f"/v1/transfers/{odd}/status-checks")):
            answer = send(idle, method=method, path=path)
            assert (answer.status, answer.body["response_code"]) in {WRONG, (404, "TRANSACTION_NOT_FOUND")}, (
                method,
                odd,
            )
            assert (answer.body["status"], answer.body["retryable"]) == ("FAILED", False)
            assert len(odd) < 4 or odd not in answer.body["response_message"]
    assert_untouched(idle)


def test_a_reference_that_does_not_exist_is_looked_up_and_nothing_more(world: World) -> None:
    for method, path in (("GET", "/v1/transfers/NOT-THERE"), ("POST", "/v1/transfers/NOT-THERE/status-checks")):
        assert (send(world, method=method, path=path).status) == 404
    assert world.faults.calls == ["GetItem", "GetItem"]
    assert world.doku.ledger()["requests"] == []


def test_an_inquiry_checks_the_same_fields(idle: World) -> None:
    for field in ("customerNumber", "beneficiaryAccountNumber", "beneficiaryBankCode", "beneficiaryAccountName"):
        for value in BAD_FIELDS[field]:
            body = json.dumps({**inquiry(), field: value})
            assert_refused(send(idle, body, path="/v1/account-inquiries"), WRONG, [field], [value], case=(field, value))
    for field in ("sessionId", "status", "remark"):
        answer = send(idle, json.dumps(inquiry(**{field: "I1"})), path="/v1/account-inquiries")
        assert_refused(answer, WRONG, [f"{field} is not a field"], case=field)
    assert_untouched(idle)


PERSONAL = {
    "beneficiaryAccountNumber": "5512345098",
    "customerNumber": "628999000111",
    "beneficiaryAccountName": "QZAHRA WIDODO",
    "beneficiaryPhoneNumber": "628999000222",
    "senderFirstName": "QZJOHN",
    "senderLastName": "QZDOE",
    "senderPersonalId": "3171000000990001",
    "remark": "QZREMARK",
}
SECRETS = re.compile(r"eyJ|Bearer|BEGIN|[A-Za-z0-9+/]{60,}")


def all_kinds_of_requests(world: World) -> list[dict[str, Any]]:
    """Good ones, refused ones, and good ones with what is personal in the wrong place."""
    body = order(**PERSONAL)
    reference = body["partnerReferenceNo"]
    wrong: list[Any] = [{**body, "status": "x"}, {**body, **{value: value for value in PERSONAL.values()}}]
    wrong += [{**body, field: value + "\r\n"} for field, value in PERSONAL.items()]
    wrong += [{**body, "amount": value} for value in PERSONAL.values()]
    wrong += [{**body, "additionalInfo": {field: value[:-1]}} for field, value in PERSONAL.items()]
    return [
        *(event(json.dumps(one)) for one in [body, body, {**body, "remark": "QZREMARK 2"}, *wrong]),
        *(event(text) for text in UNREADABLE.values()),
        event(
            json.dumps(inquiry(**{name: PERSONAL[name] for name in inquiry() if name in PERSONAL})),
            path="/v1/account-inquiries",
        ),
        event(json.dumps({**order(**PERSONAL), "beneficiaryAccountName": "QZOTHER"})),
        event(json.dumps(order(**PERSONAL, sessionId="I0000000000000000"))),
        event(json.dumps(body), headers={"Idempotency-Key": "QZKEY 628999000111"}),
        event(method="GET", path=f"/v1/transfers/{reference}", query={"refresh": "true"}),
        event(method="POST", path=f"/v1/transfers/{reference}/status-checks"),
        event(method="GET", path="/v1/transfers", query={"cursor": "628999000111", "day": "5512345098"}),
        event(method="GET", path="/v1/transfers"),
        event(method="GET", path="/v1/balance"),
        event(method="GET", path="/v1/banks", query={"query": "QZJOHN"}),
    ]


@pytest.mark.covers("I17")
def test_no_line_of_the_log_holds_anything_personal_or_secret(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, world: World
) -> None:
    """I17."""
    caplog.set_level("INFO")
    world.doku.account("014", PERSONAL["beneficiaryAccountNumber"], PERSONAL["beneficiaryAccountName"])
    handler = create_handler(world.services, Logger(service="payouts-that-are-read"))
    requests = all_kinds_of_requests(world)

    def fail() -> None:
        raise RuntimeError(f"unforeseen, about {PERSONAL}")

    answers = [handler(one, Context()) for one in requests]  # type: ignore[arg-type]
    world.doku.fault("transfer", "error-after", times=1)
    answers.append(handler(event(json.dumps(order(**PERSONAL))), Context()))  # type: ignore[arg-type]
    world.faults.before["GetItem"] = [fail]
    answers.append(handler(event(json.dumps(order(**PERSONAL))), Context()))  # type: ignore[arg-type]
    captured = capsys.readouterr()
    lines = captured.out.splitlines() + captured.err.splitlines()
    assert {201, 400, 404, 409, 422, 500} - {404} <= {answer["statusCode"] for answer in answers}
    logged = [json.loads(line) for line in captured.out.splitlines()]
    assert [one["status"] for one in logged if one["message"] == "request"] == [one["statusCode"] for one in answers]
    assert [one["error"].partition(" ")[0] for one in logged if one["level"] == "ERROR"] == ["RuntimeError"]
    for line in [*lines, *caplog.text.splitlines()]:
        for value in (*PERSONAL.values(), "QZ", "89012345"):
            assert value not in line, line
        assert SECRETS.search(line) is None, line
