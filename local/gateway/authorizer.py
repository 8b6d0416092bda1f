"""Tokens: those that the local stack issues, and the check that API Gateway's JWT authorizer makes of any."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from local.aws.bundle import Authorizer

ISSUER = "https://issuer.invalid/"
"""JwtIssuer of the local run. Its tokens are checked with the key at hand, so nothing has to be fetched from there."""
_ALGORITHM = "RS256"  # the only family that API Gateway takes; never "none"
_HALF_A_DAY = 12 * 3600


class DeniedError(Exception):
    """The request does not get through. `status` is 401 (who are you) or 403 (you may not)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class TokenIssuer:
    """An OIDC provider as far as tokens go: one RSA key, made with it. `now` in seconds since the epoch."""

    def __init__(self, issuer: str, audience: str, now: Callable[[], float] = time.time) -> None:
        self._issuer, self._audience, self._now = issuer, audience, now
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": _ALGORITHM}, auto_kid=True)
        self.public_key = RSAKey.import_key(self._key.as_dict(private=False))

    def token(self, scopes: Iterable[str], *, seconds: int = _HALF_A_DAY, **claims: Any) -> str:
        """A signed token with `scopes`; `claims` replace or, if None, remove what it would say."""
        now = int(self._now())
        said = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": "local-merchant",
            "iat": now,
            "exp": now + seconds,
            "scope": " ".join(scopes),
        } | claims
        header = {"alg": _ALGORITHM, "kid": self._key.kid}
        return jwt.encode(header, {k: v for k, v in said.items() if v is not None}, self._key)


class JwtAuthorizer:
    """Decides as API Gateway does, with one key instead of the issuer's published ones."""

    def __init__(self, public_key: RSAKey, now: Callable[[], float] = time.time) -> None:
        self._key, self._now = public_key, now

    def check(self, header: str | None, expected: Authorizer, scopes: Iterable[str]) -> Mapping[str, Any]:
        """The claims of the token in an Authorization header. Raises DeniedError."""
        token = (header or "").strip()
        if token[:7].lower() == "bearer ":
            token = token[7:].strip()
        claims = self._verified(token)
        self._check_claims(claims, expected)
        wanted = set(scopes)
        if wanted and not wanted & set(granted(claims)):
            raise DeniedError(403, "none of the route's scopes")
        return claims

    def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            return jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError) as error:
            raise DeniedError(401, "no token that can be verified") from error

    def _check_claims(self, claims: Mapping[str, Any], expected: Authorizer) -> None:
        now = self._now()
        if claims.get("iss") != expected.issuer:
            raise DeniedError(401, "wrong issuer")
        named = claims.get("aud", claims.get("client_id"))
        audiences = named if isinstance(named, list) else [named]
        if not any(audience in expected.audiences for audience in audiences):
            raise DeniedError(401, "wrong audience")
        if not _is_number(claims.get("exp")) or claims["exp"] <= now:
            raise DeniedError(401, "expired")
        if any(
            claim in claims and not (_is_number(claims[claim]) and claims[claim] <= now) for claim in ("nbf", "iat")
        ):
            raise DeniedError(401, "not valid yet")


def granted(claims: Mapping[str, Any]) -> list[str]:
    """Scopes of a token: `scope`, separated by blanks, or `scp`, which some providers send as a list."""
    said = claims.get("scope", claims.get("scp", ""))
    return [str(scope) for scope in said] if isinstance(said, list) else str(said).split()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
