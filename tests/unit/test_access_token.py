"""Many processes whose token has expired: one requests a new one, and the others wait for it."""

import heapq
import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local import doku_secret
from payouts.doku.signer import MerchantKey
from payouts.doku.token import TokenRequester
from payouts.doku.transport import HttpResponse, Transport
from payouts.domain.access_token import AccessToken
from payouts.domain.credentials import Credentials
from payouts.domain.errors import Unavailable
from payouts.services.access_token import AccessTokens
from payouts.store.codec import Item
from payouts.store.table import Table
from payouts.store.tokens import TokenStore
from tests.support.harness import World

NOW = 1_790_000_000.0
PROCESSES = 24
CREDENTIALS = Credentials.parse(doku_secret.generate())


class VirtualTime:
    """Seconds that pass only while every thread sleeps."""

    def __init__(self, threads: int) -> None:
        self.now = NOW
        self._awake = threads
        self._waking: list[float] = []
        self._changed = threading.Condition()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._changed:
            until = self.now + seconds
            heapq.heappush(self._waking, until)
            self._fell_asleep()
            self._changed.wait_for(lambda: self.now >= until)

    def run(self, work: Callable[[], Any]) -> Any:
        """Do the work of one thread, which sleeps for ever afterwards."""
        try:
            return work()
        finally:
            with self._changed:
                self._fell_asleep()

    def _fell_asleep(self) -> None:
        self._awake -= 1
        if self._awake or not self._waking:
            return
        self.now = self._waking[0]
        while self._waking and self._waking[0] <= self.now:
            heapq.heappop(self._waking)
            self._awake += 1
        self._changed.notify_all()


class Doku(Transport):
    """Gives out tokens, a second after each request."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self.issued: list[str] = []

    def post(self, *arguments: Any, **options: Any) -> HttpResponse:
        self._time.sleep(1)
        self.issued.append(f"token-{len(self.issued)}")
        body = {"responseCode": "2007300", "accessToken": self.issued[-1], "expiresIn": 900}
        return HttpResponse(200, json.dumps(body).encode())


class Counted(Table):
    """Counts the reads of each thread."""

    reads: Counter[int]

    def get(self, pk: str, consistent: bool = True) -> Item | None:
        self.reads[threading.get_ident()] += 1
        return super().get(pk)


class MerchantsCredentials:
    """The merchant's, unchanged."""

    def current(self) -> Credentials:
        return CREDENTIALS

    def reread(self) -> Credentials:
        return CREDENTIALS


class Herd:
    """Processes that all need a token now, over one table."""

    def __init__(self, world: World) -> None:
        self.time = VirtualTime(PROCESSES)
        self.doku = Doku(self.time)
        self.table = Counted(world.dynamodb, world.environment["TABLE_NAME"])
        self.table.reads = Counter()
        self.store = TokenStore(self.table)

    def tokens(self) -> set[str]:
        """The token that each process gets; a process that gets none adds the message."""
        with ThreadPoolExecutor(PROCESSES) as threads:
            running = [threads.submit(self.time.run, self._one) for _ in range(PROCESSES)]
            return {str(one.result()) for one in running}

    def _one(self) -> str:
        requester = TokenRequester(self.doku, MerchantKey(lambda: pytest.fail("no KMS")), self.time)
        tokens = AccessTokens(self.store, requester, MerchantsCredentials(), self.time, self.time.sleep)
        try:
            return tokens.current()
        except Unavailable as error:
            return error.message


@pytest.fixture
def herd(world: World) -> Herd:
    return Herd(world)


def _lock(herd: Herd, seconds: float) -> str:
    lock = herd.store.lock(CREDENTIALS.client_id, None, NOW, seconds)
    assert lock is not None
    herd.table.reads.clear()
    return lock


@pytest.mark.covers(64, "I16")
def test_a_herd_requests_one_token_and_reads_little(herd: Herd) -> None:
    assert herd.tokens() == {"token-0"}
    assert herd.doku.issued == ["token-0"]
    assert max(herd.table.reads.values()) <= 6
    assert herd.time.now - NOW < 4


@pytest.mark.covers(64, "I16")
def test_a_lock_that_nobody_releases_ends(herd: Herd) -> None:
    """Its holder has crashed. One waiter takes over."""
    _lock(herd, 5)
    assert herd.tokens() == {"token-0"}
    assert herd.doku.issued == ["token-0"]
    assert max(herd.table.reads.values()) <= 12
    assert 5 < herd.time.now - NOW < 8.5


@pytest.mark.covers("I16")
def test_waiters_give_up_before_their_callers_do(herd: Herd) -> None:
    _lock(herd, 60)
    (message,) = herd.tokens()
    assert "send the same request again" in message
    assert herd.doku.issued == []
    assert 8 <= herd.time.now - NOW < 11
    assert max(herd.table.reads.values()) <= 10


def test_a_token_is_used_until_its_last_30_seconds(herd: Herd) -> None:
    """Not replaced early: DOKU may end the former one, which others still use."""
    lock = _lock(herd, 5)
    assert herd.store.save(CREDENTIALS.client_id, AccessToken("old", NOW + 31), lock)
    assert herd.tokens() == {"old"}
    assert herd.doku.issued == []
