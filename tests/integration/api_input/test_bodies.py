"""An unreadable body is refused without any call."""

import json

import pytest

from tests.integration.api_input.requests import (
    INVALID,
    UNREADABLE,
    WRONG,
    assert_refused,
    assert_untouched,
    event,
    send,
)
from tests.support.harness import Answer, Context, World, order


@pytest.mark.covers(39, 60)
def test_a_body_that_cannot_be_read_is_refused(idle: World) -> None:
    for case, body in UNREADABLE.items():
        for path in ("/v1/transfers", "/v1/account-inquiries"):
            answer = send(idle, body, path=path)
            assert_refused(answer, INVALID, [], ["628115678890", "8377388292", "PAY-0"], case=case)
            assert len(answer.body["response_message"]) < 300, case
    assert_untouched(idle)


@pytest.mark.covers(39, 60)
def test_base64_that_is_none_is_refused(idle: World) -> None:
    for rubbish in ("%%%", "x", "=", "====", "e30", "{}", json.dumps(order()), "é", "\ud800"):
        made = event("", path="/v1/transfers") | {"body": rubbish, "isBase64Encoded": True}
        assert_refused(Answer.of(idle.call_handler(made, Context())), INVALID, case=rubbish)
    assert_untouched(idle)


@pytest.mark.covers(60)
def test_the_largest_body_is_read(world: World) -> None:
    assert send(world, json.dumps(order()).ljust(65_536)).status == 201


@pytest.mark.covers(39)
def test_nesting_of_no_depth_breaks_the_reader(idle: World) -> None:
    """Near the limit of the parser other steps may meet theirs."""
    for depth in (1, 100, 500, *range(880, 1010), 2_000, 5_000):
        deep = "[" * depth + "]" * depth
        answer = send(idle, f'{{"x":{deep},"additionalInfo":{{"x":{deep}}}}}')
        assert_refused(answer, INVALID, case=depth)
    assert_untouched(idle)


@pytest.mark.covers(39)
def test_half_a_surrogate_pair_in_a_name_is_refused(idle: World) -> None:
    """It is JSON, and no text that could be answered with."""
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
    many = {f"unknown{number}": 1 for number in range(3_000)}
    answer = send(idle, json.dumps({**order(), **many}))
    assert_refused(answer, WRONG, ["unknown0"])
    assert len(answer.body["response_message"]) < 1_000
    assert_untouched(idle)
