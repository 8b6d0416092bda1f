"""What the threads of one tick share: its result, and the circuit that opens when DOKU does not answer at all."""

from collections.abc import Callable
from threading import Lock

from payouts.domain.transfer import Transfer
from payouts.services.poll_result import CheckOutcome, PollResult

_RESERVE_SECONDS = 20.0
"""Time for the checks under way, and for the records of those that DOKU did not answer: with less left, no further
check begins."""


class TickState:
    """Counts checks. As many silences in a row as `patience` open the circuit. `now` in milliseconds.

    The rate of requests is shared by `pollers`.
    """

    def __init__(
        self, result: PollResult, now: int, remaining: Callable[[], float], patience: int, pollers: int
    ) -> None:
        self.result = result
        self.now = now
        self.remaining = remaining
        self.pollers = pollers
        self._patience = patience
        self._silences = 0
        self._lock = Lock()

    def is_over(self) -> bool:
        """True if no further check may begin: DOKU does not answer, or time runs short. Something is left then."""
        if self.result.circuit_open or self.seconds_left() < 0:
            self.result.finished = False
            return True
        return False

    def seconds_left(self) -> float:
        """Time within which another check may begin."""
        return self.remaining() - _RESERVE_SECONDS

    def count(self, outcome: CheckOutcome) -> None:
        """Count one check. Any answer of DOKU ends a row of silences."""
        with self._lock:
            self.result.checks[outcome] += 1
            if outcome in (CheckOutcome.LEARNED, CheckOutcome.UNCLEAR):
                self._silences = 0

    def count_silence(self) -> None:
        """Count a check that DOKU did not answer, and open the circuit after too many in a row."""
        self.count(CheckOutcome.SILENT)
        with self._lock:
            self._silences += 1
            if self._silences >= self._patience:
                self.result.circuit_open = True

    def note(self, transfer: Transfer) -> None:
        """Count a transfer as it is stored now."""
        with self._lock:
            self.result.count(transfer, self.now)
