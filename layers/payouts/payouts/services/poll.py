"""The status poller: ask DOKU about due transfers, oldest first and fair over shards, for as long as there is time."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from payouts.domain.transfer import Observation, Transfer
from payouts.services.check_status import DokuSilent
from payouts.services.checks import Checks, NoTurn, outcome_of
from payouts.services.due_queue import DueQueue
from payouts.services.poll_result import CheckOutcome, PollResult
from payouts.services.tick_state import TickState
from payouts.store.due_index import DueIndex, NewerItem, Slot


class Poller:
    """Checks due transfers. Any number of pollers may run at once, over the same shards or others.

    Two of them may ask about one transfer: each write is conditional on its version, so both answers are recorded.
    """

    def __init__(self, index: DueIndex, checks: Checks, clock: Callable[[], float] = time.time) -> None:
        self._index = index
        self._checks = checks
        self._clock = clock

    def tick(self, shards: Iterable[int], remaining: Callable[[], float], pollers: int = 1) -> PollResult:
        """Check what is due in `shards` until nothing is left, time runs short, or DOKU does not answer at all.

        This poller is one of `pollers`, which share the rate of requests.
        """
        now, result = int(self._clock() * 1000), PollResult()
        state = TickState(result, now, remaining, self._checks.concurrency, pollers)
        slots = _Slots(DueQueue(self._index, shards, now), state)
        with ThreadPoolExecutor(self._checks.threads) as threads:
            workers = [threads.submit(self._work, slots, state) for _ in range(self._checks.threads)]
            for worker in workers:
                worker.result()
            list(threads.map(lambda one: self._checks.record(one[0], one[1], state), slots.unanswered))
        return result

    def _work(self, slots: "_Slots", state: TickState) -> None:
        while (slot := slots.next()) is not None:
            try:
                self._check(slot, slots, state)
            except NoTurn:
                return
            except NewerItem:
                state.count(CheckOutcome.NEWER)
            except Exception:  # the table's or an unexpected error: this slot is due again, the others go on
                state.count(CheckOutcome.SKIPPED)

    def _check(self, slot: Slot, slots: "_Slots", state: TickState) -> None:
        transfer = self._index.read(slot)
        if transfer is None:
            state.count(CheckOutcome.TAKEN)
            return
        try:
            seen = self._checks.ask(transfer, state)
        except DokuSilent as silent:
            state.count_silence()
            slots.unanswered.append((transfer, silent.seen))
            return
        state.count(outcome_of(seen))
        self._checks.record(transfer, seen, state)


class _Slots:
    """The due slots of one tick. Each is given to one thread."""

    def __init__(self, due: DueQueue, state: TickState) -> None:
        self.unanswered: list[tuple[Transfer, Observation]] = []
        """Transfers that DOKU did not answer about. They are recorded after all checks."""
        self._due = due
        self._state = state
        self._lock = Lock()

    def next(self) -> Slot | None:
        """The oldest slot that no thread of this tick has had; None when the tick is over."""
        with self._lock:
            if not self._state.result.circuit_open:
                self._fill()
            return None if not self._due or self._state.is_over() else self._due.pop()

    def _fill(self) -> None:
        result = self._state.result
        self._due.fill()
        result.finished = result.finished and self._due.complete
        if self._due.oldest_at is not None:
            result.oldest_due_seconds = (self._state.now - self._due.oldest_at) / 1000
