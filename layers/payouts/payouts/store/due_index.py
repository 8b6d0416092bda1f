"""The sparse, sharded index of transfers with a status check to come."""

from contextlib import suppress
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

_PUT_OFF = "SET nextCheckAt = :until, dueShard = :shard, statusVersion = if_not_exists(statusVersion, #version)"


class NewerItem(PayoutError):
    """A newer version of this software wrote the transfer; only that version can check it."""


@dataclass(frozen=True, order=True, slots=True)
class Slot:
    """One due status check. `at` is its time in milliseconds since the epoch."""

    at: int
    reference: str


class DueIndex:
    """Finds due status checks. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table, shards: int = WRITTEN_SHARDS) -> None:
        self._table = table
        self._shards = shards

    def due(self, shard: int, now: int, limit: int, start: Item | None = None) -> tuple[list[Slot], Item | None]:
        """Up to `limit` due slots of a shard, oldest first, and the key to continue from.

        The index is eventually consistent: a slot may have been checked already, which `read` finds out.
        """
        found, last = self._table.query(
            "due",
            KeyConditionExpression="dueShard = :shard AND nextCheckAt <= :now",
            values={":shard": str(shard), ":now": now},
            start=start,
            Limit=limit,
        )
        return [Slot(item["nextCheckAt"], items.reference(item["pk"])) for item in found], last

    def read(self, slot: Slot) -> Transfer | None:
        """The transfer of a due slot. None if its next check has moved, so that it was checked already (I12).

        Raises NewerItem.
        """
        item = self._table.get(items.key(slot.reference))
        if item is None or item.get("nextCheckAt") != slot.at:
            return None
        if items.is_newer(item):
            raise NewerItem("a newer version of this software wrote this transfer; deploy that version")
        return items.decode(item)

    def put_off(self, transfer: Transfer, until: int) -> None:
        """Move the next check of a transfer as it was read to `until`, because its check could not be recorded.

        Changes nothing if another write has moved it meanwhile. An absent `statusVersion` is written out: without it,
        the event pipe would take this write for a change of status.
        """
        shard = items.shard(transfer.partner_reference_no, self._shards)
        names = {"#schema": "schema", "#version": "version"}
        values = {":until": until, ":shard": shard, ":schema": items.SCHEMA}
        unmoved = "attribute_not_exists(nextCheckAt)"
        if transfer.next_check_at is not None:
            unmoved, values[":standing"] = "nextCheckAt = :standing", transfer.next_check_at
        expression, pk = _PUT_OFF, items.key(transfer.partner_reference_no)
        with suppress(ConditionFailed):
            self._table.update(pk, expression, f"{unmoved} AND #schema <= :schema", names, values)
