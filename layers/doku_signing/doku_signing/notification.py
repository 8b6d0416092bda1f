"""Signature of DOKU's notifications, over agentKey and requestId (PROTOCOL.md section 6).

It covers neither body nor time: whoever saw one notification can send it again, altered. A notification that verifies
is therefore a hint, never evidence.
"""

import base64
import hmac
from collections.abc import Iterable
from enum import StrEnum

_AES_KEY_LENGTHS = (16, 24, 32)


class Scheme(StrEnum):
    """How DOKU signs its notifications; which one is used must be agreed with DOKU."""

    AES_ECB = "aes-ecb"
    """Legacy KirimDOKU: AES/ECB/PKCS5 with the encryption key, base64."""
    HMAC_SHA512 = "hmac-sha512"
    """HMAC-SHA512 with the key, base64."""


def sign_notification(scheme: Scheme, key: str, agent_key: str, request_id: str) -> str:
    """The `signature` header of a notification. Raises ValueError for a key that the scheme can't use."""
    if not key:
        raise ValueError("an empty notification key authenticates nothing")
    text = (agent_key + request_id).encode("utf-8", "surrogatepass")  # headers may hold anything
    if scheme is Scheme.HMAC_SHA512:
        return base64.b64encode(hmac.digest(key.encode(), text, "sha512")).decode()
    return base64.b64encode(_aes_ecb(key.encode(), text)).decode()


def verify_notification(scheme: Scheme, keys: Iterable[str], agent_key: str, request_id: str, signature: str) -> bool:
    """Whether `signature` was made with one of `keys` (current and previous), compared in constant time.

    Empty and missing keys authenticate nothing. Never raises for anything that a caller can send.
    """
    given = signature.encode("utf-8", "surrogatepass")
    verified = False
    for key in keys:
        if key:
            expected = sign_notification(scheme, key, agent_key, request_id).encode()
            verified |= hmac.compare_digest(expected, given)
    return verified


def _aes_ecb(key: bytes, text: bytes) -> bytes:
    if len(key) not in _AES_KEY_LENGTHS:
        raise ValueError("an AES notification key has 16, 24 or 32 bytes")
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # only this scheme needs it

    padding = 16 - len(text) % 16
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - DOKU's scheme, not ours
    return encryptor.update(text + bytes([padding]) * padding) + encryptor.finalize()
