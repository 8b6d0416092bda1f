"""Settings: the merchant, and the behaviour where DOKU's sources disagree."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from cryptography.hazmat.primitives import serialization

from local.doku_simulator.money import parse_amount

CHOICES = {
    "balance_shape": ("docs", "live"),
    "notification_signature": ("aes-ecb", "hmac-sha512"),
    "unpaid_answer": ("2024300", "2004300"),
}
FIXED = {
    *("client_id", "client_secret", "public_key", "agent_key", "notification_key"),
    *("host", "port", "deposit", "ticker"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One registered merchant and the switches. ValueError names a setting that cannot be."""

    client_id: str = "BRN-0001-1700000000000"
    client_secret: str = "SK-simulator"
    public_key: str = ""  # PEM; without it every token is refused
    agent_key: str = "A41418"
    notification_key: str = "0123456789abcdef"  # for aes-ecb 16, 24 or 32 bytes
    host: str = "127.0.0.1"
    port: int = 0  # 0: any free port
    deposit: str = "1000000000.00"
    fee: str = "4500.00"
    notification_url: str = ""  # base; "" sends none
    notification_signature: str = "aes-ecb"
    balance_shape: str = "docs"
    unpaid_answer: str = "2024300"  # what transfer-bank answers for a transfer that is UNPAID at first
    number_codes: bool = True  # responseCode as a bare number, as in DOKU's samples
    status_oddities: bool = True  # serviceCode as a number, a blank in transactionDate, as in DOKU's samples
    latest_token_only: bool = True  # a new token ends the older ones
    strict: bool = False  # transfer: demand what newer pages call required
    duplicate_check: bool = True  # transfer: refuse a partnerReferenceNo that was executed; else execute it again
    ticker: bool = True  # deliver about once a second without being asked
    skew_seconds: int = 300
    token_seconds: int = 900

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}")
        parse_amount(self.deposit)
        parse_amount(self.fee)
        if self.notification_signature == "aes-ecb" and len(self.notification_key.encode()) not in (16, 24, 32):
            raise ValueError("notification_key must have 16, 24 or 32 bytes for aes-ecb")

    @classmethod
    def from_secret(cls, secret: Mapping[str, str], **rest: Any) -> Self:
        """Read the merchant's secret. Keeps only the public half of `privateKey`."""
        return cls(
            client_id=secret["clientId"],
            client_secret=secret["clientSecret"],
            public_key=public_half(secret["privateKey"]),
            agent_key=secret["agentKey"],
            notification_key=secret["notificationKey"],
            **rest,
        )

    def switches(self) -> dict[str, Any]:
        """The settings that may change at run time, without the secrets."""
        shown = self.__dataclass_fields__.keys() - FIXED
        return {name: getattr(self, name) for name in sorted(shown)}

    def switched(self, changes: Mapping[str, Any]) -> Self:
        """These settings with some switches changed; names in camelCase or snake_case. ValueError names a bad one."""
        checked = {}
        for given, value in changes.items():
            name = re.sub(r"([A-Z])", r"_\1", given).lower()
            if name not in self.__dataclass_fields__ or name in FIXED:
                raise ValueError(f"no such setting: {given}")
            if type(value) is not type(getattr(self, name)):
                raise ValueError(f"{given} must be {type(getattr(self, name)).__name__}, not {json.dumps(value)}")
            checked[name] = value
        return replace(self, **checked)


def public_half(private_pem: str) -> str:
    """The public key (PEM) of a private one (PEM)."""
    key = serialization.load_pem_private_key(private_pem.encode(), None)
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()
