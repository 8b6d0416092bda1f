"""Symmetric signature of calls to DOKU: base64 HMAC-SHA512 with the client secret."""

import base64
import hashlib
import hmac


def string_to_sign(method: str, path: str, access_token: str, body: bytes, timestamp: str) -> bytes:
    """`METHOD:path:token:hex(SHA-256(body)):timestamp`; `body` compact, `path` as requested without the host."""
    digest = hashlib.sha256(body).hexdigest()
    return f"{method}:{path}:{access_token}:{digest}:{timestamp}".encode()


def sign_request(client_secret: str, *, method: str, path: str, access_token: str, body: bytes, timestamp: str) -> str:
    """X-SIGNATURE over exactly the bytes of `body`, which must be compact JSON."""
    text = string_to_sign(method, path, access_token, body, timestamp)
    return base64.b64encode(hmac.digest(client_secret.encode(), text, "sha512")).decode()
