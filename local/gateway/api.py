"""API Gateway on localhost: routes, authorizer and limits of the template, and the functions that they invoke."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import unquote

from local.aws.bundle import Cors, Route
from local.gateway import cors, http_events
from local.gateway.authorizer import DeniedError, JwtAuthorizer
from local.gateway.http_server import HttpServer, Request, Response
from local.lambda_runtime.pool import PayloadTooLarge
from local.lambda_runtime.runtime import InvocationFailed

MAX_BODY = 10 * 1024 * 1024
LocalHandler = Callable[[Request], Response]


class Invocable(Protocol):
    """A function as the gateway calls it."""

    def invoke(self, event: Any, timeout: float | None = None) -> Any:
        """The function's answer. Raises TimeoutError after `timeout` seconds."""


class Router:
    """Finds the route of a request: the most specific path with its method or ANY."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(_pattern(route.path), route) for route in sorted(routes, key=_rank)]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of an undecoded path, and its decoded path parameters."""
        for pattern, route in self._routes:
            if route.method in (method, "ANY") and (match := pattern.fullmatch(path)):
                names = re.findall(r"\{(\w+)\+?\}", route.path)
                return route, {name: unquote(value) for name, value in zip(names, match.groups(), strict=True)}
        return None


class Gateway:
    """Serves the routes on `port` (any free one if 0). Binds at once and answers after `start`.

    `handlers` are the local stack's own pages, by exact path or, ending in `/`, by prefix; they come first. `now` is
    the time in the events; `note` is called with a line for each API call.
    """

    def __init__(self, port: int, now: Callable[[], float], note: Callable[[str], None]) -> None:
        self.server = HttpServer(self._answer, port, max_body=MAX_BODY)
        self.handlers: dict[str, LocalHandler] = {}
        self._now, self._note = now, note

    def start(
        self,
        routes: Iterable[Route],
        functions: Mapping[str, Invocable],
        authorizer: JwtAuthorizer,
        allowed: Cors | None = None,
    ) -> None:
        """Serve these routes with these functions. `allowed` is the CORS configuration."""
        self._router, self._functions, self._authorizer = Router(routes), functions, authorizer
        self._cors = allowed
        self.server.start()

    def _answer(self, request: Request) -> Response:
        if handler := self._local(request.raw_path):
            return handler(request)
        started = time.monotonic()
        response = self._call_with_cors(request)
        milliseconds = (time.monotonic() - started) * 1000
        self._note(f"{request.method} {request.raw_path} -> {response.status_code} in {milliseconds:.0f} ms")
        return response

    def _call_with_cors(self, request: Request) -> Response:
        """Answer a preflight request unless a route has the method OPTIONS; add CORS headers to other responses."""
        if self._cors is None:
            return self._call(request)
        if cors.is_preflight(request) and not self._router.find(request.method, request.raw_path):
            return cors.preflight(request, self._cors)
        return cors.readable(self._call(request), request, self._cors)

    def _call(self, request: Request) -> Response:
        if not (found := self._router.find(request.method, request.raw_path)):
            return http_events.message(404, "Not Found")
        route, parameters = found
        try:
            claims = self._claims(request, route)
        except DeniedError as denied:
            return _denied(denied)
        event = http_events.event(request, route, parameters, claims, self._now())
        return self._invoke(route, event)

    def _local(self, path: str) -> LocalHandler | None:
        prefixes = [key for key in self.handlers if key.endswith("/") and key != "/" and path.startswith(key)]
        return self.handlers.get(path) or (self.handlers[max(prefixes, key=len)] if prefixes else None)

    def _claims(self, request: Request, route: Route) -> Mapping[str, Any] | None:
        if route.authorizer is None:
            return None
        return self._authorizer.check(request.headers.get("authorization"), route.authorizer, route.scopes)

    def _invoke(self, route: Route, event: dict[str, Any]) -> Response:
        try:
            return http_events.response(self._functions[route.function].invoke(event, route.timeout))
        except TimeoutError:  # the function goes on until its own time-out
            return http_events.message(503, "Service Unavailable")
        except PayloadTooLarge:
            return http_events.message(413, "Request Entity Too Large")
        except InvocationFailed:  # the error is in the function's log
            return http_events.message(500, "Internal Server Error")
        except http_events.MalformedAnswer as error:
            self._note(f"{route.function} returned an invalid response: {error}")
            return http_events.message(500, "Internal Server Error")


def _denied(denied: DeniedError) -> Response:
    if denied.status == 403:
        return http_events.message(403, "Forbidden")
    return http_events.message(401, "Unauthorized", ("www-authenticate", "Bearer"))


def _rank(route: Route) -> tuple[Any, ...]:
    """Sort key: fixed segments before parameters, greedy parameters, ANY and $default."""
    segments = [2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in route.path.split("/")]
    return route.path == "$default", segments, -len(segments), route.method == "ANY"


def _pattern(path: str) -> re.Pattern[str]:
    if path == "$default":
        return re.compile(".*")
    parts = re.split(r"(\{\w+\+?\})", path)
    return re.compile(
        "".join("(.+)" if p.endswith("+}") else "([^/]+)" if p.startswith("{") else re.escape(p) for p in parts)
    )
