"""Minting a B2B access token (PROTOCOL.md section 2)."""

from payouts.credentials import Credentials, Token
from payouts.doku import answers
from payouts.doku.outcomes import Outcome, Service, text
from payouts.doku.transport import NeverSent, NoReply, Timeout, Transport
from payouts.errors import DokuSaid, Misconfigured, Unavailable

_PATH = "/authorization/v1/access-token/b2b"
_BODY = b'{"grantType":"client_credentials"}'
_TIMEOUT: Timeout = (1, 2)
_DEFAULT_LIFETIME = 900


def mint(transport: Transport, credentials: Credentials, now: float) -> Token:
    """A new token, which may end the life of the one before. Raises Unavailable, or Misconfigured when refused."""
    from doku_signing.timestamps import token_timestamp
    from doku_signing.token import load_private_key, sign_token_request  # only minting needs `cryptography`

    timestamp = token_timestamp(now)
    try:
        private_key = load_private_key(credentials.private_key)
    except ValueError as error:
        raise Misconfigured(f"the DOKU secret's {error}") from None
    headers = {
        "Content-Type": "application/json",
        "X-CLIENT-KEY": credentials.client_id,
        "X-TIMESTAMP": timestamp,
        "X-SIGNATURE": sign_token_request(private_key, credentials.client_id, timestamp),
    }
    try:
        answer = answers.read(Service.TOKEN, transport.post(_PATH, headers, _BODY, _TIMEOUT))
    except (NeverSent, NoReply) as error:
        raise Unavailable(f"DOKU gave no access token ({error}); send the same request again") from error
    return _token(answer, now)


def _token(answer: answers.Answer, now: float) -> Token:
    value = text(answer.body.get("accessToken"), limit=4096)
    if answer.outcome is Outcome.ACCEPTED and value:
        lifetime = text(answer.body.get("expiresIn"))
        return Token(value, now + (int(lifetime) if lifetime.isdecimal() else _DEFAULT_LIFETIME))
    said = DokuSaid(answer.verdict.code, answer.verdict.message)
    if answer.outcome in (Outcome.UNAUTHORIZED, Outcome.REJECTED):
        raise Misconfigured("DOKU refuses the merchant's credentials: check clientId and privateKey", said)
    raise Unavailable("DOKU gave no access token; send the same request again", said)
