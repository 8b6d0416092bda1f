"""Authentication: the RSA signature of a token request, the HMAC signature of every other call."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from local.doku_simulator.answers import RefusedError, malformed, missing, unauthorized
from local.doku_simulator.clock_formats import parse_iso
from local.doku_simulator.minify import minify
from local.doku_simulator.settings import Settings
from local.doku_simulator.tokens import TokenDesk


@dataclass(frozen=True)
class Request:
    """A request as received: the target with its query, header names in lower case, the bytes of the body."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str:
        """A mandatory header. Raises RefusedError (400ss02) if it is missing or empty."""
        value = self.headers.get(name.lower(), "")
        if not value:
            raise missing(name)
        return value


def string_to_sign(request: Request, token: str, timestamp: str) -> str:
    """METHOD:path:token:lowerhex(sha256(minified body)):timestamp, over the path and the bytes as received."""
    digest = hashlib.sha256(minify(request.body)).hexdigest()
    return f"{request.method}:{request.target}:{token}:{digest}:{timestamp}"


def hmac_sha512(secret: str, text: str) -> str:
    """Base64 (88 characters) of HMAC-SHA512 over UTF-8."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha512)).decode()


def verify_call(request: Request, settings: Settings, tokens: TokenDesk, now: float) -> None:
    """Raises RefusedError unless token, client, timestamp, signature and the form of X-EXTERNAL-ID are right."""
    token = bearer(request)
    tokens.check(token, now)
    if request.header("X-PARTNER-ID") != settings.client_id:
        raise unauthorized("Unknown Client")
    timestamp = _fresh_timestamp(request, settings, now)
    expected = hmac_sha512(settings.client_secret, string_to_sign(request, token, timestamp))
    if not hmac.compare_digest(expected.encode(), request.header("X-SIGNATURE").encode()):
        raise unauthorized("Invalid Signature")
    external_id = request.header("X-EXTERNAL-ID")
    if not (external_id.isascii() and external_id.isdecimal() and len(external_id) <= 32):
        raise malformed("X-EXTERNAL-ID")


def bearer(request: Request) -> str:
    """The token of the Authorization header. Raises RefusedError (401ss01) if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise RefusedError(401, "01", "Invalid Token (B2B)")
    return token


def verify_token_request(request: Request, settings: Settings, now: float) -> None:
    """Raises RefusedError unless SHA256withRSA over "clientId|timestamp" verifies with the registered public key."""
    client_id = request.header("X-CLIENT-KEY")
    timestamp = _fresh_timestamp(request, settings, now)
    signature = request.header("X-SIGNATURE")
    if client_id != settings.client_id or not settings.public_key:
        raise unauthorized("Invalid Signature")
    if not rsa_verifies(settings.public_key, f"{client_id}|{timestamp}", signature):
        raise unauthorized("Invalid Signature")


def rsa_verifies(public_key: str, text: str, signature: str) -> bool:
    """Whether a base64 PKCS#1 v1.5 SHA-256 signature is that of `text`."""
    try:
        raw = base64.b64decode(signature, validate=True)
        load_public_key(public_key).verify(raw, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=8)
def load_public_key(pem: str) -> RSAPublicKey:
    """The RSA key in a PEM text. ValueError for anything else."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA public key")
    return key


def _fresh_timestamp(request: Request, settings: Settings, now: float) -> str:
    text = request.header("X-TIMESTAMP")
    try:
        moment = parse_iso(text)
    except ValueError:
        raise malformed("X-TIMESTAMP") from None
    if abs(moment - now) > settings.skew_seconds:
        raise unauthorized("Invalid Timestamp")
    return text
