"""API Gateway's payload format 2.0: turns a request into an event, and a function's answer into a response.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import binascii
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.aws.bundle import Route
from local.aws.moto_server import ACCOUNT
from local.gateway.authorizer import granted
from local.gateway.http_server import Request, Response

API_ID = "local"
JSON = ("content-type", "application/json")
_TEXT = ("application/json", "application/xml", "application/javascript")
_NOT_PASSED = {"connection", "keep-alive", "transfer-encoding", "expect", "te", "trailer", "upgrade", "cookie"}
_NOT_TAKEN = {"connection", "keep-alive", "transfer-encoding", "content-length", "trailer", "upgrade"}


class MalformedAnswer(ValueError):
    """API Gateway cannot send the function's answer."""


def event(
    request: Request, route: Route, parameters: Mapping[str, str], claims: Mapping[str, Any] | None, now: float
) -> dict[str, Any]:
    """The event of `request`. As in AWS, absent values are left out rather than empty."""
    path = unquote(request.raw_path)  # HTTP APIs decode rawPath, despite its name
    body, is_base64 = _body(request)
    optional = {
        "cookies": [c for c in (request.headers.get("cookie") or "").replace("; ", ";").split(";") if c],
        "queryStringParameters": _joined(parse_qsl(request.raw_query, keep_blank_values=True)),
        "pathParameters": dict(parameters),
        "body": body,
    }
    return {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": request.raw_query,
        "headers": _headers(request),
        "requestContext": _context(request, route, path, claims, now),
        "isBase64Encoded": is_base64,
    } | {key: value for key, value in optional.items() if value}


def response(answer: Any) -> Response:
    """The HTTP response of a function's answer. Raises MalformedAnswer."""
    if not (isinstance(answer, dict) and "statusCode" in answer):
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(body, 200, [JSON])
    status = answer["statusCode"]
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise MalformedAnswer(f"statusCode {status!r}")
    headers = [*_answered(answer.get("headers"), answer.get("multiValueHeaders")), *_cookies(answer.get("cookies"))]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return Response(_answered_body(answer), status, headers)


def message(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """A response of API Gateway itself."""
    return Response(json.dumps({"message": text}, separators=(",", ":")), status, [JSON, *headers])


def _headers(request: Request) -> dict[str, str]:
    kept = _joined((n.lower(), v) for n, v in request.headers if n.lower() not in _NOT_PASSED)
    port = (request.headers.get("host") or "").partition(":")[2]
    chain = ", ".join(filter(None, [kept.get("x-forwarded-for"), request.remote_addr]))
    return kept | {
        "content-length": str(len(request.get_data())),
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}",
        "x-forwarded-for": chain,
        "x-forwarded-port": port or "80",
        "x-forwarded-proto": "http",
    }


def _joined(pairs: Any) -> dict[str, str]:
    """Pairs as a mapping; values of the same name are joined by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(request: Request) -> tuple[str | None, bool]:
    """The body and whether it is base64: text as it is, other types and invalid UTF-8 as base64."""
    kind = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if not request.get_data():
        return None, False
    if kind.startswith("text/") or kind in _TEXT or kind.endswith(("+json", "+xml")):
        try:
            return request.get_data().decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.get_data()).decode(), True


def _context(request: Request, route: Route, path: str, claims: Mapping[str, Any] | None, now: float) -> dict[str, Any]:
    domain = (request.headers.get("host") or "localhost").partition(":")[0]
    context = {
        "accountId": ACCOUNT,
        "apiId": API_ID,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": request.environ["SERVER_PROTOCOL"],
            "sourceIp": request.remote_addr,
            "userAgent": request.headers.get("user-agent") or "",
        },
        "requestId": secrets.token_urlsafe(11) + "=",
        "routeKey": route.key,
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }
    if claims is not None:
        scopes = granted(claims) if route.scopes else None
        context["authorizer"] = {"jwt": {"claims": {k: _claim(v) for k, v in claims.items()}, "scopes": scopes}}
    return context


def _claim(value: Any) -> str:
    """A claim as the event's text; a list becomes `[a b]`."""
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


def _answered(headers: Any, many: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(headers or {}, dict) or not isinstance(many or {}, dict):
        raise MalformedAnswer("headers")
    pairs = list((headers or {}).items()) + [(name, v) for name, values in (many or {}).items() for v in values]
    for name, value in pairs:
        text = value if isinstance(value, str) else json.dumps(value)
        if not isinstance(value, str | int | float | bool) or any(c in name + text for c in "\r\n\0"):
            raise MalformedAnswer(f"header {name!r}")
        if name.lower() not in _NOT_TAKEN:
            yield name.lower(), text


def _cookies(cookies: Any) -> list[tuple[str, str]]:
    if not isinstance(cookies or [], list) or any(
        not isinstance(c, str) or "\r" in c or "\n" in c for c in cookies or []
    ):
        raise MalformedAnswer("cookies")
    return [("set-cookie", cookie) for cookie in cookies or []]


def _answered_body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body") or ""
    if not isinstance(body, str):
        raise MalformedAnswer("body is not text")
    if not answer.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise MalformedAnswer("body is not base64") from error
