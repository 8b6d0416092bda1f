"""The identity of a request: references, keys, spellings (I2, I8)."""

import json
from typing import Any

import pytest

from tests.integration.api_input.requests import (
    INVALID,
    LINE_BREAKS,
    WRONG,
    assert_refused,
    assert_untouched,
    dumps,
    event,
    send,
)
from tests.support.harness import Answer, Context, World, new_reference, order


@pytest.mark.covers(54)
def test_a_transfer_without_any_key_is_refused(idle: World) -> None:
    answer = send(idle, dumps(partnerReferenceNo=None))
    assert_refused(answer, INVALID, ["partnerReferenceNo", "Idempotency-Key"])
    assert_untouched(idle)


@pytest.mark.covers(54, 58)
def test_a_bad_idempotency_key_is_refused(idle: World) -> None:
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


@pytest.mark.covers("I2")
def test_a_doubled_idempotency_key_is_refused(world: World) -> None:
    """API Gateway joins two headers of one name by a comma: "K,K" must not become another key than K."""
    key = f"key-{new_reference()}"
    body = dumps(partnerReferenceNo=None)
    assert send(world, body, headers={"Idempotency-Key": key}).status == 201
    for doubled in (f"{key},{key}", f"{key}, {key}", f"{key},other-{key}", f"{key},", f",{key}"):
        for again in (body, dumps()):
            answer = send(world, again, headers={"Idempotency-Key": doubled})
            assert_refused(answer, WRONG, ["Idempotency-Key", "once", "comma"], case=doubled)
    assert len(world.doku.ledger()["debits"]) == 1


@pytest.mark.covers("I2")
def test_two_idempotency_key_headers_are_refused(idle: World) -> None:
    """API Gateway lower-cases names; a caller that invokes the function itself may not."""
    key = f"key-{new_reference()}"
    made = event(dumps(partnerReferenceNo=None), headers={"Idempotency-Key": key})
    made["headers"]["Idempotency-Key"] = key
    answer = Answer.of(idle.call_handler(made, Context()))
    assert_refused(answer, WRONG, ["Idempotency-Key", "once"])
    assert_untouched(idle)


def test_the_shortest_and_the_longest_key_are_taken(world: World) -> None:
    for key in (f"!{new_reference()[-6:]}~", new_reference().ljust(128, "~")):
        answer = send(world, dumps(partnerReferenceNo=None), headers={"IDEMPOTENCY-KEY": key})
        assert (answer.status, answer.body["status"]) == (201, "ACCEPTED"), key


@pytest.mark.covers(54, 58)
def test_a_bad_reference_in_the_body_is_refused(idle: World) -> None:
    """It becomes the Location header."""
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
def test_another_spelling_is_a_replay_under_a_key_too(world: World) -> None:
    body = order(partnerReferenceNo=None)
    headers = {"Idempotency-Key": f"key-{new_reference()}"}
    created = send(world, json.dumps(body), headers=headers)
    for text in (json.dumps(body, indent=3), json.dumps(dict(reversed(body.items())))):
        answer = send(world, text, headers=headers)
        assert (answer.status, answer.headers.get("Idempotency-Replayed")) == (201, "true")
    assert len(world.debits(created.body["partnerReferenceNo"])) == 1


@pytest.mark.covers("I8")
def test_a_request_that_differs_in_any_field_is_refused(world: World) -> None:
    body = order()
    send(world, json.dumps(body))
    changes: dict[str, Any] = {
        "customerNumber": "628115678891",
        "beneficiaryAccountNumber": "8377388293",
        "beneficiaryBankCode": "008",
        "beneficiaryAccountName": "SUHUD",
        "amount": {"value": "200001.00", "currency": "IDR"},
        "senderFirstName": "JOHNNY",
        "senderPersonalId": "89012346",
        "remark": "Remark test ",
        "channelCode": "07",
    }
    for field, value in changes.items():
        answer = send(world, json.dumps({**body, field: value}))
        assert (answer.status, answer.body["response_code"]) == (409, "DUPLICATE_TRANSACTION"), field
        assert "This request sent nothing" in answer.body["response_message"]
        assert answer.body["transfer"]["partnerReferenceNo"] == body["partnerReferenceNo"]
    assert len(world.sent(body["partnerReferenceNo"])) == 1
    assert len(world.doku.ledger()["debits"]) == 1


@pytest.mark.covers("I2")
def test_one_key_pays_once_with_or_without_a_reference(world: World) -> None:
    """I2: debits per Idempotency-Key <= 1."""
    alone = [order(partnerReferenceNo=None), order()]
    for first, second in (alone, alone[::-1]):
        headers = {"Idempotency-Key": f"key-{new_reference()}"}
        before = len(world.doku.ledger()["debits"])
        assert send(world, json.dumps(first), headers=headers).status == 201
        answer = send(world, json.dumps(second | {"remark": "again"}), headers=headers)
        assert len(world.doku.ledger()["debits"]) == before + 1
        assert (answer.status, answer.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")
