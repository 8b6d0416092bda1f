"""The time of a transfer's next status check, by this machine's clock."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from payouts.domain.schedule import ABSENCE_AFTER, with_next_check
from payouts.domain.transfer import Transfer


@dataclass(frozen=True, slots=True)
class CheckSchedule:
    """The clock, the jitter and the window of absence that all checks of a deployment share."""

    clock: Callable[[], float] = time.time
    """Seconds since the epoch."""
    jitter: Callable[[], float] = random.random
    absence_after: int = ABSENCE_AFTER
    """Milliseconds without a record at DOKU after which a transfer's absence is inferred."""

    def now(self) -> int:
        """The time in milliseconds since the epoch."""
        return int(self.clock() * 1000)

    def with_next_check(self, transfer: Transfer) -> Transfer:
        """`transfer` with the time of its next check."""
        return with_next_check(transfer, self.now(), self.jitter(), self.absence_after)
