"""Symmetric signature of calls to DOKU: base64 HMAC-SHA512 with the client secret."""

import base64
import hashlib
import hmac
import re

_STRING_OR_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+', re.DOTALL)


def minify(body: bytes) -> bytes:
    """JSON text without its insignificant white space. Field order, escapes and blanks inside strings stay."""
    return _STRING_OR_SPACE.sub(lambda match: match[1] or b"", body)


def string_to_sign(method: str, path: str, access_token: str, body: bytes, timestamp: str) -> bytes:
    """`METHOD:path:token:hex(SHA-256(body)):timestamp`; `body` minified, `path` as requested without the host."""
    digest = hashlib.sha256(body).hexdigest()
    return f"{method}:{path}:{access_token}:{digest}:{timestamp}".encode()


def sign_request(client_secret: str, *, method: str, path: str, access_token: str, body: bytes, timestamp: str) -> str:
    """X-SIGNATURE over exactly the bytes of `body`, which must already be minified."""
    text = string_to_sign(method, path, access_token, body, timestamp)
    return base64.b64encode(hmac.digest(client_secret.encode(), text, "sha512")).decode()
