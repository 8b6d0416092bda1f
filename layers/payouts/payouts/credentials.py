"""DOKU's credentials from Secrets Manager, as one JSON secret (DESIGN 2.11)."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from payouts.aws import ask, refusal
from payouts.errors import Misconfigured, PayoutError, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_MAX_AGE = 300.0
"""Seconds for which a read secret is believed. A refused token or signature has it read again at once."""
_RETRY = 10.0
"""Seconds between two attempts to read a secret again that can't be had."""
_PASSING = frozenset({"ThrottlingException", "InternalServiceError"})
_NO_VALUE = "the DOKU secret has no value yet"
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
    """What DOKU gave the merchant. Shows nothing of itself."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    private_key: str = field(repr=False)
    """PEM; empty where the key is in KMS."""
    agent_key: str = field(repr=False)
    notification_key: str = field(repr=False, default="")
    private_key_kms_id: str = field(repr=False, default="")
    """Id, ARN or alias of the key in KMS; empty where the secret holds it."""

    @classmethod
    def parse(cls, text: str) -> "Credentials":
        """From the secret's JSON. Raises Misconfigured naming the member, never its value."""
        if not text:
            raise Misconfigured(_NO_VALUE)
        try:
            members = json.loads(text)
        except ValueError:
            members = None
        if not isinstance(members, dict):
            raise Misconfigured("the DOKU secret is not a JSON object")
        values = {name: members.get(wire, "") for name, wire in _WIRE.items()}
        for name, value in values.items():
            if not isinstance(value, str) or (not value and name not in _OPTIONAL):
                raise Misconfigured(f"the DOKU secret has no {_WIRE[name]}")
        if not values["private_key"] and not values["private_key_kms_id"]:
            raise Misconfigured("the DOKU secret has no privateKey and no privateKeyKmsId: it needs one of them")
        if values["private_key"] and values["private_key_kms_id"]:
            raise Misconfigured("the DOKU secret has both privateKey and privateKeyKmsId: take one of them out")
        return cls(**{member.name: values[member.name] for member in fields(cls)})


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token of DOKU and when it ends, in seconds since the epoch."""

    value: str = field(repr=False)
    expires_at: float


class CredentialStore:
    """Reads the secret when it is needed and keeps it for five minutes."""

    def __init__(self, client: "SecretsManagerClient", secret_id: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._current: tuple[float, Credentials] | None = None
        self._previous: tuple[Credentials, ...] | None = None
        self._tried_at = float("-inf")
        self._one_at_a_time = threading.Lock()  # the poller asks from many threads

    def current(self) -> Credentials:
        """The credentials in force. Raises Misconfigured or Unavailable."""
        with self._one_at_a_time:
            if self._current is None:
                return self.reread()
            if self._clock() - self._current[0] >= _MAX_AGE and self.age() >= _RETRY:
                with suppress(Unavailable):  # what is known is good until there is something better
                    return self.reread()
            return self._current[1]

    def accepted(self) -> Iterator[Credentials]:
        """The credentials in force and then, read only when they are asked for, the ones before."""
        yield self.current()
        if self._previous is None:
            self._previous = self._read_previous()
        yield from self._previous

    def age(self) -> float:
        """Seconds since somebody tried to read the secret; infinite before the first time."""
        return self._clock() - self._tried_at

    def reread(self) -> Credentials:
        """The credentials in force, read again: they may have been rotated (FAULTS 63)."""
        self._tried_at = self._clock()
        fresh = self._read("AWSCURRENT")
        self._current, self._previous = (self._clock(), fresh), None
        return fresh

    def forget(self) -> None:
        """Hold nothing in memory: the next call reads the secret."""
        self._current = self._previous = None
        self._tried_at = float("-inf")

    def _read_previous(self) -> tuple[Credentials, ...]:
        try:
            return (self._read("AWSPREVIOUS"),)
        except PayoutError:  # there is none, it is from before the secret was filled in, or it can't be had now
            return ()

    def _read(self, stage: str) -> Credentials:
        get = partial(self._client.get_secret_value, SecretId=self._secret_id, VersionStage=stage)
        try:
            answer = ask("Secrets Manager", get, "ARN", _PASSING)
        except ClientError as error:
            if has_no_value(error):
                raise Misconfigured(_NO_VALUE) from error
            raise Misconfigured(f"the DOKU secret cannot be read ({refusal(error)})") from error
        return Credentials.parse(answer.get("SecretString", ""))


def has_no_value(error: ClientError) -> bool:
    """Whether Secrets Manager found the secret, but no value in it: a new stack's secret is created without one.

    AWS answers ResourceNotFoundException for both, so only the message tells them apart.
    """
    return refusal(error) == "ResourceNotFoundException" and "secret value" in str(error)
