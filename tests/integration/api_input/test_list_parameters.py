"""The selectors of GET /v1/transfers: one a request, and named where they are wrong."""

import itertools

import pytest

from tests.integration.api_input.requests import INVALID, WRONG, assert_refused, send
from tests.support.harness import World, order


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"open": "true", "day": "2024-09-17"}, ["open", "day"]),
        ({"open": "true", "status": "SUCCESS"}, ["open", "status"]),
        ({"referenceNo": "DK-1", "beneficiaryAccountNumber": "1"}, ["referenceNo", "beneficiaryAccountNumber"]),
        ({"referenceNo": "DK-1", "cursor": "x"}, ["referenceNo", "cursor"]),
        ({"beneficiaryAccountNumber": "1", "status": "SUCCESS"}, ["beneficiaryAccountNumber", "status"]),
        ({"dya": "2024-09-17"}, ["dya"]),
        ({"from": "", "to": ""}, ["from", "to"]),
    ],
)
def test_excluded_and_unknown_parameters_are_named(idle: World, query: dict[str, str], named: list[str]) -> None:
    assert_refused(send(idle, method="GET", query=query), INVALID, named)


def test_an_unreadable_parameter_name_is_not_repeated(idle: World) -> None:
    for name in ("\x00", "é", "x" * 10_000, "a b", "<a>"):
        answer = send(idle, method="GET", query={name: "1"})
        assert_refused(answer, INVALID, ["unknown parameters"], [name] if len(name) > 1 else [])
        assert len(answer.body["response_message"]) < 100


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("open", ["false", "1", "TRUE", "yes"]),
        ("referenceNo", ["é", "x" * 65, "\n"]),
        ("beneficiaryAccountNumber", ["12a", "1" * 33, " 12", "\u0661"]),
    ],
)
def test_a_bad_selector_is_named(idle: World, name: str, values: list[str]) -> None:
    for value in values:
        assert_refused(send(idle, method="GET", query={name: value}), WRONG, [name], case=value)


def test_a_cursor_of_another_list_is_refused(world: World) -> None:
    for _ in range(2):
        world.create(order())
    account = str(order()["beneficiaryAccountNumber"])
    queries: tuple[dict[str, str], ...] = ({}, {"open": "true"}, {"beneficiaryAccountNumber": account})
    cursors = [send(world, method="GET", query={**query, "limit": "1"}).body["cursor"] for query in queries]
    for query, cursor in itertools.product(queries, cursors):
        answer = send(world, method="GET", query={**query, "cursor": cursor})
        if queries.index(query) == cursors.index(cursor):
            assert answer.status == 200
        else:
            assert_refused(answer, WRONG, ["cursor"])
