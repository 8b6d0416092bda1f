"""Payload format 2.0, both ways, and how a route is found."""

import base64
from typing import Any

import pytest

from local.aws.bundle import Authorizer, Route
from local.gateway import http_events
from local.gateway.api import Router
from local.gateway.http_server import Request

ROUTE = Route("POST", "/items/{id}", "F", Authorizer("i", ("a",)), ("items:write",), 30.0)
NOW = 1_583_348_638.39


def event(request: Request, claims: dict[str, Any] | None = None, **parameters: str) -> dict[str, Any]:
    return http_events.event(request, ROUTE, parameters, claims, NOW)


@pytest.mark.parametrize("other", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"])
def test_a_header_that_comes_twice_is_joined_whatever_its_case(other: str) -> None:
    """As API Gateway does it: the function sees one name in lower case, and both values."""
    headers = (("Host", "api.test"), ("Idempotency-Key", "key-00000001"), (other, "key-00000001"))

    made = event(Request.of("POST", "/items/a", headers, b"{}", "10.0.0.9"), id="a")

    assert made["headers"]["idempotency-key"] == "key-00000001,key-00000001"
    assert "Idempotency-Key" not in made["headers"]


def test_an_event_says_all_that_the_request_said() -> None:
    headers = (
        ("Host", "api.test:3000"),
        ("X-Many", "1"),
        ("x-many", "2"),
        ("Cookie", "a=1; b=2"),
        ("User-Agent", "tests"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("Connection", "keep-alive"),
    )
    request = Request.of("POST", "/items/a%20b?x=1&y=%26&x=2&z", headers, '{"é": 1}'.encode(), "10.0.0.9")

    made = event(request, {"sub": "m", "scope": "items:write other", "exp": 5, "groups": ["a", "b"]}, id="a b")

    assert made["version"] == "2.0"
    assert made["routeKey"] == "POST /items/{id}"
    assert made["rawPath"] == "/items/a b"
    assert made["rawQueryString"] == "x=1&y=%26&x=2&z"
    assert made["queryStringParameters"] == {"x": "1,2", "y": "&", "z": ""}
    assert made["cookies"] == ["a=1", "b=2"]
    assert made["pathParameters"] == {"id": "a b"}
    assert (made["body"], made["isBase64Encoded"]) == ('{"é": 1}', False)
    assert made["headers"]["x-many"] == "1,2"
    assert made["headers"]["x-forwarded-for"] == "10.0.0.9"
    assert made["headers"]["content-length"] == str(len(request.data))
    assert not {"cookie", "connection"} & made["headers"].keys()

    context = made["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/items/a b",
        "protocol": "HTTP/1.1",
        "sourceIp": "10.0.0.9",
        "userAgent": "tests",
    }
    assert (context["domainName"], context["domainPrefix"]) == ("api.test", "api")
    assert (context["stage"], context["routeKey"]) == ("$default", "POST /items/{id}")
    assert (context["time"], context["timeEpoch"]) == ("04/Mar/2020:19:03:58 +0000", 1583348638390)
    assert context["authorizer"]["jwt"] == {
        "claims": {"sub": "m", "scope": "items:write other", "exp": "5", "groups": "[a b]"},
        "scopes": ["items:write", "other"],
    }


def test_an_event_leaves_out_what_there_is_not() -> None:
    made = event(Request.of("POST", "/items"))

    assert not {"body", "cookies", "queryStringParameters", "pathParameters"} & made.keys()
    assert made["isBase64Encoded"] is False
    assert made["rawQueryString"] == ""
    assert "authorizer" not in made["requestContext"]


@pytest.mark.parametrize(
    ("kind", "body", "is_text"),
    [
        ("text/plain", b"hello", True),
        ("application/problem+json", b"{}", True),
        ("application/octet-stream", b"hello", False),
        ("application/x-www-form-urlencoded", b"a=1", False),
        ("application/json", b"\xff\xfe{}", False),
        (None, b"hello", False),
    ],
)
def test_text_passes_as_text_and_the_rest_as_base64(kind: str | None, body: bytes, is_text: bool) -> None:
    headers = (("Content-Type", kind),) if kind else ()

    made = event(Request.of("POST", "/items", headers, body))

    assert made["isBase64Encoded"] is not is_text
    assert made["body"] == (body.decode() if is_text else base64.b64encode(body).decode())


def test_an_answer_becomes_status_headers_cookies_and_body() -> None:
    answer = {
        "statusCode": 201,
        "headers": {"Content-Type": "application/json", "X-Count": 3, "Content-Length": "999"},
        "cookies": ["a=1", "b=2; Secure"],
        "body": '{"é": 1}',
    }
    made = http_events.response(answer)

    assert (made.status_code, made.data) == (201, '{"é": 1}'.encode())
    assert [pair for pair in made.headers if pair[0] != "Content-Length"] == [
        ("content-type", "application/json"),
        ("x-count", "3"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2; Secure"),
    ]


def test_base64_answers_are_decoded() -> None:
    assert http_events.response({"statusCode": 200, "body": "/w==", "isBase64Encoded": True}).data == b"\xff"
    assert http_events.response({"statusCode": 200}).data == b""


@pytest.mark.parametrize(
    ("answer", "body"), [({"a": 1}, b'{"a": 1}'), ("text", b"text"), ([1], b"[1]"), (None, b"null")]
)
def test_an_answer_without_a_status_is_200_and_json(answer: Any, body: bytes) -> None:
    made = http_events.response(answer)

    assert (made.status_code, made.data) == (200, body)
    assert ("content-type", "application/json") in list(made.headers)


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "abc"},
        {"statusCode": None},
        {"statusCode": 42},
        {"statusCode": True},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": ["b"]}},
        {"statusCode": 200, "headers": {"a": "b\r\nset-cookie: c"}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "cookies": ["a=1\r\nx: y"]},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
    ],
)
def test_an_answer_that_cannot_be_sent_is_refused(answer: Any) -> None:
    with pytest.raises(http_events.MalformedAnswer):
        http_events.response(answer)


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/items", "GET /items", {}),
        ("GET", "/items/1", "GET /items/{id}", {"id": "1"}),
        ("GET", "/items/a%2Fb%20c", "GET /items/{id}", {"id": "a/b c"}),
        ("GET", "/items/special", "GET /items/special", {}),
        ("POST", "/items/special", "ANY /items/{id}", {"id": "special"}),
        ("GET", "/items/1/parts", "GET /items/{id}/parts", {"id": "1"}),
        ("GET", "/items/1/else", "ANY /items/{proxy+}", {"proxy": "1/else"}),
        ("GET", "/items/", "$default", {}),
        ("DELETE", "/items", "$default", {}),
        ("GET", "/itemsx", "$default", {}),
    ],
)
def test_the_most_specific_route_wins(method: str, path: str, key: str, parameters: dict[str, str]) -> None:
    keys = ["$default", "ANY /items/{proxy+}", "ANY /items/{id}", "GET /items/{id}", "GET /items/{id}/parts"]
    keys += ["GET /items/special", "GET /items"]
    pairs = [("ANY", key) if key == "$default" else key.split() for key in keys]
    routes = [Route(verb, template, "F", None, (), 30.0) for verb, template in pairs]

    found = Router(routes).find(method, path)

    assert found is not None
    assert (found[0].key, found[1]) == (key, parameters)


def test_without_a_route_there_is_none() -> None:
    assert Router([ROUTE]).find("GET", "/items/1") is None
