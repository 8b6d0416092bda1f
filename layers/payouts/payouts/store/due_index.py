"""The sparse, sharded index of transfers that are to be asked about."""

from dataclasses import dataclass

from payouts.domain.errors import PayoutError
from payouts.domain.transfer import Transfer
from payouts.store import items
from payouts.store.codec import Item
from payouts.store.table import ConditionFailed, Table

READ_SHARDS = 8
"""Partitions of the `due` index that pollers read."""
WRITTEN_SHARDS = 8
"""Partitions that open transfers are written to. More of them take two releases: the first raises READ_SHARDS, the
second, once the first runs everywhere, WRITTEN_SHARDS. Rolled back, each finds every open transfer."""


class NewerItem(PayoutError):
    """A newer version of this software wrote the transfer; only that version can check it."""


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
        return [Slot(item["nextCheckAt"], items.reference(item["pk"])) for item in found], last

    def claim(self, slot: Slot, until: int) -> Transfer | None:
        """Take a slot by moving the transfer's next check to `until`; None where somebody took it (I12).

        A poller that crashes after this has only put the check off. Raises NewerItem, and leaves the slot as it is.
        """
        values = {":slot": slot.at, ":until": until, ":schema": items.SCHEMA}
        condition, names = "nextCheckAt = :slot AND #schema <= :schema", {"#schema": "schema"}
        try:
            expression, pk = "SET nextCheckAt = :until", items.key(slot.reference)
            item = self._table.update(pk, expression, condition, names, values, returned=True)
        except ConditionFailed as failed:
            if failed.item is not None and items.is_newer(failed.item):
                raise NewerItem("a newer version of this software wrote this transfer; deploy that version") from None
            return None
        return items.decode(item)
