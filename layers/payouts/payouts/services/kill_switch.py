"""The operator's emergency stop: no new transfers. Status checks, notifications and reports go on."""

import time
from collections.abc import Callable

from payouts.store.kill_switch import KillSwitchStore

MAX_AGE = 30.0
"""Seconds for which a function uses what it has read. A stop takes effect within this time."""


class KillSwitch:
    """On by default. Off if the deployment says so (`ACCEPT_TRANSFERS`) or an operator turned it off."""

    def __init__(self, store: KillSwitchStore, accept: bool, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._accept = accept
        self._clock = clock
        self._read: tuple[float, bool] | None = None

    def is_on(self) -> bool:
        """True if a new transfer may be sent. The switch is read at most every 30 seconds.

        Raises Throttled or Unavailable if the table can't be read.
        """
        if not self._accept:
            return False
        now = self._clock()
        if self._read is None or not 0 <= now - self._read[0] < MAX_AGE:
            turned = self._store.read()
            self._read = now, turned is None or not turned.stopped
        return self._read[1]
