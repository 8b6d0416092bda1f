"""The merchant's private key as PEM."""

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from doku_signing.token import Signer


def signer(pem: str) -> Signer:
    """A signer with the key in `pem`. Raises ValueError as `load_private_key`."""
    key = load_private_key(pem)
    return lambda message: key.sign(message, PKCS1v15(), SHA256())


def load_private_key(pem: str) -> RSAPrivateKey:
    """The merchant's RSA key from PEM. Raises ValueError if it is not an unencrypted RSA key; never shows the text.

    The key's primes are not validated: that costs 35 ms, and with a wrong key DOKU only refuses the token.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError):
        raise ValueError("privateKey is not an unencrypted PEM private key") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("privateKey is not an RSA key")
    return key
