"""The console as a merchant would host it: on a web server of its own, behind a provider's sign-in."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, parse_qsl, urlencode

import requests

from local.gateway.http_server import HttpServer, Request, Response
from local.lambda_runtime.child import REPOSITORY

CONSOLE = REPOSITORY / "console"
CLIENT_ID = "console"
_POLICY = "Content-Security-Policy: "
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
_CORS = ("Access-Control-Allow-Origin", "*")


class Provider:
    """As much of an OpenID Connect provider as signing in takes; `token` makes the access token."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token
        self._challenges: dict[str, str] = {}
        self.server = HttpServer(self._answer, 0)

    def _answer(self, request: Request) -> Response:
        match request.path:
            case "/.well-known/openid-configuration":
                url = self.server.url
                known = {"issuer": url, "authorization_endpoint": f"{url}/login", "token_endpoint": f"{url}/token"}
                return _json(200, known)
            case "/login":
                return self._login(dict(parse_qsl(request.raw_query)))
            case "/token":
                return self._exchange({name: values[0] for name, values in parse_qs(request.data.decode()).items()})
        return _json(404, {})

    def _login(self, asked: dict[str, str]) -> Response:
        assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT_ID, "S256")
        code = f"code-{len(self._challenges)}"
        self._challenges[code] = asked["code_challenge"]
        back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        return Response(status=302, headers=[("Location", back)])

    def _exchange(self, asked: dict[str, str]) -> Response:
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        proved = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self._challenges.pop(asked["code"], None) != proved:
            return _json(400, {"error": "invalid_grant"})
        return _json(200, {"access_token": self._token(), "token_type": "Bearer"})


def _json(status: int, body: object) -> Response:
    return Response(json.dumps(body), status, [("Content-Type", "application/json"), _CORS])


@contextmanager
def hosted(api_url: str, token: Callable[[], str]) -> Iterator[str]:
    """The URL of a console that is served with the policy of docs/console.md, `/v1` passed on to the API."""
    provider = Provider(token)
    oidc = {"issuer": provider.server.url, "clientId": CLIENT_ID, "scope": "openid transfers:read transfers:write"}
    config = json.dumps({"apiUrl": "", "oidc": oidc}).encode()
    page = (REPOSITORY / "docs" / "console.md").read_text()
    policy = next(line for line in page.splitlines() if line.startswith(_POLICY)).removeprefix(_POLICY)
    policy = policy.replace("https://api.example.com", api_url).replace("https://login.example.com", oidc["issuer"])

    def answer(request: Request) -> Response:
        if request.path.startswith("/v1/"):
            return _passed_on(api_url, request)
        name = request.path.lstrip("/") or "index.html"
        path = CONSOLE / name
        if path not in set(CONSOLE.rglob("*")):
            return Response(status=404)
        headers = [("Content-Type", _TYPES.get(path.suffix, "image/svg+xml")), ("Content-Security-Policy", policy)]
        return Response(config if name == "config.json" else path.read_bytes(), 200, headers)

    console = HttpServer(answer, 0)
    for server in (console, provider.server):
        server.start()
    try:
        yield console.url
    finally:
        for server in (console, provider.server):
            server.close()


def _passed_on(api_url: str, request: Request) -> Response:
    kept = {name: value for name, value in request.headers if name.lower() in _PASSED}
    answered = requests.request(request.method, api_url + request.target, headers=kept, data=request.data, timeout=60)
    return Response(answered.content, answered.status_code, [("Content-Type", "application/json")])


_PASSED = {"authorization", "content-type", "idempotency-key"}
