"""Check that frontends and DOKU can reach the deployment."""

from collections.abc import Iterator

import requests

from tools import issuer
from tools.doctor.finding import Finding, ok, wrong

_SECONDS = 10.0
_NOTIFICATIONS = ("/notifications/kirim-doku/unpaid", "/notifications/kirim-doku/refund")


def check(api_url: str, jwt_issuer: str | None) -> Iterator[Finding]:
    """Call the API from outside, and the identity provider. Changes nothing: the notifications are not signed."""
    health = _status("GET", f"{api_url}/health")
    if health != 200:
        yield wrong(
            "API",
            f"{api_url}/health: {health}",
            "Check that it is deployed and running (locally, on LOCAL_PORT), and read the function's log.",
        )
        return
    yield ok("API", f"{api_url} answers")
    guarded = _status("GET", f"{api_url}/v1/banks")
    if guarded == 401:
        yield ok("authorizer", "a request without a token is refused")
    else:
        yield wrong(
            "authorizer", f"a request without a token: {guarded}", "The JWT authorizer must guard /v1: deploy again."
        )
    for path in _NOTIFICATIONS:
        yield _notification_url(f"{api_url}{path}")
    if jwt_issuer:
        yield _issuer(jwt_issuer)


def _notification_url(url: str) -> Finding:
    answered = _status("POST", url)
    if answered == 401:
        return ok("notification URL", f"{url} answers and refuses an unsigned notification")
    return wrong(
        "notification URL",
        f"{url}: {answered} where an unsigned notification should be refused with 401",
        "5xx: read the receiver's log, the secret may be empty. 404: deploy again.",
    )


def _issuer(url: str) -> Finding:
    try:
        issuer.check(url)
    except issuer.IssuerError as error:
        return wrong(
            "identity provider", str(error), "Calls with a token are refused: deploy with the right JwtIssuer."
        )
    return ok("identity provider", f"{url} is also the issuer of its configuration document")


def _status(method: str, url: str) -> int | str:
    try:
        return requests.request(method, url, timeout=_SECONDS, allow_redirects=False).status_code
    except requests.RequestException as error:
        return type(error).__name__
