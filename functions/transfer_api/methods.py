"""The methods of each route, which distinguish a wrong method (405) from an unknown route (404)."""

import re

ASKED_PATH = "askedPath"
"""Field of the event with the requested path, where `app` has replaced the event's own path."""
_ANY = r"[\s\S]+"
_METHODS = {
    "/v1/account-inquiries": ("POST",),
    "/v1/balance": ("GET",),
    "/v1/balance-proof": ("GET",),
    "/v1/banks": ("GET",),
    "/v1/batches": ("GET", "POST"),
    r"/v1/batches/[^/]+": ("GET",),
    r"/v1/batches/[^/]+/(approvals|cancellation|checks|pause|repayments|resume|submission|withdrawal)": ("POST",),
    r"/v1/batches/[^/]+/result": ("GET",),
    r"/v1/batches/[^/]+/rows": ("GET", "PATCH"),
    r"/v1/batches/[^/]+/rows/[^/]+": ("PATCH",),
    "/v1/response-codes": ("GET",),
    rf"/v1/response-codes/{_ANY}": ("GET",),
    "/v1/transfers": ("GET", "POST"),
    r"/v1/transfers/[^/]+": ("GET",),
    r"/v1/transfers/[^/]+/status-checks": ("POST",),
    r"/v1/transfers/[^/]+/notes": ("GET", "POST"),
    r"/v1/transfers/[^/]+/settlement": ("POST",),
}


def allowed(path: str) -> tuple[str, ...]:
    """The methods of the route that matches `path`; empty if none does."""
    return next((methods for pattern, methods in _METHODS.items() if re.fullmatch(pattern, path)), ())
