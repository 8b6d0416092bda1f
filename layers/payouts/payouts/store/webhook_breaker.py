"""The circuit breaker of the webhooks: one item, created at the first failure. A delivery that succeeds reads only."""

from dataclasses import dataclass

from payouts.store.table import ALWAYS, ConditionFailed, Table

_KEY = "WEBHOOK#breaker"
OPEN_AFTER = 10
"""Failures in a row after which the breaker is open."""
CATCH_UP_MILLIS = 300_000
"""How long the dead-letter queue must stay empty before catching up ends. Longer than an invocation lasts: one that
read an open breaker may still set messages aside."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """The state of the breaker."""

    failures: int = 0
    """Failed attempts since the last delivery."""
    stopped: bool = False
    """The receiver answered 410. Only an operator resumes."""
    catch_up_until: int = 0
    """Until this time, in milliseconds, messages that were set aside are delivered again; 0 if there are none."""

    @property
    def is_closed(self) -> bool:
        """True if messages are delivered as they come."""
        return not self.stopped and self.failures < OPEN_AFTER


class BreakerStore:
    """The breaker in the table. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> Breaker:
        """The breaker as it stands."""
        item = self._table.get(_KEY) or {}
        return Breaker(item.get("failures", 0), item.get("stopped", False), item.get("catchUpUntil", 0))

    def add_failures(self, count: int) -> None:
        """Count failed attempts. A repeated write may count them twice: the breaker then opens earlier."""
        expression = "SET failures = if_not_exists(failures, :zero) + :count"
        self._table.update(_KEY, expression, ALWAYS, {}, {":zero": 0, ":count": count})

    def reset(self, now: int) -> None:
        """Record a delivery. If the breaker was open, catching up begins. `now` in milliseconds."""
        values = {":zero": 0, ":limit": OPEN_AFTER, ":until": now + CATCH_UP_MILLIS}
        try:
            self._table.update(_KEY, "SET failures = :zero, catchUpUntil = :until", "failures >= :limit", {}, values)
        except ConditionFailed:
            self._reset_closed()

    def stop(self) -> None:
        """Deliver nothing before an operator resumes."""
        self._table.update(_KEY, "SET stopped = :true", ALWAYS, {}, {":true": True})

    def catch_up(self, now: int) -> None:
        """Close the breaker and deliver again what was set aside. `now` in milliseconds."""
        expression = "SET failures = :zero, stopped = :false, catchUpUntil = :until"
        self._table.update(_KEY, expression, ALWAYS, {}, {":zero": 0, ":false": False, ":until": now + CATCH_UP_MILLIS})

    def extend_catching_up(self, now: int) -> None:
        """Messages were moved: look again until the queue has been empty for long enough."""
        self._table.update(_KEY, "SET catchUpUntil = :until", ALWAYS, {}, {":until": now + CATCH_UP_MILLIS})

    def end_catching_up(self, read: Breaker) -> None:
        """End catching up, unless it began again since `read`."""
        values = {":zero": 0, ":read": read.catch_up_until}
        try:
            self._table.update(_KEY, "SET catchUpUntil = :zero", "catchUpUntil = :read", {}, values)
        except ConditionFailed:
            return

    def _reset_closed(self) -> None:
        """A failure that opens the breaker may come in between; the next delivery resets that."""
        try:
            self._table.update(
                _KEY, "SET failures = :zero", "failures < :limit", {}, {":zero": 0, ":limit": OPEN_AFTER}
            )
        except ConditionFailed:
            return
