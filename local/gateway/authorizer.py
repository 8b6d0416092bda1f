"""The local stack's token issuer, and a JWT authorizer that checks like API Gateway's."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from local.aws.bundle import Authorizer

ISSUER = "https://issuer.invalid/"
"""JwtIssuer of the local run. The authorizer has the issuer's key, so it fetches nothing from this address."""
_ALGORITHM = "RS256"  # API Gateway accepts RSA signatures only
_HALF_A_DAY = 12 * 3600


class DeniedError(Exception):
    """The request is denied. `status` is 401 (no valid token) or 403 (missing scope)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class TokenIssuer:
    """Issues tokens as an OIDC provider does, signed with its own RSA key. `now` is in seconds since the epoch."""

    def __init__(self, issuer: str, audience: str, now: Callable[[], float] = time.time) -> None:
        self._issuer, self._audience, self._now = issuer, audience, now
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": _ALGORITHM}, auto_kid=True)
        self.public_key = RSAKey.import_key(self._key.as_dict(private=False))

    def token(self, scopes: Iterable[str], *, seconds: int = _HALF_A_DAY, **claims: Any) -> str:
        """A signed token with `scopes`. `claims` replace default claims; None removes one."""
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
    """Checks tokens as API Gateway does, with one key instead of the issuer's published ones."""

    def __init__(self, public_key: RSAKey, now: Callable[[], float] = time.time) -> None:
        self._key, self._now = public_key, now

    def check(self, header: str | None, expected: Authorizer, scopes: Iterable[str]) -> Mapping[str, Any]:
        """Return the claims of the token in an Authorization header. Raises DeniedError."""
        token = (header or "").strip()
        if token[:7].lower() == "bearer ":
            token = token[7:].strip()
        claims = self._verified(token)
        self._check_claims(claims, expected)
        wanted = set(scopes)
        if wanted and not wanted & set(granted(claims)):
            raise DeniedError(403, "the token has none of the route's scopes")
        return claims

    def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            return jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError) as error:
            raise DeniedError(401, "the token cannot be verified") from error

    def _check_claims(self, claims: Mapping[str, Any], expected: Authorizer) -> None:
        registry = jwt.JWTClaimsRegistry(
            now=int(self._now()),
            iss={"essential": True, "value": expected.issuer},
            aud={"essential": True, "values": list(expected.audiences)},
            exp={"essential": True},
        )
        try:  # API Gateway reads client_id if there is no aud
            registry.validate({"aud": claims.get("client_id"), **claims})
        except JoseError as error:
            raise DeniedError(401, str(error)) from error


def granted(claims: Mapping[str, Any]) -> list[str]:
    """The scopes of a token: from `scope`, separated by blanks, or from `scp`, which some providers send as a list."""
    said = claims.get("scope", claims.get("scp", ""))
    return [str(scope) for scope in said] if isinstance(said, list) else str(said).split()
