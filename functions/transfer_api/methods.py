"""The methods of each route, to tell a wrong method (405) from an unknown route (404)."""

import re

ASKED_PATH = "askedPath"
"""Field of the event with the path that was asked for, where `entry` has replaced the event's own path."""
_ANY = r"[\s\S]+"
_METHODS = {
    "/v1/account-inquiries": ("POST",),
    "/v1/balance": ("GET",),
    "/v1/banks": ("GET",),
    "/v1/response-codes": ("GET",),
    rf"/v1/response-codes/{_ANY}": ("GET",),
    "/v1/transfers": ("GET", "POST"),
    r"/v1/transfers/[^/]+": ("GET",),
    r"/v1/transfers/[^/]+/status-checks": ("POST",),
}


def allowed(path: str) -> tuple[str, ...]:
    """Methods of the route that `path` belongs to; empty if there is no such route."""
    return next((methods for pattern, methods in _METHODS.items() if re.fullmatch(pattern, path)), ())
