"""Leases: which invocation works on something for a limited time. For efficiency alone; nothing relies on them."""

from contextlib import suppress

from payouts.store.table import ConditionFailed, Table

_LONGEST_MILLIS = 15 * 60_000
"""No invocation of Lambda lasts longer. A lease that ends later was written by a wrong clock and counts as ended."""


class Leases:
    """Leases by name. Times in milliseconds since the epoch. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, name: str, now: int, until: int) -> bool:
        """Take the lease until then; False if another invocation has it."""
        free = "attribute_not_exists(heldUntil) OR heldUntil <= :now OR heldUntil > :latest"
        values = {":until": until, ":now": now, ":latest": now + _LONGEST_MILLIS}
        try:
            self._table.update(_key(name), "SET heldUntil = :until", free, {}, values)
        except ConditionFailed:
            return False
        return True

    def release(self, name: str, until: int) -> None:
        """Give back the lease that was taken until then. Changes nothing if it is another invocation's by now."""
        values = {":none": 0, ":until": until}
        with suppress(ConditionFailed):
            self._table.update(_key(name), "SET heldUntil = :none", "heldUntil = :until", {}, values)


def _key(name: str) -> str:
    return f"LEASE#{name}"
