"""What the threads of one payment of a chunk share: why rows are not paid, and whether DOKU takes rows."""

from collections.abc import Mapping
from threading import Lock

from payouts.store.chunk_items import NotPaid

REFUSALS = 5
"""Refusals in a row, or unclear answers, after which the batch is paused: the cause is hardly the rows."""
SILENCES = 3
"""Rows in a row that could not be sent after which the chunk waits for the next tick."""


class PayRun:
    """Counts what becomes of rows, by their numbers. Rows are "in a row" in the order in which DOKU answers."""

    def __init__(self, reasons: Mapping[int, NotPaid]) -> None:
        self._lock = Lock()
        self._reasons = dict(reasons)
        self._refused: list[int] = []
        self._unclear = 0
        """Rows without a clear answer to their transfer since the last that DOKU accepted."""
        self._silent = 0
        self._accepted = 0

    @property
    def reasons(self) -> dict[int, NotPaid]:
        """Why rows have no transfer, in the order of the rows."""
        with self._lock:
            return dict(sorted(self._reasons.items()))

    def goes_well(self) -> bool:
        """True if DOKU has accepted a row of this run, and answered clearly since then."""
        with self._lock:
            return self._accepted > 0 and not (self._refused or self._unclear or self._silent)

    def not_paid(self, row: int, reason: NotPaid) -> None:
        """Note why a row will have no transfer."""
        with self._lock:
            self._reasons[row] = reason

    def accepted(self) -> None:
        """DOKU accepted a transfer, unless too many were refused or unclear already: then the run ends."""
        with self._lock:
            self._accepted += 1
            self._silent = 0
            if len(self._refused) < REFUSALS and self._unclear < REFUSALS:
                self._refused.clear()
                self._unclear = 0

    def refused(self, row: int) -> bool:
        """DOKU refused a row. True if too many in a row were: then their reasons are dropped, to be sent later."""
        with self._lock:
            self._silent = 0
            self._refused.append(row)
            if len(self._refused) < REFUSALS:
                return False
            for number in self._refused:
                self._reasons.pop(number, None)
            return True

    def unclear(self) -> bool:
        """DOKU did not say whether it took a transfer. True if too many were unclear."""
        with self._lock:
            self._silent = 0
            self._unclear += 1
            return self._unclear >= REFUSALS

    def silent(self) -> bool:
        """A row could not be sent. True if too many in a row could not."""
        with self._lock:
            self._silent += 1
            return self._silent >= SILENCES
