"""The merchant's credentials at DOKU."""

import json
from dataclasses import dataclass, field
from typing import Protocol

from payouts.domain.errors import Misconfigured

NO_VALUE = "the DOKU secret has no value yet"
_OPTIONAL = frozenset({"private_key", "private_key_kms_id", "notification_key"})
_WIRE = {
    "client_id": "clientId",
    "client_secret": "clientSecret",
    "private_key": "privateKey",
    "private_key_kms_id": "privateKeyKmsId",
    "agent_key": "agentKey",
    "notification_key": "notificationKey",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The merchant's credentials at DOKU. Its repr shows no value."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    private_key: str = field(repr=False)
    """PEM; empty if the key is in KMS."""
    agent_key: str = field(repr=False)
    notification_key: str = field(repr=False, default="")
    private_key_kms_id: str = field(repr=False, default="")
    """Id, ARN or alias of the key in KMS; empty if the secret holds the key."""
    webhook_secrets: tuple[str, ...] = field(repr=False, default=())
    """Secrets that sign webhooks, the newest first. Only the webhook sender checks them: wrong ones stop no payout."""

    @classmethod
    def parse(cls, text: str) -> "Credentials":
        """From the secret's JSON. Raises Misconfigured that names the field, never its value."""
        if not text:
            raise Misconfigured(NO_VALUE)
        try:
            stated = json.loads(text)
        except ValueError:
            stated = None
        if not isinstance(stated, dict):
            raise Misconfigured("the DOKU secret is not a JSON object")
        values = {name: stated.get(wire, "") for name, wire in _WIRE.items()}
        for name, value in values.items():
            if not isinstance(value, str) or (not value and name not in _OPTIONAL):
                raise Misconfigured(f"the DOKU secret has no {_WIRE[name]}")
        if not values["private_key"] and not values["private_key_kms_id"]:
            raise Misconfigured("the DOKU secret has no privateKey and no privateKeyKmsId: set one of them")
        if values["private_key"] and values["private_key_kms_id"]:
            raise Misconfigured("the DOKU secret has both privateKey and privateKeyKmsId: remove one of them")
        return cls(**values, webhook_secrets=_texts(stated.get("webhookSecrets")))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


class CredentialSource(Protocol):
    """Source of the credentials."""

    def current(self) -> Credentials:
        """The credentials in force. Raises Misconfigured or Unavailable."""

    def reread(self) -> Credentials:
        """The credentials in force, read again: they may have been rotated."""
