"""CORS as API Gateway's HTTP APIs do it, by the template's settings.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from werkzeug.datastructures import Headers

from local.aws.bundle import Cors
from local.gateway.http_server import Request, Response


def is_preflight(request: Request) -> bool:
    """Whether a browser asks what a page may do."""
    asked = request.headers.get("origin") and request.headers.get("access-control-request-method")
    return request.method == "OPTIONS" and bool(asked)


def preflight(request: Request, allowed: Cors) -> Response:
    """The answer to a browser that asks; one without CORS headers, which is a no, to an origin that is not allowed."""
    if not _knows(request, allowed):
        return Response(status=204)
    return Response(
        status=204,
        headers=[
            _origin(request),
            ("access-control-allow-methods", ",".join(allowed.methods)),
            ("access-control-allow-headers", ",".join(allowed.headers)),
            ("access-control-max-age", str(allowed.max_age)),
        ],
    )


def readable(response: Response, request: Request, allowed: Cors) -> Response:
    """`response` with what lets an allowed page read it. What the function says of CORS itself counts for nothing."""
    kept = [(name, value) for name, value in response.headers if not name.startswith("access-control-")]
    if _knows(request, allowed):
        kept += [_origin(request), ("access-control-expose-headers", ",".join(allowed.exposed)), ("vary", "origin")]
    response.headers = Headers(kept)
    return response


def _knows(request: Request, allowed: Cors) -> bool:
    return request.headers.get("origin") in allowed.origins or "*" in allowed.origins


def _origin(request: Request) -> tuple[str, str]:
    return "access-control-allow-origin", request.headers.get("origin") or ""
