"""CORS on localhost, by the real template: as API Gateway answers a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from local.aws import bundle
from local.aws.template import TemplateError
from local.gateway.api import Gateway
from local.gateway.authorizer import JwtAuthorizer, TokenIssuer
from tests.template.reading import translated

PAGE = "https://pay.example.com"
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}


class Function:
    """A function that answers everything, and tries to speak for CORS itself."""

    def invoke(self, event: Any, timeout: float | None = None) -> Any:
        return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}, "body": "{}"}


@contextmanager
def gateway(origins: str) -> Iterator[str]:
    found = bundle.read(translated(CorsOrigins=origins))
    issuer = TokenIssuer("https://login.example.com/", "payouts")
    served = Gateway(0, lambda: 0.0, lambda _: None)
    served.start(found.routes, dict.fromkeys(found.functions, Function()), JwtAuthorizer(issuer.public_key), found.cors)
    try:
        yield served.server.url
    finally:
        served.server.close()


def preflight(url: str, path: str, origin: str) -> requests.Response:
    return requests.options(url + path, headers={"Origin": origin, **ASKED}, timeout=10)


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/transfers/PAY-1/status-checks", "/v1/nowhere", "/health"])
def test_a_preflight_of_an_allowed_page_needs_no_token(path: str) -> None:
    with gateway(f"{PAGE},http://localhost:5173") as url:
        for origin in (PAGE, "http://localhost:5173"):
            answer = preflight(url, path, origin)
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, origin)
            assert answer.headers["access-control-allow-methods"] == "GET,POST,PATCH"
            assert answer.headers["access-control-allow-headers"] == "authorization,content-type,idempotency-key"
            assert "access-control-allow-credentials" not in answer.headers


def test_the_origin_is_named_once() -> None:
    with gateway(PAGE) as url:
        answer = requests.get(f"{url}/health", headers={"Origin": PAGE}, timeout=10)
        assert answer.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize("origin", ["https://evil.example", "https://pay.example.com.evil.example", "null", "*"])
def test_another_page_gets_no_leave(origin: str) -> None:
    with gateway(PAGE) as url:
        assert "access-control-allow-origin" not in preflight(url, "/v1/transfers", origin).headers
        answer = requests.get(f"{url}/health", headers={"Origin": origin}, timeout=10)
        assert "access-control-allow-origin" not in answer.headers


def test_an_allowed_origin_may_read_answers_and_headers() -> None:
    with gateway(PAGE) as url:
        for path, status in (("/health", 200), ("/v1/transfers", 401), ("/nowhere", 404)):
            answer = requests.get(url + path, headers={"Origin": PAGE}, timeout=10)
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, PAGE)
            assert answer.headers["access-control-expose-headers"] == "idempotency-replayed,location,retry-after"


def test_without_origins_there_is_no_cors() -> None:
    with gateway("") as url:
        assert preflight(url, "/v1/transfers", PAGE).status_code == 404
        answer = requests.get(f"{url}/health", headers={"Origin": PAGE}, timeout=10)
        assert "access-control-expose-headers" not in answer.headers


@pytest.mark.parametrize(
    "origins", ["*", "pay.example.com", f"{PAGE}/", f"{PAGE}, http://localhost", f"{PAGE},", "https://*.example.com"]
)
def test_what_is_no_origin_is_refused_at_deployment(origins: str) -> None:
    with pytest.raises(TemplateError, match="CorsOrigins"), gateway(origins):
        pass
