"""One tick of a poller: the due checks, then the sweep over paid transfers, by one invocation at a time."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from payouts.domain.errors import PayoutError
from payouts.services.poll import Poller
from payouts.services.poll_result import PollResult
from payouts.services.sweep import Sweep
from payouts.store.due_index import READ_SHARDS
from payouts.store.items import DAY_SHARDS
from payouts.store.leases import Leases


class Ticker:
    """Runs ticks. Of two invocations of the same poller, the second ends at once: the first has a lease until it ends.

    Without the lease they would ask the same questions twice, which does no harm.
    """

    def __init__(
        self,
        leases: Leases,
        poller: Poller,
        sweep: Sweep,
        clock: Callable[[], float] = time.time,
        due_shards: Sequence[int] = range(READ_SHARDS),
        day_shards: Sequence[int] = range(DAY_SHARDS),
    ) -> None:
        self._leases = leases
        self._poller = poller
        self._sweep = sweep
        self._clock = clock
        self._due_shards = due_shards
        self._day_shards = day_shards

    def tick(self, poller: int, of: int, remaining: Callable[[], float]) -> PollResult:
        """Check the share of one of several pollers. Raises ValueError if `poller` is not below `of`.

        The lease is given back at the end only. After a crash it ends when Lambda would have stopped the invocation.
        """
        due_shards, day_shards = share(self._due_shards, poller, of), share(self._day_shards, poller, of)
        name, now = f"poller#{poller}", int(self._clock() * 1000)
        until = now + int(remaining() * 1000)
        if not self._is_free(name, now, until):
            return PollResult(is_busy=True, finished=False)
        result = self._poller.tick(due_shards, remaining, of)
        self._sweep.run(day_shards, result, remaining, of)
        with suppress(PayoutError):  # it ends by itself
            self._leases.release(name, until)
        return result

    def _is_free(self, name: str, now: int, until: int) -> bool:
        """Take the lease. True as well if the table does not answer: that is for the checks to find out."""
        try:
            return self._leases.take(name, now, until)
        except PayoutError:
            return True


def share(shards: Sequence[int], poller: int, of: int) -> Sequence[int]:
    """The shards of one of several pollers: every `of`-th. Raises ValueError if `poller` is not below `of`."""
    if not 0 <= poller < of:
        raise ValueError(f"poller {poller} is not one of {of}")
    return shards[poller::of]
