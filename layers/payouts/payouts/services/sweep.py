"""The sweep: looks at the paid transfers of a day after 1, 3 and 7 days, for refunds whose notification was missed.

A transfer counts as done only once its answer is recorded or holds nothing new: a crash repeats looks and skips none.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, takewhile

from payouts.domain.days import day_after, day_of
from payouts.domain.errors import PayoutError
from payouts.domain.looks import LOOKS, due_at, is_confirmed
from payouts.domain.transfer import Finding, Status, Transfer
from payouts.services.check_status import DokuSilent
from payouts.services.checks import Checks, NoTurn, outcome_of
from payouts.services.poll_result import CheckOutcome, PollResult
from payouts.services.tick_state import TickState
from payouts.store.creation_index import Entry
from payouts.store.sweep_progress import Progress, SweepProgress
from payouts.store.transfers import TransferStore

_PAGE = 200
"""Transfers of a shard that are looked at before the progress is stored."""
_FIRST_DAYS = LOOKS[-1] + 1
"""The first sweep of a table goes back so many days, to the latest day that is due for every look."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """One look at one shard of every day."""

    look: int
    shard: int


class Sweep:
    """Looks at paid transfers that are not in the `due` index. Any number of invocations may do so at once."""

    def __init__(
        self, store: TransferStore, progress: SweepProgress, checks: Checks, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._progress = progress
        self._checks = checks
        self._clock = clock
        self._known: dict[_Walk, Progress] = {}
        """The progress as this process knows it, which saves reads. Another process may have advanced it since."""

    def run(self, shards: Iterable[int], result: PollResult, remaining: Callable[[], float], pollers: int = 1) -> None:
        """Go on with each look at `shards` of the days, one page after the other, for as long as the tick may last."""
        state = TickState(result, int(self._clock() * 1000), remaining, self._checks.concurrency, pollers)
        before = result.checks.total()
        walks = [walk for shard in shards for look in LOOKS if self._is_due(walk := _Walk(look, shard), state)]
        with ThreadPoolExecutor(self._checks.threads) as threads:
            while walks and not state.is_over():
                walks = [walk for walk in walks if state.is_over() or self._page(walk, state, threads)]
        result.looks = result.checks.total() - before
        result.oldest_look_seconds = max((self._seconds_late(walk, state.now) for walk in self._known), default=0)

    def _is_due(self, walk: _Walk, state: TickState) -> bool:
        """True if a day is left for this walk. Its progress is known then."""
        if walk not in self._known:
            try:
                first = day_after(day_of(state.now), -_FIRST_DAYS)
                self._known[walk] = self._progress.read(walk.look, walk.shard, first)
            except PayoutError:  # the other walks go on
                state.result.finished = False
                return False
        return due_at(self._known[walk].day, walk.look) <= state.now

    def _page(self, walk: _Walk, state: TickState, threads: Executor) -> bool:
        """Look at the next page and store the progress. False if the walk ends, for now or for this tick."""
        standing = self._known[walk]
        try:
            reached = self._reached(walk, standing, state, threads)
            if reached == standing:
                return False
            if not self._progress.advance(walk.look, walk.shard, standing, reached):
                del self._known[walk]  # another invocation goes on with this walk
                return False
        except PayoutError:  # the table's error: the page is repeated in the next tick
            state.result.finished = False
            return False
        self._known[walk] = reached
        return due_at(reached.day, walk.look) <= state.now

    def _reached(self, walk: _Walk, standing: Progress, state: TickState, threads: Executor) -> Progress:
        """The progress after the next page: up to the first transfer that must be looked at again."""
        begun, entries = self._next_page(walk, standing, state.now)
        since = due_at(begun.day, walk.look)
        done = list(threads.map(lambda entry: self._look(entry, since, state), entries))
        if all(done) and len(entries) < _PAGE:
            return Progress(day_after(begun.day)) if entries else begun
        finished = [entry for entry, _ in takewhile(lambda one: one[1], zip(entries, done, strict=True))]
        return Progress(begun.day, finished[-1].position) if finished else begun

    def _next_page(self, walk: _Walk, progress: Progress, now: int) -> tuple[Progress, list[Entry]]:
        """The next page on the first day that has one. Without entries, all days that are due are finished."""
        while due_at(progress.day, walk.look) <= now:
            entries = self._store.of_day(progress.day, progress.after, page=_PAGE, shards=[walk.shard])
            if page := list(islice(entries, _PAGE)):
                return progress, page
            progress = Progress(day_after(progress.day))
        return progress, []

    def _look(self, entry: Entry, since: int, state: TickState) -> bool:
        """Look at a transfer unless it was checked after `since`. False if it must be looked at again."""
        if entry.status != Status.SUCCESS:
            return True
        if state.is_over():
            return False
        try:
            transfer = self._store.get(entry.reference, consistent=False)  # a day old; news is written on its version
            return transfer is None or not _needs_look(transfer, since, state) or self._ask(transfer, state)
        except NoTurn:
            return False
        except Exception:  # no error of one transfer may end the tick; its walk stops here
            state.count(CheckOutcome.SKIPPED)
            return False

    def _ask(self, transfer: Transfer, state: TickState) -> bool:
        try:
            seen = self._checks.ask(transfer, state)
            state.count(outcome_of(seen))
        except DokuSilent as silent:
            state.count_silence()
            seen = silent.seen
        if is_confirmed(transfer, seen):
            state.note(transfer)
            return True
        return self._checks.record(transfer, seen, state)

    def _seconds_late(self, walk: _Walk, now: int) -> float:
        return max(0, now - due_at(self._known[walk].day, walk.look)) / 1000


def _needs_look(transfer: Transfer, since: int, state: TickState) -> bool:
    """False if the transfer is in the `due` index, was called paid by DOKU after `since`, or is of a newer version."""
    if transfer.newer_status:
        state.count(CheckOutcome.NEWER)
        return False
    last = transfer.reading.last_check
    is_checked = last is not None and last.finding is Finding.SUCCESS and last.at >= since
    return transfer.status is Status.SUCCESS and transfer.next_check_at is None and not is_checked
