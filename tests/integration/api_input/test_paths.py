"""Parameters, cursors and references in the path."""

import base64
import json
import re
from typing import Any

import pytest

from payouts.domain.days import day_of
from tests.integration.api_input.requests import WRONG, assert_refused, assert_untouched, dumps, send
from tests.support.harness import World, order
from tools.openapi import document


def cursor(position: Any) -> str:
    raw = position if isinstance(position, bytes) else json.dumps(position).encode()
    return base64.urlsafe_b64encode(raw).decode()


def test_a_bad_parameter_of_the_list_is_named(idle: World) -> None:
    bad = {
        "day": [
            *("x", "2024-13-01", "2024-02-30", "2024-9-1", "17-09-2024", "2024-09-17T00:00", " 2024-09-18"),
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
    rubbish = ["x", "%%", "é", "=", "A" * 10_000, cursor(b"\xff"), cursor(b"[" * 5_000)]
    shapes: list[Any] = [None, [], ["day"], {"day": now, "b": 1, "c": 2}, "day", 12, True, ["day", now, "a", 1]]
    places: list[Any] = [["day", 1, 1], ["day", now, None], ["day", str(now), "a"], ["day", now + 0.5, "a"]]
    places += [["day", None, "a"], ["day", True, "a"], ["day", "a", now], ["day", [now], "a"], [["day"], now, "a"]]
    others: list[Any] = [["open", now, "a"], ["beneficiaryAccountNumber", now, "a"], ["", now, "a"], [None, now, "a"]]
    times = [["day", at, "a"] for at in (-1, 10**30, -(10**30), 10**17)]
    for forged in [*rubbish, *(cursor(one) for one in [*shapes, *places, *others, *times])]:
        answer = send(idle, method="GET", query={"cursor": forged})
        assert_refused(answer, WRONG, ["cursor"], [forged], case=forged)
    for at in (now - 86_400_000, now + 86_400_000, 0):
        query = {"day": day_of(now), "cursor": cursor(["day", at, "a"])}
        assert_refused(send(idle, method="GET", query=query), WRONG, ["cursor"])
    at_the_epoch = {"day": "1970-01-01", "cursor": cursor(["day", True, "a"])}  # in Python, true is a number
    assert_refused(send(idle, method="GET", query=at_the_epoch), WRONG, ["cursor"])
    assert_untouched(idle)


def test_a_cursor_says_which_day_goes_on(world: World) -> None:
    """A list that began before midnight goes on after it."""
    for _ in range(2):
        world.create(order())
    page = send(world, method="GET", query={"limit": "1"}).body
    world.clock.advance(86_400)
    rest = send(world, method="GET", query={"cursor": page["cursor"]}).body
    assert rest["day"] == page["day"]
    assert len(rest["transfers"]) == 1


def test_a_cursor_with_a_bad_reference_is_refused(idle: World) -> None:
    now = int(idle.clock() * 1000)
    for reference in ("x" * 3_000, "\ud800", "TOKEN#BRN-1", "a b", ".."):
        answer = send(idle, method="GET", query={"cursor": cursor(["day", now, reference])})
        assert_refused(answer, WRONG, ["cursor"], case=ascii(reference[:20]))
    assert_untouched(idle)


def test_a_refresh_that_is_neither_true_nor_false_is_refused(world: World) -> None:
    reference = send(world, dumps()).body["partnerReferenceNo"]
    asked = len(world.doku.ledger()["requests"])
    for value in ("", "1", "0", "yes", "TRUE", "True", " true", "true,true", "null"):
        answer = send(world, method="GET", path=f"/v1/transfers/{reference}", query={"refresh": value})
        assert_refused(answer, WRONG, ["refresh"], case=value)
    assert len(world.doku.ledger()["requests"]) == asked


ODD_PATHS = [
    *("a b", "a%20b", "a+b", "%0d%0aX-Evil:1", "a\r\nb", "a\x00", "%00", "ä", "%C3%A4", "😀", "\ud800", "x-" * 33),
    *("a/b", "a%2Fb", "a;b", "a'b", 'a"b', "a#b", "a?b", "a,b", "a:b", "a@b", "(a)", "[a]", "{a}", "a|b", "a\\b"),
    "<a>",
    *("%2e%2e", "..%2f..", "*", "$", "", " ", "x-" * 5_000, "TRANSFER#PAY-000001", "${jndi:ldap://x}", "' OR 1=1 --"),
]


@pytest.mark.covers(54, 58)
def test_an_odd_reference_in_the_path_finds_nothing(idle: World) -> None:
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


def test_a_wrong_method_is_405_with_the_allowed_ones(idle: World) -> None:
    for key in document.routes():
        route_method, _, template = key.partition(" ")
        path = re.sub(r"{\w+}", "1", template)
        if not path.startswith("/v1/"):
            continue  # outside /v1, API Gateway itself answers
        allowed = {
            method for method, _, other in (one.partition(" ") for one in document.routes()) if other == template
        }
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
            answer = idle.request(method, path, query={"x": "1"})
            assert_refused(answer, (405, "INVALID_PARAMETER"), [route_method], case=(method, path))
            assert set(answer.headers["Allow"].split(", ")) == allowed
    assert_untouched(idle)


def test_an_unknown_route_is_not_an_unknown_transfer(idle: World) -> None:
    for method, path in (("GET", "/v1/nothing"), ("DELETE", "/v1/"), ("PUT", "/v1/transfers/PAY-1/refunds")):
        answer = idle.request(method, path, query={"x": "1"})
        assert_refused(answer, (404, "INVALID_PARAMETER"), ["no such route"], case=(method, path))
        assert "Allow" not in answer.headers
    assert_untouched(idle)


def test_a_path_that_resembles_a_route_is_unknown(idle: World) -> None:
    """Sent as /v1/%74ransfers it comes by the route for everything else, whose scopes are others."""
    answer = idle.request("POST", "/v1/transfers", order(), sent_path="/v1/%74ransfers")
    assert_refused(answer, (404, "INVALID_PARAMETER"), ["no such route"])
    assert_untouched(idle)


def test_an_unknown_reference_costs_one_lookup(world: World) -> None:
    for method, path in (("GET", "/v1/transfers/NOT-THERE"), ("POST", "/v1/transfers/NOT-THERE/status-checks")):
        assert (send(world, method=method, path=path).status) == 404
    assert world.faults.calls == ["GetItem", "GetItem"]
    assert world.doku.ledger()["requests"] == []
