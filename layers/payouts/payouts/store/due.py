"""The sparse, sharded index of transfers that are to be asked about."""

from dataclasses import dataclass

from payouts.store import items
from payouts.store.attributes import Item
from payouts.store.table import ConditionFailed, Table
from payouts.transfer import Transfer


@dataclass(frozen=True, order=True, slots=True)
class Slot:
    """One due check: `at`, in milliseconds, is the time at which it came due."""

    at: int
    reference: str


class DueIndex:
    """What is due, and the right to ask about it. Raises Throttled or Unavailable where the table does."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, shard: int, now: int, limit: int, start: Item | None = None) -> tuple[list[Slot], Item | None]:
        """Up to `limit` slots of a shard, oldest first, and where to go on. The index lags: see `claim` (FAULTS 25)."""
        found, last = self._table.query(
            "due",
            KeyConditionExpression="dueShard = :shard AND nextCheckAt <= :now",
            values={":shard": str(shard), ":now": now},
            start=start,
            Limit=limit,
        )
        return [Slot(int(item["nextCheckAt"]), items.reference(item["pk"])) for item in found], last

    def claim(self, slot: Slot, until: int) -> Transfer | None:
        """Take a slot by moving the transfer's next check to `until`; None where somebody took it (I12).

        Whoever dies after this has only put the check off.
        """
        values = {":slot": slot.at, ":until": until}
        try:
            expression, pk = "SET nextCheckAt = :until", items.key(slot.reference)
            item = self._table.update(pk, expression, "nextCheckAt = :slot", {}, values, returned=True)
        except ConditionFailed:
            return None
        return items.decode(item)
