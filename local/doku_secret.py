"""The DOKU credentials of a local run: generated for the simulator, or those of another DOKU."""

import base64
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

BASE_URL, SECRET_FILE = "DOKU_BASE_URL", "DOKU_SECRET_FILE"
SETTINGS = {
    "DokuPathPrefix": "DOKU_PATH_PREFIX",
    "DokuChannelId": "DOKU_CHANNEL_ID",
    "NotificationSignature": "NOTIFICATION_SIGNATURE",
}
"""How DOKU is called: the template's parameters, and the environment variables that set them."""
FIELDS = ("clientId", "clientSecret", "privateKey", "agentKey", "notificationKey")


class SettingError(ValueError):
    """An environment variable of the caller is invalid. The message names it."""


@dataclass(frozen=True)
class OtherDoku:
    """A DOKU that is not the simulator: its URL, and the secret as JSON."""

    base_url: str
    secret: str = field(repr=False)


def from_environment(environment: Mapping[str, str] = os.environ) -> OtherDoku | None:
    """The DOKU of the caller's environment; None for the simulator. Raises SettingError."""
    url, file = environment.get(BASE_URL), environment.get(SECRET_FILE)
    if not url and not file:
        return None
    if not url or not file:
        missing, present = (BASE_URL, SECRET_FILE) if file else (SECRET_FILE, BASE_URL)
        raise SettingError(f"{present} is set but {missing} is not: another DOKU needs both")
    if not re.fullmatch(r"https?://[^/]+/?", url):
        raise SettingError(
            f"{BASE_URL} is {url!r}: it must be a scheme and a host, such as https://api-sandbox.doku.com"
        )
    return OtherDoku(url.rstrip("/"), _read(Path(file)))


def parameters(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The parameters of the template that the caller's environment sets."""
    return {name: environment[variable] for name, variable in SETTINGS.items() if environment.get(variable)}


def _read(path: Path) -> str:
    try:
        text = path.read_text()
        secret = json.loads(text)
    except OSError as error:
        raise SettingError(f"{SECRET_FILE}: cannot read {path}: {error.strerror}") from None
    except ValueError:  # the message must not contain the file's content
        raise SettingError(f"{SECRET_FILE}: {path} is not JSON") from None
    if not isinstance(secret, dict):
        raise SettingError(f"{SECRET_FILE}: {path} is not a JSON object")
    if missing := [field for field in FIELDS[:4] if not (isinstance(secret.get(field), str) and secret[field])]:
        raise SettingError(f"{SECRET_FILE}: {path} lacks {', '.join(missing)}")  # notificationKey may be absent
    try:
        load_pem_private_key(secret["privateKey"].encode(), password=None)
    except (ValueError, TypeError):
        raise SettingError(f"{SECRET_FILE}: privateKey in {path} is not an unencrypted PEM private key") from None
    return text


def generate() -> str:
    """Generate a secret for the simulator, as JSON."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    values = (f"BRN-{secrets.randbelow(10**10):010}", secrets.token_urlsafe(24), pem, "A41418", secrets.token_hex(8))
    return with_webhook_secret(json.dumps(dict(zip(FIELDS, values, strict=True))))


def with_webhook_secret(secret: str) -> str:
    """The secret, with a new one for webhooks if it has none."""
    made = [f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"]
    return json.dumps({"webhookSecrets": made, **json.loads(secret)})
