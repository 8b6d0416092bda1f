"""Can frontends and DOKU reach what is deployed?"""

from collections.abc import Iterator

import requests

from tools import issuer
from tools.doctor.finding import Finding, ok, wrong

_SECONDS = 10.0
_CALLBACKS = ("/notifications/kirim-doku/unpaid", "/notifications/kirim-doku/refund")


def check(api_url: str, jwt_issuer: str | None) -> Iterator[Finding]:
    """The API from outside, and the identity provider. Changes nothing: the callbacks are not signed."""
    health = _status("GET", f"{api_url}/health")
    if health != 200:
        yield wrong("API", f"{api_url}/health: {health}", "Is it deployed and running? Look at the function's log.")
        return
    yield ok("API", f"{api_url} answers")
    guarded = _status("GET", f"{api_url}/v1/banks")
    if guarded == 401:
        yield ok("authorizer", "a request without a token is refused")
    else:
        yield wrong(
            "authorizer", f"a request without a token: {guarded}", "The JWT authorizer must guard /v1: deploy again."
        )
    for path in _CALLBACKS:
        yield _callback(f"{api_url}{path}")
    if jwt_issuer:
        yield _issuer(jwt_issuer)


def _callback(url: str) -> Finding:
    answered = _status("POST", url)
    if answered == 401:
        return ok("callback URL", f"{url} is there and refuses what is not signed")
    return wrong(
        "callback URL",
        f"{url}: {answered} where an unsigned callback should be refused with 401",
        "5xx: look at the receiver's log, the secret may be empty. 404: deploy again.",
    )


def _issuer(url: str) -> Finding:
    try:
        issuer.check(url)
    except issuer.IssuerError as error:
        return wrong(
            "identity provider", str(error), "Calls with a token are refused: deploy with the right JwtIssuer."
        )
    return ok("identity provider", f"{url} calls itself so, too")


def _status(method: str, url: str) -> int | str:
    try:
        return requests.request(method, url, timeout=_SECONDS, allow_redirects=False).status_code
    except requests.RequestException as error:
        return type(error).__name__
