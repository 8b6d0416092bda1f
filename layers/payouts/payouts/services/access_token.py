"""One access token for all functions: at DOKU a new token may end the one before.

So a token is replaced only when no function uses it any more, in its last 30 seconds, and not early by one function
while the others go on with it: their next requests would be refused with 401. A refused transfer is safe (it is sent
again only after a status check), but it costs three more requests, and with bad luck stays in doubt. For the functions
that need a token at that moment, waiting for about a second is the better bargain.
"""

import random
import threading
import time
from collections.abc import Callable

from payouts.doku.token import TokenRequester
from payouts.domain.access_token import AccessToken
from payouts.domain.credentials import CredentialSource
from payouts.domain.errors import Misconfigured, PayoutError, Unavailable
from payouts.store.tokens import SharedToken, TokenStore

_MARGIN = 30.0
"""A token is not used in its last 30 seconds: longer than the longest call."""
_LOCK_SECONDS = 5.0
"""Longer than a token request takes, in case the function that holds the lock crashes."""
_FAILED_SECONDS = 2.0
"""A failed request is not repeated for this long, or the poller's threads would queue up for it."""
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 2.0
"""Before the first look whether the holder of the lock has saved a token; doubled for each further look."""
_PATIENCE = 8.0
"""Longer than a lock that its holder does not release, and a token request after it."""


def _ignore(error: PayoutError) -> None:
    """Default callback; does nothing."""


class AccessTokens:
    """The token from memory, else from the table, else from DOKU: one function at a time requests it, under a lock.

    `failed` is called with the error if no token can be had.
    """

    def __init__(
        self,
        store: TokenStore,
        requester: TokenRequester,
        credentials: CredentialSource,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        failed: Callable[[PayoutError], None] = _ignore,
    ) -> None:
        self._store = store
        self._requester = requester
        self._credentials = credentials
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._failed = failed
        self._cached: AccessToken | None = None
        self._failure: tuple[float, PayoutError] | None = None
        self._one_at_a_time = threading.Lock()  # the poller asks from many threads

    def current(self) -> str:
        """A token that is valid for at least 30 seconds. Raises PayoutError."""
        return self._token(refused="").value

    def renew(self, refused: str) -> None:
        """Replace `refused`, unless another function has replaced it already (I16). Raises PayoutError."""
        self._token(refused)

    def _token(self, refused: str) -> AccessToken:
        with self._one_at_a_time:
            if self._failure is not None and self._clock() < self._failure[0] + _FAILED_SECONDS:
                raise self._failure[1]
            if self._cached is None or not self._usable(self._cached, refused):
                try:
                    self._cached = self._from_table_or_doku(refused)
                except PayoutError as error:
                    self._failed(error)
                    raise
            return self._cached

    def _from_table_or_doku(self, refused: str) -> AccessToken:
        """The stored token, or a new one if this function gets the lock; else wait for the holder of the lock."""
        gives_up_at, wait = self._clock() + _PATIENCE, _FIRST_WAIT
        while True:
            client_id = self._credentials.current().client_id
            stored = self._store.read(client_id)
            if stored.token is not None and self._usable(stored.token, refused):
                return stored.token
            requested = self._requested(client_id, stored)
            if requested is not None:
                return requested
            if self._clock() >= gives_up_at:
                raise Unavailable("another function is getting an access token from DOKU; send the same request again")
            self._wait(wait, stored.locked_until)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _requested(self, client_id: str, stored: SharedToken) -> AccessToken | None:
        """A new token that is stored; None if another function has the lock, or took it meanwhile."""
        if self._clock() < stored.locked_until:
            return None
        lock = self._store.lock(client_id, stored.token, self._clock(), _LOCK_SECONDS)
        if lock is None:
            return None
        requested = self._request_under(lock, client_id)
        return requested if self._store.save(client_id, requested, lock) else None

    def _wait(self, seconds: float, locked_until: float) -> None:
        """Wait, at random so that not all waiters look at once, but not past the end of the lock."""
        left = locked_until - self._clock()
        longest = left + _FIRST_WAIT * self._jitter() if left > 0 else seconds
        self._sleep(min(seconds * (0.75 + self._jitter() / 2), longest))

    def _request_under(self, lock: str, client_id: str) -> AccessToken:
        try:
            return self._request_token()
        except PayoutError as error:
            self._failure = (self._clock(), error)
            self._store.unlock(client_id, lock)  # the next function can try at once
            raise

    def _request_token(self) -> AccessToken:
        """A new token from DOKU. If DOKU refuses the credentials, they are read again: they may have been rotated."""
        credentials = self._credentials.current()
        try:
            return self._requester.request_token(credentials, self._clock())
        except Misconfigured:
            rotated = self._credentials.reread()
            if rotated == credentials:
                raise
            return self._requester.request_token(rotated, self._clock())

    def _usable(self, token: AccessToken, refused: str) -> bool:
        return token.value != refused and self._clock() < token.expires_at - _MARGIN
