"""The status poller: ask DOKU about due transfers, oldest first and fair over shards, for as long as there is time."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, Lock

from payouts.domain.status import OTHER_ACCOUNT
from payouts.domain.transfer import Finding, Observation, Transfer
from payouts.services.check_status import DokuSilent, StatusChecker
from payouts.services.doku_rate import UNPACED, Pace
from payouts.services.due_queue import DueQueue
from payouts.services.poll_result import CheckOutcome, PollResult
from payouts.store.due_index import DueIndex, NewerItem, Slot

_CLAIM_MILLIS = 5 * 60_000
"""A claim moves the next check by this time, longer than a check takes. After a crash, the transfer is due then."""
_RESERVE_SECONDS = 20.0
"""Time for the checks under way, and for the records of those that DOKU did not answer: with less left, no further
check begins."""


def threads_for(concurrency: int) -> int:
    """Threads that keep `concurrency` questions to DOKU under way while others access the table."""
    return concurrency + concurrency // 4


class Poller:
    """Checks due transfers. Any number of pollers may run at once, over the same shards or others."""

    def __init__(
        self,
        index: DueIndex,
        status_checker: StatusChecker,
        concurrency: int,
        clock: Callable[[], float] = time.time,
        pace: Pace = UNPACED,
    ) -> None:
        self._index = index
        self._status_checker = status_checker
        self._concurrency = concurrency
        self._threads = threads_for(concurrency)
        self._asking = BoundedSemaphore(concurrency)
        self._clock = clock
        self._pace = pace

    def tick(self, shards: Iterable[int], remaining: Callable[[], float], pollers: int = 1) -> PollResult:
        """Check what is due in `shards` until nothing is left, time runs short, or DOKU does not answer at all.

        This poller is one of `pollers`, which share the rate of requests.
        """
        now = int(self._clock() * 1000)
        tick = _Tick(DueQueue(self._index, shards, now), now, remaining, self._concurrency, pollers)
        with ThreadPoolExecutor(self._threads) as threads:
            workers = [threads.submit(self._work, tick) for _ in range(self._threads)]
            for worker in workers:
                worker.result()
            list(threads.map(lambda one: tick.note(self._record(*one)), tick.unanswered))
        return tick.result

    def _work(self, tick: "_Tick") -> None:
        while (slot := tick.next_slot()) is not None:
            if not self._pace.wait(tick.seconds_to_wait(), tick.pollers):
                tick.leave()
                return
            try:
                self._check(slot, tick)
            except NewerItem:
                tick.count(CheckOutcome.NEWER)
            except Exception:  # the table's or an unexpected error: this slot is due again, the others go on
                tick.count(CheckOutcome.SKIPPED)

    def _check(self, slot: Slot, tick: "_Tick") -> None:
        transfer = self._index.claim(slot, int(self._clock() * 1000) + _CLAIM_MILLIS)
        if transfer is None:
            tick.count(CheckOutcome.TAKEN)
            return
        try:
            with self._asking:
                seen = self._status_checker.ask(transfer, tick.remaining)
        except DokuSilent as silent:
            tick.count_silence(transfer, silent.seen)
            return
        tick.count(_outcome(seen))
        tick.note(self._record(transfer, seen))

    def _record(self, transfer: Transfer, seen: Observation) -> Transfer | None:
        """The transfer as stored. None if it can't be stored: it is due again when the claim runs out."""
        try:
            return self._status_checker.record(transfer, seen)
        except Exception:  # no error of one transfer may end the tick
            return None


def _outcome(seen: Observation) -> CheckOutcome:
    if seen.code == OTHER_ACCOUNT:
        return CheckOutcome.OTHER_ACCOUNT
    return CheckOutcome.UNCLEAR if seen.finding is Finding.UNCLEAR else CheckOutcome.LEARNED


class _Tick:
    """The state that the threads of one tick share. As many silences in a row as `patience` open its circuit."""

    def __init__(self, due: DueQueue, now: int, remaining: Callable[[], float], patience: int, pollers: int) -> None:
        self.result = PollResult()
        self.remaining = remaining
        self.pollers = pollers
        self.unanswered: list[tuple[Transfer, Observation]] = []
        """Transfers that DOKU did not answer about. They are recorded after all checks."""
        self._due = due
        self._now = now
        self._patience = patience
        self._silences = 0
        self._lock = Lock()

    def next_slot(self) -> Slot | None:
        """The oldest slot that no thread of this tick has had; None when the tick is over."""
        with self._lock:
            if not self.result.circuit_open:
                self._fill()
            if not self._due:
                return None
            if self.result.circuit_open or self.remaining() < _RESERVE_SECONDS:
                self.result.finished = False
                return None
            return self._due.pop()

    def seconds_to_wait(self) -> float:
        """Time that a check may wait for its turn before it begins."""
        return self.remaining() - _RESERVE_SECONDS

    def leave(self) -> None:
        """Note that a slot is left for the next tick."""
        with self._lock:
            self.result.finished = False

    def count(self, outcome: CheckOutcome) -> None:
        """Count one slot. Any answer of DOKU ends a row of silences."""
        with self._lock:
            self.result.slots[outcome] += 1
            if outcome in (CheckOutcome.LEARNED, CheckOutcome.UNCLEAR):
                self._silences = 0

    def count_silence(self, transfer: Transfer, seen: Observation) -> None:
        """Count a slot that DOKU did not answer, and open the circuit after too many in a row."""
        self.count(CheckOutcome.SILENT)
        with self._lock:
            self.unanswered.append((transfer, seen))
            self._silences += 1
            if self._silences >= self._patience:
                self.result.circuit_open = True

    def note(self, transfer: Transfer | None) -> None:
        """Count a transfer as it is stored now; None if it was not stored."""
        if transfer is not None:
            with self._lock:
                self.result.count(transfer, self._now)

    def _fill(self) -> None:
        self._due.fill()
        self.result.finished = self.result.finished and self._due.complete
        if self._due.oldest_at is not None:
            self.result.oldest_due_seconds = (self._now - self._due.oldest_at) / 1000
