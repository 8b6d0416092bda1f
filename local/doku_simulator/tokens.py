"""Bearer tokens: RS256 JWTs with {exp, iss, clientId, jti}, remembered so that they can be ended early."""

import threading
import uuid
from functools import cache

from joserfc import jwt
from joserfc.jwk import RSAKey

from local.doku_simulator.answers import RefusedError


@cache
def _doku_key() -> RSAKey:
    """DOKU's own signing key, one a process. It is never verified: merchants treat the token as opaque."""
    return RSAKey.generate_key(2048)


class TokenDesk:
    """Issues tokens and says whether one is still good. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._expiry: dict[str, float] = {}

    def issue(self, client_id: str, now: float, seconds: int, latest_only: bool) -> str:
        """A new token, good for `seconds`; with `latest_only` it ends every older one."""
        claims = {"exp": int(now) + seconds, "iss": "DOKU", "clientId": client_id, "jti": str(uuid.uuid4())}
        token = jwt.encode({"alg": "RS256"}, claims, _doku_key())
        with self._lock:
            if latest_only:
                self._expire()
            self._expiry[token] = now + seconds
        return token

    def check(self, token: str, now: float) -> None:
        """RefusedError 401ss03 for a token never issued, 401ss01 for one that is no longer good."""
        expiry = self._expiry.get(token)
        if expiry is None:
            raise RefusedError(401, "03", "Token Not Found (B2B)")
        if now >= expiry:
            raise RefusedError(401, "01", "Invalid Token (B2B)")

    def expire_all(self) -> None:
        """End every token issued so far."""
        with self._lock:
            self._expire()

    def _expire(self) -> None:
        self._expiry = dict.fromkeys(self._expiry, 0.0)
