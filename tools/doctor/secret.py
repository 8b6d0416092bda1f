"""Check that the secret is complete and its keys are usable."""

import json
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from doku_signing.notification import Scheme, is_usable
from payouts.domain.credentials import Credentials
from payouts.domain.errors import Misconfigured
from payouts.webhooks.signing import parse_secret
from tools.doctor.finding import Finding, ok, warning, wrong

_SHAPE = (
    "it is one JSON object with clientId, clientSecret, privateKey (PEM) or privateKeyKmsId, agentKey and "
    "notificationKey"
)


def check(text: str, scheme: Scheme) -> Iterator[Finding]:
    """Check fields, keys and stray blanks. Never shows a value."""
    try:
        credentials = Credentials.parse(text)
    except Misconfigured as error:
        yield wrong("secret", error.message, f"Fill it in: {_SHAPE}. DOKU's dashboard has the values.")
        return
    yield from _blanks(text)
    if credentials.private_key_kms_id:
        yield ok("private key", "is in KMS; the token check shows whether it can sign")
    else:
        yield from _private_key(credentials.private_key)
    yield _notification_key(credentials.notification_key, scheme)
    if "webhookSecrets" in json.loads(text):
        yield _webhook_secrets(credentials.webhook_secrets)


def _blanks(text: str) -> Iterator[Finding]:
    fields = json.loads(text)
    stray = [name for name, value in fields.items() if name != "privateKey" and str(value) != str(value).strip()]
    if stray:
        yield wrong("secret", f"blanks around {', '.join(stray)}", "Copy the value again, without blanks or line ends.")
    else:
        yield ok("secret", "all fields are present")


def _private_key(pem: str) -> Iterator[Finding]:
    if "\\n" in pem:
        yield wrong(
            "private key",
            r"the PEM holds a backslash and an n instead of line ends",
            "It was escaped twice. Write the secret with a JSON tool: "
            "jq -n --rawfile key private.pem '{privateKey: $key, ...}'",
        )
        return
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        yield wrong(
            "private key",
            "it is not an unencrypted PEM private key",
            "Put the whole file in, from -----BEGIN to END-----; for an encrypted one, the output of: "
            "openssl pkcs8 -in private.pem",
        )
        return
    if not isinstance(key, RSAPrivateKey):
        yield wrong("private key", "it is not an RSA key", "DOKU needs RSA: openssl genrsa -out private.pem 2048")
    elif key.key_size < 2048:
        yield warning("private key", f"RSA with {key.key_size} bits", "Generate one with 2048 bits or more.")
    else:
        yield ok("private key", f"RSA with {key.key_size} bits")


def _notification_key(key: str, scheme: Scheme) -> Finding:
    if is_usable(scheme, key):
        return ok("notification key", f"can verify {scheme} signatures")
    wanted = "16, 24 or 32 bytes" if scheme is Scheme.AES_ECB else "a key that is not empty"
    return wrong(
        "notification key",
        f"it cannot verify a notification: {scheme} needs {wanted}",
        "Ask DOKU for the notification key, and whether it signs by aes-ecb or hmac-sha512 (NotificationSignature).",
    )


def _webhook_secrets(secrets: tuple[str, ...]) -> Finding:
    try:
        found = [parse_secret(secret) for secret in secrets]
    except ValueError as error:
        return wrong("webhook secrets", str(error), "Make another one: payouts webhooks secret --add")
    if not found:
        return wrong("webhook secrets", "webhookSecrets is not a list with a text", "payouts webhooks secret --add")
    return ok("webhook secrets", f"{len(found)} can sign webhooks")
