"""The local stack's page that lists the routes."""

from collections.abc import Iterator

from local.aws.bundle import Bundle
from local.gateway.api import LocalHandler
from local.gateway.http_server import Request, Response

_TEXT = ("content-type", "text/plain; charset=utf-8")


def pages(bundle: Bundle) -> dict[str, LocalHandler]:
    """Handlers by path."""

    def routes(request: Request) -> Response:
        return Response("\n".join(_routes(bundle, request.headers.get("host") or "")), 200, [_TEXT])

    return {"/_local/routes": routes}


def _routes(bundle: Bundle, host: str) -> Iterator[str]:
    yield "Kirim DOKU payouts, running locally. Routes and the scope of each:\n"
    for route in sorted(bundle.routes, key=lambda route: (route.path, route.method)):
        scopes = " or ".join(route.scopes) if route.authorizer else "no token"
        yield f"  {route.method:<5} {route.path:<55} {scopes}"
    yield "\nCall them with the token that `make run` printed:\n"
    yield f'  curl -H "Authorization: Bearer $TOKEN" http://{host}/v1/transfers\n'
