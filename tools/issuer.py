"""Check JwtIssuer against the identity provider's own configuration document.

API Gateway fetches the same document. If it fails, or if the issuer differs by a letter, every caller is refused.
"""

import requests

_SECONDS = 10.0


class IssuerError(Exception):
    """JwtIssuer is wrong; the message says why."""


class IssuerUnreachable(IssuerError):
    """The identity provider gave no configuration document, so JwtIssuer is not confirmed."""


def check(issuer: str) -> None:
    """Fetch the configuration document and compare its `issuer`. Raises IssuerError or IssuerUnreachable."""
    if not issuer.startswith("https://"):
        raise IssuerError(f"JwtIssuer is {issuer}: API Gateway accepts only an issuer that begins with https://")
    stated = _stated(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if stated != issuer:
        raise IssuerError(
            f"JwtIssuer is {issuer}, but the identity provider calls itself {stated}. Tokens carry that as iss, so"
            " JwtIssuer must be the same to the letter; a slash at the end counts"
        )


def _stated(url: str) -> object:
    try:
        answer = requests.get(url, timeout=_SECONDS, allow_redirects=False)
        document = answer.json() if answer.status_code == 200 else None
    except requests.JSONDecodeError as error:
        raise IssuerUnreachable(f"{url} is not JSON: JwtIssuer must be an OIDC provider's issuer URL") from error
    except requests.RequestException as error:
        raise IssuerUnreachable(f"{url} can't be fetched ({_cause(error)}). {_ADVICE}") from error
    if document is None:
        raise IssuerUnreachable(f"{url} answers HTTP {answer.status_code} instead of 200. {_ADVICE}")
    if not isinstance(document, dict) or "issuer" not in document:
        raise IssuerUnreachable(f"{url} names no issuer: JwtIssuer must be an OIDC provider's issuer URL")
    return document["issuer"]


def _cause(error: requests.RequestException) -> str:
    """The innermost reason: requests wraps it several times."""
    cause: BaseException = error
    while following := (cause.__cause__ or cause.__context__):
        cause = following
    return str(cause) or type(cause).__name__


_ADVICE = "Check the spelling of JwtIssuer, and that the internet can reach it: API Gateway fetches it too"
