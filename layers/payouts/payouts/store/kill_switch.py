"""The kill switch, which stops new transfers: one item, created at its first use."""

from dataclasses import dataclass

from payouts.store.table import ConditionFailed, Table

_KEY = "SWITCH#transfers"


@dataclass(frozen=True, slots=True)
class Turned:
    """The state of the switch and its last change. `at` in milliseconds since the epoch."""

    stopped: bool
    by: str
    reason: str
    at: int


class KillSwitchStore:
    """The switch in the table. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> Turned | None:
        """The state of the switch; None if it was never used."""
        item = self._table.get(_KEY)
        return None if item is None else Turned(item["stopped"], item["turnedBy"], item["reason"], item["at"])

    def turn(self, turned: Turned) -> bool:
        """Set the switch. Returns False, without a write, if it already had this value and no new reason is given."""
        condition = "attribute_not_exists(stopped) OR stopped <> :stopped"
        if turned.reason:
            condition += " OR reason <> :reason"
        expression = "SET stopped = :stopped, turnedBy = :by, reason = :reason, #at = :at"
        values = {":stopped": turned.stopped, ":by": turned.by, ":reason": turned.reason, ":at": turned.at}
        try:
            self._table.update(_KEY, expression, condition, {"#at": "at"}, values)
        except ConditionFailed:
            return False
        return True
