"""Signature of the B2B token request: SHA256withRSA, PKCS#1 v1.5, base64."""

import base64
from collections.abc import Callable

Signer = Callable[[bytes], bytes]
"""Signs a message with the merchant's private key (PEM or KMS): SHA256withRSA, PKCS#1 v1.5."""


def sign_token_request(sign: Signer, client_id: str, timestamp: str) -> str:
    """X-SIGNATURE of the token request, over `clientId|timestamp`."""
    return base64.b64encode(sign(f"{client_id}|{timestamp}".encode())).decode()
