"""Everything that makes up one simulated DOKU, apart from its socket and its threads."""

import threading
from dataclasses import replace
from typing import Any

from local.clock import Clock
from local.doku_simulator.board import FaultBoard
from local.doku_simulator.ledger import Ledger
from local.doku_simulator.money import parse_amount
from local.doku_simulator.notification_sender import NotificationSender
from local.doku_simulator.settings import Settings
from local.doku_simulator.tokens import TokenDesk


class World:
    """Settings, books, tokens, faults and the notification_sender, all by one clock."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._initial = self.settings = settings
        self._settings_lock = threading.Lock()
        self.clock = clock
        self.ledger = Ledger(parse_amount(settings.deposit))
        self.tokens = TokenDesk()
        self.board = FaultBoard()
        self.notification_sender = NotificationSender(self.ledger, self.board, clock)

    def advance(self, seconds: float) -> float:
        """Move the clock forward, deliver everything that came due, and return the new time."""
        self.clock.advance(seconds)
        self.deliver()
        return self.clock()

    def deliver(self) -> None:
        """Make the changes and deliver the notifications that are due."""
        self.notification_sender.deliver(self.settings)

    def switch(self, changes: dict[str, Any]) -> None:
        """Change settings while running. ValueError names a bad one; then none is changed."""
        with self._settings_lock:
            self.settings = self.settings.switched(changes)

    def rotate(self, secrets: dict[str, Any]) -> None:
        """Replace the merchant's secrets: client_secret, public_key, agent_key, notification_key."""
        with self._settings_lock:
            self.settings = replace(self.settings, **secrets)

    def reset(self) -> None:
        """Back to the beginning: settings, deposit, books and faults. The clock goes on and tokens stay good."""
        self.settings = self._initial
        self.ledger.clear(parse_amount(self._initial.deposit))
        self.board.clear()
