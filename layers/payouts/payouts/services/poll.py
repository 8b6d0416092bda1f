"""One tick: ask about what is due, oldest first and fair over shards, as far as the time goes (DESIGN 2.9)."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from threading import BoundedSemaphore, Lock

from payouts.domain.errors import PayoutError
from payouts.domain.schedule import needs_review
from payouts.domain.status import OTHER_ACCOUNT
from payouts.domain.transfer import NOT_ACKNOWLEDGED, Finding, Observation, Status, Transfer
from payouts.services.check_status import DokuSilent, StatusChecker
from payouts.store.due_index import DueIndex, NewerItem, Slot

_CLAIM_MILLIS = 5 * 60_000
"""How far a claim moves the next check: longer than a check takes. Whoever crashes has only put the check off."""
_PAGE = 50
"""Slots read from a shard at once."""
_RESERVE_SECONDS = 15.0
"""Time for the checks that are under way: with less left, no further one is begun."""


class CheckOutcome(StrEnum):
    """What became of one slot."""

    LEARNED = "learned"
    TAKEN = "taken"
    """By another poller, or the index was behind."""
    SILENT = "silent"
    """DOKU did not answer as it should."""
    UNCLEAR = "unclear"
    """DOKU answered, and the answer contradicts itself or is about something else."""
    OTHER_ACCOUNT = "otherAccount"
    """Not asked: the transfer was sent with another host, client id or path prefix than is configured."""
    NEWER = "newer"
    """Not asked: a newer version of this software wrote it. Its slot stays due."""
    SKIPPED = "skipped"
    """The table did not answer. It is due again soon."""


@dataclass
class PollResult:
    """What one tick did."""

    slots: Counter[CheckOutcome] = field(default_factory=Counter)
    statuses: Counter[Status] = field(default_factory=Counter)
    """Of the transfers that DOKU was asked about, after it was asked."""
    not_received: int = 0
    """Of those, that failed because DOKU never got them."""
    review: list[str] = field(default_factory=list)
    """References of those that a person should look at, open for too long."""
    oldest_in_doubt_seconds: float = 0.0
    """How long ago the oldest of those was created that DOKU has never acknowledged."""
    oldest_due_seconds: float = 0.0
    """How late the oldest slot was when the tick began."""
    finished: bool = True
    """Whether nothing due was left; else the next tick goes on."""
    circuit_open: bool = False
    """Whether DOKU was given up for this tick."""


def threads_for(concurrency: int) -> int:
    """Threads that keep `concurrency` questions to DOKU under way: some are at the table meanwhile."""
    return concurrency + concurrency // 4


class Poller:
    """Asks about due transfers. Any number may run at once, over the same shards or others."""

    def __init__(
        self,
        index: DueIndex,
        status_checker: StatusChecker,
        concurrency: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._index = index
        self._status_checker = status_checker
        self._concurrency = concurrency
        self._threads = threads_for(concurrency)
        self._asking = BoundedSemaphore(concurrency)
        self._clock = clock

    def tick(self, shards: Iterable[int], remaining: Callable[[], float]) -> PollResult:
        """Check what is due in `shards` until nothing is, or time runs short, or DOKU is silent throughout."""
        round_ = _PollQueue(self._index, list(shards), int(self._clock() * 1000), remaining, self._concurrency)
        with ThreadPoolExecutor(self._threads) as threads:
            workers = [threads.submit(self._work, round_) for _ in range(self._threads)]
            for worker in workers:
                worker.result()
            list(threads.map(lambda one: round_.note(self._record(*one)), round_.silent))
        return round_.tick

    def _work(self, round_: "_PollQueue") -> None:
        while (slot := round_.next()) is not None:
            try:
                self._check(slot, round_)
            except NewerItem:
                round_.count(CheckOutcome.NEWER)
            except Exception:  # the table's, or an unexpected one: this slot is due again, the others go on
                round_.count(CheckOutcome.SKIPPED)

    def _check(self, slot: Slot, round_: "_PollQueue") -> None:
        transfer = self._index.claim(slot, int(self._clock() * 1000) + _CLAIM_MILLIS)
        if transfer is None:
            round_.count(CheckOutcome.TAKEN)
            return
        try:
            with self._asking:
                seen = self._status_checker.ask(transfer)
        except DokuSilent as silent:
            round_.was_silent(transfer, silent.seen)
            return
        round_.count(_outcome(seen))
        round_.note(self._record(transfer, seen))

    def _record(self, transfer: Transfer, seen: Observation) -> Transfer | None:
        """Where it can't be stored, the claim ends by itself and the transfer is asked about again."""
        try:
            return self._status_checker.record(transfer, seen)
        except Exception:  # whatever it is, it must not end the tick
            return None


def _outcome(seen: Observation) -> CheckOutcome:
    if seen.code == OTHER_ACCOUNT:
        return CheckOutcome.OTHER_ACCOUNT
    return CheckOutcome.UNCLEAR if seen.finding is Finding.UNCLEAR else CheckOutcome.LEARNED


class _PollQueue:
    """What the threads of one tick share."""

    def __init__(
        self, index: DueIndex, shards: list[int], now: int, remaining: Callable[[], float], patience: int
    ) -> None:
        self.tick = PollResult()
        self.silent: list[tuple[Transfer, Observation]] = []
        self._index = index
        self._shards = shards
        self._now = now
        self._remaining = remaining
        self._patience = patience
        self._lock = Lock()
        self._slots: deque[Slot] = deque()
        self._seen: set[Slot] = set()
        self._silences = 0

    def next(self) -> Slot | None:
        """The oldest slot that nobody here has had; None when the tick is over."""
        with self._lock:
            if not self._slots and not self.tick.circuit_open:
                self._refill()
            if not self._slots:
                return None
            if self.tick.circuit_open or self._remaining() < _RESERVE_SECONDS:
                self.tick.finished = False
                return None
            return self._slots.popleft()

    def count(self, outcome: CheckOutcome) -> None:
        """One slot is done. Any answer of DOKU's ends a row of silences."""
        with self._lock:
            self.tick.slots[outcome] += 1
            if outcome in (CheckOutcome.LEARNED, CheckOutcome.UNCLEAR):
                self._silences = 0

    def was_silent(self, transfer: Transfer, seen: Observation) -> None:
        """DOKU did not answer. As often in a row as there are threads, it is given up until the next tick."""
        self.count(CheckOutcome.SILENT)
        with self._lock:
            self.silent.append((transfer, seen))
            self._silences += 1
            if self._silences >= self._patience:
                self.tick.circuit_open = True

    def note(self, transfer: Transfer | None) -> None:
        """Remember how a transfer stands now."""
        if transfer is None:
            return
        with self._lock:
            self.tick.statuses[transfer.status] += 1
            if transfer.status in NOT_ACKNOWLEDGED:
                age = (self._now - transfer.created_at) / 1000
                self.tick.oldest_in_doubt_seconds = max(self.tick.oldest_in_doubt_seconds, age)
            self.tick.not_received += transfer.status is Status.FAILED and transfer.reading.is_inferred
            if needs_review(transfer, self._now):
                self.tick.review.append(transfer.partner_reference_no)

    def _refill(self) -> None:
        """A page of every shard that still has something, oldest first over all of them."""
        found: list[Slot] = []
        for shard in list(self._shards):
            try:
                fresh = self._fresh(shard)
            except PayoutError:  # the others go on without it
                self.tick.finished, fresh = False, []
            if not fresh:
                self._shards.remove(shard)
            found += fresh
        if found and not self._seen:
            self.tick.oldest_due_seconds = (self._now - min(found).at) / 1000
        self._seen.update(found)
        self._slots.extend(sorted(found))

    def _fresh(self, shard: int) -> list[Slot]:
        """The next page of a shard, past the slots that nobody needs to look at again while the index lags."""
        slots, start = self._index.due(shard, self._now, _PAGE)
        while not (fresh := [slot for slot in slots if slot not in self._seen]) and start is not None:
            slots, start = self._index.due(shard, self._now, _PAGE, start)
        return fresh
