"""Transfers in the table: created once, then changed only by conditional writes on their version."""

from collections.abc import Callable
from dataclasses import replace

from payouts.domain.errors import Throttled, Unavailable
from payouts.domain.transfer import Transfer, with_status_version
from payouts.store import items
from payouts.store.codec import Item
from payouts.store.due_index import WRITTEN_SHARDS
from payouts.store.table import ConditionFailed, Table

_ATTEMPTS = 10
"""After so many lost races in a row, something else is wrong."""
_VERSION = {"#version": "version"}


def _ignore(before: Transfer, after: Transfer) -> None:
    """Default hook; does nothing."""


class TransferStore:
    """Stores transfers. Raises Throttled or Unavailable if the table fails.

    `status_changed(before, after)` is called once for each write of `update` that changed the status.
    """

    def __init__(
        self,
        table: Table,
        due_shards: int = WRITTEN_SHARDS,
        status_changed: Callable[[Transfer, Transfer], None] = _ignore,
    ) -> None:
        self._table = table
        self._due_shards = due_shards
        self._status_changed = status_changed

    def create(self, transfer: Transfer) -> Transfer | None:
        """Create the record with a conditional put. Returns None if this call created it, else the existing transfer.

        Only the creator may send. If the put's reply was lost and botocore retried it, this call is still the creator.
        """
        item = {**items.fixed(transfer), **self._variable(transfer), "version": transfer.version + 1}
        try:
            self._table.put(item, "attribute_not_exists(pk)", {}, {})
        except ConditionFailed as failed:
            return items.decode(_standing(failed))
        return None

    def get(self, reference: str) -> Transfer | None:
        """The transfer by the merchant's reference; None if there is none."""
        item = self._table.get(items.key(reference))
        return None if item is None else items.decode(item)

    def update(self, transfer: Transfer, change: Callable[[Transfer], Transfer]) -> Transfer:
        """Write `change(transfer)` and return the stored transfer. If another write came first, change its result.

        Nothing is written if `change` returns an equal transfer.
        """
        for _ in range(_ATTEMPTS):
            if transfer.newer_status:
                raise Unavailable("a newer version of this software wrote this transfer; deploy that version")
            changed = change(transfer)
            if changed == transfer:
                return transfer
            changed = with_status_version(transfer, changed)
            try:
                self._write(changed)
            except ConditionFailed as failed:
                transfer = items.decode(_standing(failed))
                continue
            written = replace(changed, version=changed.version + 1)
            if written.status is not transfer.status:
                self._status_changed(transfer, written)
            return written
        raise Throttled("too many simultaneous writes to this transfer; send the same request again in a moment")

    def find(self, reference_no: str) -> Transfer | None:
        """The transfer by DOKU's reference. The index is eventually consistent: None may mean not yet."""
        found, _ = self._table.query(
            "by-reference", KeyConditionExpression="referenceNo = :reference", values={":reference": reference_no}
        )
        for item in found:
            transfer = self.get(items.reference(item["pk"]))
            if transfer is not None and transfer.doku_reference_no == reference_no:
                return transfer
        return None

    def list_day(
        self, day: str, status: str | None, start: Item | None, limit: int
    ) -> tuple[list[Transfer], Item | None]:
        """One page of a day (WIB), newest first, and the key to continue from. With `status`, a page may be shorter.

        The index contains only the status: whole transfers in it would double the cost of every write.
        """
        values: Item = {":day": day}
        names = {"#day": "day"}
        arguments: dict[str, object] = {}
        if status is not None:
            values[":status"] = status
            names["#status"] = "status"
            arguments["FilterExpression"] = "#status = :status"
        found, last = self._table.query(
            "by-day",
            KeyConditionExpression="#day = :day",
            ExpressionAttributeNames=names,
            values=values,
            start=start,
            ScanIndexForward=False,
            Limit=limit,
            **arguments,
        )
        transfers = map(items.decode, self._table.get_all([item["pk"] for item in found]))
        return [transfer for transfer in transfers if status in (None, transfer.status)], last

    def _write(self, transfer: Transfer) -> None:
        """Set only the changing attributes, so that a newer version's unknown attributes survive (scenario 30).

        `statusVersion` is absent where it equals `version`: by that the event pipe recognizes the writes to report.
        """
        setting = {**self._variable(transfer), "version": transfer.version + 1}
        removed = [] if transfer.next_check_at is not None else ["dueShard", "nextCheckAt"]
        if transfer.status_version == transfer.version + 1:
            removed.append("statusVersion")
        else:
            setting["statusVersion"] = transfer.status_version
        names = {f"#{name}": name for name in setting} | _VERSION
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in setting)
        if removed:
            expression += " REMOVE " + ", ".join(removed)
        values = {f":{name}": value for name, value in setting.items()} | {":expected": transfer.version}
        self._table.update(items.key(transfer.partner_reference_no), expression, "#version = :expected", names, values)

    def _variable(self, transfer: Transfer) -> Item:
        return {**items.changing(transfer), **items.due(transfer, self._due_shards)}


def _standing(failed: ConditionFailed) -> Item:
    """The existing item that made a write fail. This software never deletes transfers."""
    if failed.item is None:
        raise Unavailable("the transfer was deleted from the table by other means than this software") from failed
    return failed.item
