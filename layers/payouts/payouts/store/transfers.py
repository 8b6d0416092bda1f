"""Transfers in the table: created once, then changed only by conditional writes on their version."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from payouts.domain.errors import Throttled, Unavailable
from payouts.domain.forgetting import forgotten
from payouts.domain.transfer import Transfer, with_status_version
from payouts.store import items
from payouts.store.codec import Item
from payouts.store.creation_index import PAGE, Entry, Position, by_creation
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

    def get(self, reference: str, consistent: bool = True) -> Transfer | None:
        """The transfer by the merchant's reference; None if there is none. As `Table.get`."""
        item = self._table.get(items.key(reference), consistent)
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

    def forget(self, transfer: Transfer) -> bool:
        """Erase the personal data of a transfer as it was read. False if it has changed since.

        The write reports nothing: no status event follows.
        """
        setting, removed = items.erasable(forgotten(transfer))
        setting |= {"version": transfer.version + 1, "statusVersion": transfer.status_version}
        names = {f"#{name}": name for name in [*setting, *removed]}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in setting)
        expression += " REMOVE " + ", ".join(f"#{name}" for name in removed)
        values = {f":{name}": value for name, value in setting.items()} | {":read": transfer.version}
        try:
            self._table.update(items.key(transfer.partner_reference_no), expression, "version = :read", names, values)
        except ConditionFailed:
            return False
        return True

    def find(self, reference_no: str) -> Transfer | None:
        """The transfer by DOKU's reference. The index is eventually consistent: None may mean not yet."""
        return next(self.find_all(reference_no), None)

    def find_all(self, reference_no: str) -> Iterator[Transfer]:
        """The transfers with this reference of DOKU's, of which there should be at most one."""
        found, _ = self._table.query(
            "by-reference", KeyConditionExpression="referenceNo = :reference", values={":reference": reference_no}
        )
        for item in found:
            transfer = self.get(items.reference(item["pk"]))
            if transfer is not None and transfer.doku_reference_no == reference_no:
                yield transfer

    def get_all(self, references: Sequence[str], consistent: bool = True) -> list[Transfer]:
        """The existing transfers, in the order of the merchant's references; without `consistent`, a bit stale."""
        found = self._table.get_all([items.key(each) for each in references], consistent)
        return [items.decode(item) for item in found]

    def of_day(
        self,
        day: str,
        after: Position | None = None,
        newest_first: bool = False,
        page: int = PAGE,
        shards: Iterable[int] = range(items.DAY_SHARDS),
    ) -> Iterator[Entry]:
        """The transfers of a day (WIB) in the order of their creation, `page` at a time from each shard.

        Goes on behind the position `after`. A transfer that arrives in the meantime changes nothing for the others.
        """
        partitions = (items.day_partition(day, shard) for shard in shards)
        entries = (by_creation(self._table, "by-day", "day", each, after, newest_first, page) for each in partitions)
        return heapq.merge(*entries, reverse=newest_first)

    def of_account(self, account: str, after: Position | None = None, page: int = PAGE) -> Iterator[Entry]:
        """The transfers to a beneficiary's account number, newest first, as `of_day`. Their status is not known."""
        return by_creation(self._table, "by-account", "account", account, after, newest_first=True, page=page)

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
