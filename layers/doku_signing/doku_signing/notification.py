"""Signature of DOKU's notifications, over agentKey and requestId.

It covers neither body nor time, so a captured notification can be sent again with another body. A notification that
verifies is therefore a hint, never evidence.
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


def is_usable(scheme: Scheme, key: str) -> bool:
    """True if notifications can be signed with `key` in this scheme."""
    return bool(key) and (scheme is not Scheme.AES_ECB or len(key.encode()) in _AES_KEY_LENGTHS)


def sign_notification(scheme: Scheme, key: str, agent_key: str, request_id: str) -> str:
    """The `signature` header of a notification. Raises ValueError for a key that the scheme can't use."""
    if not is_usable(scheme, key):
        raise ValueError("an empty key authenticates nothing, and an AES key has 16, 24 or 32 bytes")
    text = (agent_key + request_id).encode("utf-8", "surrogatepass")  # headers may hold anything
    if scheme is Scheme.HMAC_SHA512:
        return base64.b64encode(hmac.digest(key.encode(), text, "sha512")).decode()
    return base64.b64encode(_aes_ecb(key.encode(), text)).decode()


def verify_notification(scheme: Scheme, keys: Iterable[str], agent_key: str, request_id: str, signature: str) -> bool:
    """True if `signature` was made with one of `keys` (current and previous), compared in constant time.

    Keys that can't be used are skipped. Never raises, whatever a caller sends.
    """
    given = signature.encode("utf-8", "surrogatepass")
    verified = False
    for key in keys:
        if is_usable(scheme, key):
            expected = sign_notification(scheme, key, agent_key, request_id).encode()
            verified |= hmac.compare_digest(expected, given)
    return verified


def _aes_ecb(key: bytes, text: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # only this scheme needs it

    padding = 16 - len(text) % 16
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - DOKU's scheme, not ours
    return encryptor.update(text + bytes([padding]) * padding) + encryptor.finalize()
