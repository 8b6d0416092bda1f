"""The console's files, and what only the local run offers: a token, dead notifications, the simulator's controls.

Only a browser on this machine may read them. A page of another site gets nothing, even if its name resolves to
127.0.0.1 (DNS rebinding): the Host header must be ours, and requests below /_local need a header that CORS does not
allow other sites to send.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.aws.dead_letters import dead_notifications
from local.doku_simulator.control import Control, ControlError
from local.gateway.api import LocalHandler
from local.gateway.http_server import HOST, Request, Response
from local.lambda_runtime.child import REPOSITORY

FILES = REPOSITORY / "console"
_GUARDS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LOCAL_HEADER = "x-local-console"
_CONTROLS = {
    ("GET", "clock"),
    ("POST", "clock"),
    ("GET", "faults"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("POST", "deposit"),
    ("POST", "accounts"),
    ("GET", "ledger"),
}
"""The simulator's controls that the panel may use."""

Answer = Callable[[Request], Any]


def files(doku_host: str | None = None, uploads_to: str = "") -> dict[str, LocalHandler]:
    """A handler for each of the console's files, by exact path. No other file can be requested.

    `doku_host` is the host of another DOKU than the simulator. The console then does not say that no money is real.
    `uploads_to` is the origin of S3, to which the console uploads files.
    """
    config = {"apiUrl": "", "local": True, "dokuHost": doku_host}
    found = {
        f"/{path.relative_to(FILES)}": _file(path, uploads_to) for path in FILES.rglob("*") if path.suffix in _TYPES
    }
    return {**found, "/": found["/index.html"], "/config.json": _page(lambda _: config)}


def local_routes(
    tokens: Mapping[str, Callable[[], str]],
    simulator: Control | None,
    sqs: Any,
    dead_queue: str,
    clock: Callable[[], float],
) -> dict[str, LocalHandler]:
    """The handlers below /_local, which only the local run has. `tokens` are those of its people, by field."""

    def session(_: Request) -> Any:
        made = {name: token() for name, token in tokens.items()}
        return {**made, "simulator": simulator is not None, "now": clock()}

    def dead(_: Request) -> Any:
        return {"notifications": dead_notifications(sqs, dead_queue)}

    routes = {
        "/_local/session": _json_route("GET", session),
        "/_local/dead-notifications": _json_route("GET", dead),
    }
    if simulator:
        routes["/_local/simulator/"] = guarded(lambda request: _controlled(simulator, request))
    return routes


def _guards(uploads_to: str = "") -> list[tuple[str, str]]:
    """The headers that guard a page, which may send requests to this server and to `uploads_to`."""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {uploads_to}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return [("Content-Security-Policy", policy.replace(" ;", ";")), *_GUARDS]


def _file(path: Path, uploads_to: str) -> LocalHandler:
    def handler(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return refused(405, "GET only")
        return Response(path.read_bytes(), 200, [("Content-Type", _TYPES[path.suffix]), *_guards(uploads_to)])

    return for_this_host(handler)


def _page(answer: Answer) -> LocalHandler:
    return for_this_host(lambda request: respond(200, answer(request)))


def _json_route(method: str, answer: Answer) -> LocalHandler:
    def handler(request: Request) -> Response:
        return respond(200, answer(request)) if request.method == method else refused(405, f"{method} only")

    return guarded(handler)


def _controlled(simulator: Control, request: Request) -> Response:
    control = request.raw_path.removeprefix("/_local/simulator/")
    if (request.method, control) not in _CONTROLS:
        return refused(404, "there is no such control")
    try:
        body = json.loads(request.data) if request.data else None
        return respond(200, simulator.call(request.method, f"/{control}", body))
    except (ControlError, ValueError) as problem:
        return refused(400, str(problem))


def guarded(handler: LocalHandler) -> LocalHandler:
    """Require the header: a browser sends it for another site only if CORS allows it, and it does not."""

    def checked(request: Request) -> Response:
        if not request.headers.get(LOCAL_HEADER):
            return refused(403, f"the header {LOCAL_HEADER} is needed")
        return handler(request)

    return for_this_host(checked)


def for_this_host(handler: LocalHandler) -> LocalHandler:
    """Refuse a request under another name of this machine."""

    def checked(request: Request) -> Response:
        name = (request.headers.get("host") or "").rpartition(":")[0]
        return handler(request) if name in (HOST, "localhost") else refused(403, "unknown host")

    return checked


def respond(status: int, body: Any) -> Response:
    """An answer in JSON, with the headers of every page."""
    return Response(json.dumps(body), status, [("Content-Type", _TYPES[".json"]), *_guards()])


def refused(status: int, message: str) -> Response:
    """An answer that says why there is no other one."""
    return respond(status, {"message": message})
