"""The API reference in a browser: Swagger UI with docs/openapi.json, without network access.

The assets are part of Powertools, which is installed anyway.
"""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

from local.gateway.http_server import Request, Response

PATH = "/docs"
_POWERTOOLS = "aws_lambda_powertools"
_SCRIPT, _STYLE = "swagger-ui-bundle.min.js", "swagger-ui.min.css"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = f"""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Kirim DOKU payouts: API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{PATH}/{_STYLE}">
<div id="ui"></div>
<script src="{PATH}/{_SCRIPT}"></script>
<script src="{PATH}/start.js"></script>
</html>
"""
_START = f"""\
SwaggerUIBundle({{
  url: "{PATH}/openapi.json", dom_id: "#ui", validatorUrl: null, persistAuthorization: true, tryItOutEnabled: true,
}});
"""


def handlers(root: Path) -> dict[str, Callable[[Request], Response]]:
    """Handlers of the pages by path; none if the bundle at `root` has no docs/openapi.json."""
    document = root / "docs" / "openapi.json"
    if not document.exists():
        return {}
    files = {
        PATH: (_PAGE.encode(), "text/html; charset=utf-8"),
        f"{PATH}/start.js": (_START.encode(), "text/javascript"),
        f"{PATH}/{_SCRIPT}": (_asset(_SCRIPT), "text/javascript"),
        f"{PATH}/{_STYLE}": (_asset(_STYLE), "text/css"),
    }
    pages = {path: _page(body, kind) for path, (body, kind) in files.items()}
    return {**pages, f"{PATH}/openapi.json": lambda request: _described(document, request)}


def _page(body: bytes, kind: str) -> Callable[[Request], Response]:
    headers = [("content-type", kind), ("content-security-policy", _POLICY), ("x-content-type-options", "nosniff")]
    return lambda request: Response(body, 200, headers)


def _described(document: Path, request: Request) -> Response:
    """The document with this server as its only server."""
    description = json.loads(document.read_text(encoding="utf-8"))
    description["servers"] = [{"url": f"http://{request.headers.get('host')}", "description": "this machine"}]
    return Response(json.dumps(description), 200, [("content-type", "application/json")])


def _asset(name: str) -> bytes:
    """Read an asset without importing Powertools."""
    found = importlib.util.find_spec(_POWERTOOLS)
    if found is None or found.origin is None:
        raise FileNotFoundError(_POWERTOOLS)
    return (Path(found.origin).parent / "event_handler" / "openapi" / "swagger_ui" / name).read_bytes()
