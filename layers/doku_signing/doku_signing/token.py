"""Asymmetric signature of the B2B token call: SHA256withRSA, PKCS#1 v1.5, base64 (PROTOCOL.md section 2)."""

import base64

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def load_private_key(pem: str) -> RSAPrivateKey:
    """The merchant's RSA key from PEM. Raises ValueError when it is no unencrypted RSA key; never shows the text.

    The key's primes are not validated again: that costs 35 ms, and a wrong key only earns a refused token.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError):
        raise ValueError("privateKey is not an unencrypted PEM private key") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("privateKey is not an RSA key")
    return key


def sign_token_request(private_key: RSAPrivateKey, client_id: str, timestamp: str) -> str:
    """X-SIGNATURE of the token call, over `clientId|timestamp`."""
    signature = private_key.sign(f"{client_id}|{timestamp}".encode(), PKCS1v15(), SHA256())
    return base64.b64encode(signature).decode()
