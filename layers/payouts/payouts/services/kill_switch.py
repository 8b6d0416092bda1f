"""Whether new transfers are taken: the operator's emergency stop, which leaves everything else running."""

import time
from collections.abc import Callable

from payouts.store.kill_switch import KillSwitchStore

MAX_AGE = 30.0
"""Seconds for which a function believes what it has read: so long a stop takes, at one small read in that time."""


class KillSwitch:
    """On unless the deployment says otherwise (`ACCEPT_TRANSFERS`) or an operator has turned it off."""

    def __init__(self, store: KillSwitchStore, accept: bool, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._accept = accept
        self._clock = clock
        self._read: tuple[float, bool] | None = None

    def is_on(self) -> bool:
        """Whether a new transfer may be sent. Raises Throttled or Unavailable where the table can't be read."""
        if not self._accept:
            return False
        now = self._clock()
        if self._read is None or not 0 <= now - self._read[0] < MAX_AGE:
            turned = self._store.read()
            self._read = now, turned is None or not turned.stopped
        return self._read[1]
