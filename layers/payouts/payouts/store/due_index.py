"""The sparse, sharded index of transfers with a status check to come."""

from dataclasses import dataclass

from payouts.domain.errors import PayoutError
from payouts.domain.transfer import Transfer
from payouts.store import items
from payouts.store.codec import Item
from payouts.store.table import ConditionFailed, Table

READ_SHARDS = 8
"""Partitions of the `due` index that pollers read."""
WRITTEN_SHARDS = 8
"""Partitions that open transfers are written to. An increase takes two releases: the first raises READ_SHARDS, and the
second WRITTEN_SHARDS once the first runs everywhere. After a rollback, each still finds every open transfer."""


class NewerItem(PayoutError):
    """A newer version of this software wrote the transfer; only that version can check it."""


@dataclass(frozen=True, order=True, slots=True)
class Slot:
    """One due status check. `at` is its time in milliseconds since the epoch."""

    at: int
    reference: str


class DueIndex:
    """Finds and claims due status checks. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, shard: int, now: int, limit: int, start: Item | None = None) -> tuple[list[Slot], Item | None]:
        """Up to `limit` due slots of a shard, oldest first, and the key to continue from.

        The index is eventually consistent: a slot may have been taken already, which `claim` finds out.
        """
        found, last = self._table.query(
            "due",
            KeyConditionExpression="dueShard = :shard AND nextCheckAt <= :now",
            values={":shard": str(shard), ":now": now},
            start=start,
            Limit=limit,
        )
        return [Slot(item["nextCheckAt"], items.reference(item["pk"])) for item in found], last

    def claim(self, slot: Slot, until: int) -> Transfer | None:
        """Claim a slot by moving the transfer's next check to `until`. None if another poller has claimed it (I12).

        A crash after the claim only delays the check. Raises NewerItem, leaving the slot as it is. An absent
        `statusVersion` is written out: without it, the event pipe would take the claim for a change of status.
        """
        values = {":slot": slot.at, ":until": until, ":schema": items.SCHEMA}
        condition, names = "nextCheckAt = :slot AND #schema <= :schema", {"#schema": "schema"}
        expression = "SET nextCheckAt = :until, statusVersion = if_not_exists(statusVersion, #version)"
        try:
            pk = items.key(slot.reference)
            names |= {"#version": "version"}
            item = self._table.update(pk, expression, condition, names, values, returned=True)
        except ConditionFailed as failed:
            if failed.item is not None and items.is_newer(failed.item):
                raise NewerItem("a newer version of this software wrote this transfer; deploy that version") from None
            return None
        return items.decode(item)
