"""The switch that stops new transfers: one item, there from the first time that somebody uses it."""

from dataclasses import dataclass

from payouts.store.table import ConditionFailed, Table

_KEY = "SWITCH#transfers"


@dataclass(frozen=True, slots=True)
class Turned:
    """How the switch stands, and who put it so. `at` in milliseconds since the epoch."""

    stopped: bool
    by: str
    reason: str
    at: int


class KillSwitchStore:
    """The switch in the table. Raises Throttled or Unavailable where the table does."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> Turned | None:
        """How the switch stands; None where nobody has ever used it."""
        item = self._table.get(_KEY)
        return None if item is None else Turned(item["stopped"], item["turnedBy"], item["reason"], item["at"])

    def turn(self, turned: Turned) -> bool:
        """Put the switch so; False where it stood so already, and nothing was written."""
        condition = "attribute_not_exists(stopped) OR stopped <> :stopped"
        expression = "SET stopped = :stopped, turnedBy = :by, reason = :reason, #at = :at"
        values = {":stopped": turned.stopped, ":by": turned.by, ":reason": turned.reason, ":at": turned.at}
        try:
            self._table.update(_KEY, expression, condition, {"#at": "at"}, values)
        except ConditionFailed:
            return False
        return True
