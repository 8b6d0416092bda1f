"""DOKU's credentials, read from one JSON secret in Secrets Manager."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from payouts.aws_call import call_aws, error_code
from payouts.domain.credentials import NO_VALUE, Credentials
from payouts.domain.errors import Misconfigured, PayoutError, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_MAX_AGE = 300.0
"""Seconds for which the secret is cached. A refused token or signature makes us read it again at once."""
_RETRY = 10.0
"""Seconds between two attempts to refresh a secret that cannot be read."""
_TRANSIENT = frozenset({"ThrottlingException", "InternalServiceError"})


class CredentialStore:
    """Reads the secret on demand and caches it for five minutes."""

    def __init__(self, client: "SecretsManagerClient", secret_id: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._current: tuple[float, Credentials] | None = None
        self._previous: tuple[Credentials, ...] | None = None
        self._tried_at = float("-inf")
        self._one_at_a_time = threading.Lock()  # the poller has many threads

    def current(self) -> Credentials:
        """The current credentials. Raises Misconfigured or Unavailable."""
        with self._one_at_a_time:
            if self._current is None:
                return self.reread()
            if self._clock() - self._current[0] >= _MAX_AGE and self.age() >= _RETRY:
                with suppress(Unavailable):  # the cached credentials stay in use
                    return self.reread()
            return self._current[1]

    def accepted(self) -> Iterator[Credentials]:
        """The current credentials, then the previous ones, which are read only if iteration gets there."""
        yield self.current()
        if self._previous is None:
            self._previous = self._read_previous()
        yield from self._previous

    def age(self) -> float:
        """Seconds since the last attempt to read the secret; infinite before the first."""
        return self._clock() - self._tried_at

    def reread(self) -> Credentials:
        """Read the current credentials again: they may have been rotated."""
        self._tried_at = self._clock()
        fresh = self._read("AWSCURRENT")
        self._current, self._previous = (self._clock(), fresh), None
        return fresh

    def _read_previous(self) -> tuple[Credentials, ...]:
        try:
            return (self._read("AWSPREVIOUS"),)
        except PayoutError:  # there is none, it has no value, or it cannot be read now
            return ()

    def _read(self, stage: str) -> Credentials:
        get = partial(self._client.get_secret_value, SecretId=self._secret_id, VersionStage=stage)
        try:
            answer = call_aws("Secrets Manager", get, "ARN", _TRANSIENT)
        except ClientError as error:
            if has_no_value(error):
                raise Misconfigured(NO_VALUE) from error
            raise Misconfigured(f"the DOKU secret cannot be read ({error_code(error)})") from error
        return Credentials.parse(answer.get("SecretString", ""))


def has_no_value(error: ClientError) -> bool:
    """True if the secret exists without a value, as a new stack creates it.

    AWS answers ResourceNotFoundException also for a missing secret; only the message differs.
    """
    return error_code(error) == "ResourceNotFoundException" and "secret value" in str(error)
