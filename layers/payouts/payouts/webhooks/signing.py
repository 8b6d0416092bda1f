"""Signatures of the Standard Webhooks specification: HMAC-SHA256 over `id.timestamp.body`, base64, prefixed `v1,`."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
"""Lengths of a key that the specification allows."""


def generate_secret() -> str:
    """A new secret: `whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def parse_secret(secret: str) -> bytes:
    """The key of a secret. Raises ValueError, without the value, if it is not `whsec_` and base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or len(key) not in _KEY_BYTES:
        raise ValueError("a webhook secret is whsec_ followed by 24 to 64 bytes in base64")
    return key


def signature(keys: Sequence[bytes], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one signature for each key, separated by blanks. `timestamp` in seconds."""
    signed = b".".join((webhook_id.encode(), str(timestamp).encode(), body))
    return " ".join(f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys)
