"""One access token for all functions (DESIGN 2.10): a new one may end the life of the one before."""

import threading
import time
from collections.abc import Callable

from payouts.doku.token import TokenRequester
from payouts.domain.credentials import AccessToken, CredentialSource
from payouts.domain.errors import Misconfigured, PayoutError, Unavailable
from payouts.store.tokens import TokenStore

_MARGIN = 30.0
"""Seconds before its end from which a token is not used: longer than the longest call."""
_LOCK_SECONDS = 5.0
"""Longer than minting takes, for a refresher that dies."""
_FAILED_SECONDS = 2.0
"""For so long nobody here tries again what just failed: the poller's threads would queue up for it."""
_WAIT_SECONDS = 0.1
_WAITS = 30


def _nobody(error: PayoutError) -> None:
    """Who need not know."""


class SharedToken:
    """In memory, else in the table, else requested by whoever holds the lock. `failed` is told when none can be had."""

    def __init__(
        self,
        store: TokenStore,
        requester: TokenRequester,
        credentials: CredentialSource,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        failed: Callable[[PayoutError], None] = _nobody,
    ) -> None:
        self._store = store
        self._requester = requester
        self._credentials = credentials
        self._clock = clock
        self._sleep = sleep
        self._failed = failed
        self._memory: AccessToken | None = None
        self._failure: tuple[float, PayoutError] | None = None
        self._one_at_a_time = threading.Lock()  # the poller asks from many threads

    def current(self) -> str:
        """A token with at least half a minute to live. Raises PayoutError."""
        return self._obtain(refused="").value

    def renew(self, refused: str) -> None:
        """Make `current` another token than `refused`. Another function may have replaced it already (I16)."""
        self._obtain(refused)

    def _obtain(self, refused: str) -> AccessToken:
        with self._one_at_a_time:
            if self._failure is not None and self._clock() < self._failure[0] + _FAILED_SECONDS:
                raise self._failure[1]
            if self._memory is None or not self._usable(self._memory, refused):
                try:
                    self._memory = self._shared(refused)
                except PayoutError as error:
                    self._failed(error)
                    raise
            return self._memory

    def _shared(self, refused: str) -> AccessToken:
        for _ in range(_WAITS):
            client_id = self._credentials.current().client_id
            stored = self._store.read(client_id)
            if stored is not None and self._usable(stored, refused):
                return stored
            holder = self._store.lock(client_id, stored, self._clock(), _LOCK_SECONDS)
            if holder is not None:
                requested = self._request_for(client_id, holder)
                if self._store.save(client_id, requested, holder):
                    return requested
            else:
                self._sleep(_WAIT_SECONDS)
        raise Unavailable("another function is getting an access token from DOKU; send the same request again")

    def _request_for(self, client_id: str, holder: str) -> AccessToken:
        try:
            return self._mint()
        except PayoutError as error:
            self._failure = (self._clock(), error)
            self._store.unlock(client_id, holder)  # the next one need not wait for what failed
            raise

    def _mint(self) -> AccessToken:
        try:
            return self._requester.request_token(self._credentials.current(), self._clock())
        except Misconfigured:
            before, rotated = self._credentials.current(), self._credentials.reread()
            if rotated == before:
                raise
            return self._requester.request_token(rotated, self._clock())

    def _usable(self, token: AccessToken, refused: str) -> bool:
        return token.value != refused and self._clock() < token.expires_at - _MARGIN
