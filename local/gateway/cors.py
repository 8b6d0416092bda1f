"""CORS as in API Gateway's HTTP APIs, with the template's settings.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from werkzeug.datastructures import Headers

from local.aws.bundle import Cors
from local.gateway.http_server import Request, Response


def is_preflight(request: Request) -> bool:
    """True for a CORS preflight request."""
    asked = request.headers.get("origin") and request.headers.get("access-control-request-method")
    return request.method == "OPTIONS" and bool(asked)


def preflight(request: Request, allowed: Cors) -> Response:
    """The answer to a preflight request; without CORS headers if the origin is not allowed."""
    if not _is_allowed(request, allowed):
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
    """`response` with CORS headers for an allowed origin. The function's own CORS headers are dropped."""
    kept = [(name, value) for name, value in response.headers if not name.lower().startswith("access-control-")]
    if _is_allowed(request, allowed):
        kept += [_origin(request), ("access-control-expose-headers", ",".join(allowed.exposed)), ("vary", "origin")]
    response.headers = Headers(kept)
    return response


def _is_allowed(request: Request, allowed: Cors) -> bool:
    return request.headers.get("origin") in allowed.origins or "*" in allowed.origins


def _origin(request: Request) -> tuple[str, str]:
    return "access-control-allow-origin", request.headers.get("origin") or ""
