"""The API's reference in a browser: served whole from this machine."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from local.gateway import docs
from local.gateway.http_server import HttpServer, Request, Response

ROOT = Path(__file__).parents[2]


@pytest.fixture
def url() -> Iterator[str]:
    pages = docs.handlers(ROOT)

    def answer(request: Request) -> Response:
        return pages[request.path](request)

    server = HttpServer(answer, 0)
    server.start()
    yield server.url
    server.close()


def test_the_page_and_all_that_it_loads_come_from_here(url: str) -> None:
    page = requests.get(f"{url}/docs", timeout=10)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded.pop(0) == "data:,", "an icon of its own, or the browser asks for one that is not there"
    assert loaded == ["/docs/swagger-ui.min.css", "/docs/swagger-ui-bundle.min.js", "/docs/start.js"]
    kinds = [requests.get(url + path, timeout=10).headers["content-type"] for path in loaded]
    assert kinds == ["text/css", "text/javascript", "text/javascript"]
    assert "https://" not in page.text


def test_the_policy_lets_nothing_in_from_elsewhere(url: str) -> None:
    policy = requests.get(f"{url}/docs", timeout=10).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy


def test_the_document_names_this_server_alone(url: str) -> None:
    document = requests.get(f"{url}/docs/openapi.json", timeout=10).json()
    assert [server["url"] for server in document["servers"]] == [url]
    validate(document, cls=OpenAPIV31SpecValidator)
    assert document["paths"] == json.loads((ROOT / "docs/openapi.json").read_text())["paths"]


def test_a_bundle_without_a_document_has_no_page(tmp_path: Path) -> None:
    assert docs.handlers(tmp_path) == {}
