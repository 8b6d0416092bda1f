"""Requests for a B2B access token."""

import re
import time
from collections.abc import Callable

from doku_signing.timestamps import token_timestamp
from doku_signing.token import sign_token_request
from payouts.doku import responses
from payouts.doku.outcomes import Outcome, Service, text
from payouts.doku.signer import MerchantKey
from payouts.doku.transport import NeverSent, NoReply, Transport
from payouts.domain.access_token import AccessToken
from payouts.domain.credentials import Credentials
from payouts.domain.doku_said import DokuSaid
from payouts.domain.errors import Misconfigured, Unavailable

_PATH = "/authorization/v1/access-token/b2b"
_BODY = b'{"grantType":"client_credentials"}'
_SECONDS = 3.0
"""For a token request, including its signature by KMS."""
_CONNECT_SECONDS = 1.0
_DEFAULT_LIFETIME = 900
_LONGEST_LIFETIME = 86_400
_USABLE = re.compile("[!-~]{1,4096}")
"""Tokens that can be sent in a header."""
_CREDENTIALS = "the merchant's credentials: check clientId and privateKey"
_CLOCK = "the time of the token request: check the clock of this machine, not the credentials"


class TokenRequester:
    """Requests access tokens from DOKU with the merchant's credentials."""

    def __init__(self, transport: Transport, key: MerchantKey, clock: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._key = key
        self._clock = clock

    def request_token(self, credentials: Credentials, now: float) -> AccessToken:
        """Request a new token, which may end the one before. Raises Unavailable, or Misconfigured if refused."""
        deadline = self._clock() + _SECONDS
        timestamp = token_timestamp(now)
        headers = {
            "Content-Type": "application/json",
            "X-CLIENT-KEY": credentials.client_id,
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": sign_token_request(self._key.signer(credentials), credentials.client_id, timestamp),
        }
        read_seconds = deadline - self._clock() - _CONNECT_SECONDS
        if read_seconds <= 0:
            raise Unavailable("signing took too long for an access token; send the same request again")
        try:
            reply = self._transport.post(_PATH, headers, _BODY, (_CONNECT_SECONDS, read_seconds))
        except (NeverSent, NoReply) as error:
            raise Unavailable(f"DOKU gave no access token ({error}); send the same request again") from error
        return _token(responses.read(Service.TOKEN, reply), now)


def _token(answer: responses.DokuResponse, now: float) -> AccessToken:
    value = answer.body.get("accessToken")
    if answer.outcome is Outcome.ACCEPTED and isinstance(value, str) and _USABLE.fullmatch(value):
        lifetime = text(answer.body.get("expiresIn"))
        seconds = int(lifetime) if lifetime.isdecimal() else _DEFAULT_LIFETIME
        return AccessToken(value, now + min(seconds, _LONGEST_LIFETIME))
    said = DokuSaid(answer.verdict.code, answer.verdict.message)
    if answer.outcome in (Outcome.UNAUTHORIZED, Outcome.REJECTED):
        raise Misconfigured(f"DOKU refuses {_CLOCK if said.names_timestamp else _CREDENTIALS}", said)
    raise Unavailable("DOKU gave no access token; send the same request again", said)
