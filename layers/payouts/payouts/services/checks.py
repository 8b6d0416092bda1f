"""Status checks by many threads: the questions to DOKU, and what is stored of the answers."""

from threading import BoundedSemaphore

from payouts.domain.status import OTHER_ACCOUNT
from payouts.domain.transfer import Finding, Observation, Transfer
from payouts.services.check_status import StatusChecker
from payouts.services.doku_rate import UNPACED, Pace
from payouts.services.poll_result import CheckOutcome
from payouts.services.tick_state import TickState
from payouts.store.due_index import DueIndex

_PUT_OFF_MILLIS = 5 * 60_000
"""How long a transfer whose check could not be recorded waits, so that it does not hold up the others."""


def threads_for(concurrency: int) -> int:
    """Threads that keep `concurrency` questions to DOKU under way while others access the table."""
    return concurrency + concurrency // 4


def outcome_of(seen: Observation) -> CheckOutcome:
    """The outcome of a check that was answered, or not made because of another DOKU account."""
    if seen.code == OTHER_ACCOUNT:
        return CheckOutcome.OTHER_ACCOUNT
    return CheckOutcome.UNCLEAR if seen.finding is Finding.UNCLEAR else CheckOutcome.LEARNED


class NoTurn(Exception):
    """The rate of requests allows no further question in this tick."""


class Checks:
    """Asks DOKU `concurrency` questions at a time, over all threads, at the given pace."""

    def __init__(self, index: DueIndex, status_checker: StatusChecker, concurrency: int, pace: Pace = UNPACED) -> None:
        self.concurrency = concurrency
        self.threads = threads_for(concurrency)
        self._index = index
        self._status_checker = status_checker
        self._pace = pace
        self._asking = BoundedSemaphore(concurrency)

    def ask(self, transfer: Transfer, state: TickState) -> Observation:
        """DOKU's answer about the transfer, not recorded. Raises DokuSilent, or NoTurn if it was not asked."""
        if not self._pace.wait(state.seconds_left(), state.pollers):
            state.result.finished = False
            raise NoTurn
        with self._asking:
            return self._status_checker.ask(transfer, state.remaining)

    def record(self, transfer: Transfer, seen: Observation, state: TickState) -> bool:
        """Store an answer or DOKU's silence. False if neither that nor a later check could be stored.

        A transfer whose answer cannot be stored is checked again later, so that it holds up no other.
        """
        try:
            state.note(self._status_checker.record(transfer, seen))
        except Exception:  # no error of one transfer may end the tick
            return self._put_off(transfer, state)
        return True

    def _put_off(self, transfer: Transfer, state: TickState) -> bool:
        state.count(CheckOutcome.SKIPPED)
        try:
            self._index.put_off(transfer, state.now + _PUT_OFF_MILLIS)
        except Exception:  # most likely the table does not answer: a due transfer is due in the next tick as well
            return False
        return True
