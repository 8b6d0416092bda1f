"""Batches in the table: one bounded item each, created once, then changed by conditional writes on its version."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from payouts.domain.batch import Action, Approval, Batch, BatchStatus, Event
from payouts.domain.days import day_of
from payouts.domain.errors import Throttled, Unavailable
from payouts.store.batch_keys import DUE, key, reference_of
from payouts.store.codec import Item
from payouts.store.creation_index import Entry, Position, by_creation
from payouts.store.table import ConditionFailed, Table, Write

SCHEMA = 1
_ATTEMPTS = 10
_PAGE = 100


class BatchStore:
    """Stores batches. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, batch: Batch) -> Batch | None:
        """Create the item with a conditional put. Returns None if this call created it, else the existing batch."""
        item = {**_fixed(batch), **_changing(batch), "version": 1}
        try:
            self._table.put(item, "attribute_not_exists(pk)", {}, {})
        except ConditionFailed as failed:
            if failed.item is None:
                raise Unavailable("the batch was deleted from the table by other means than this software") from failed
            return decode(failed.item)
        return None

    def get(self, reference: str) -> Batch | None:
        """The batch; None if there is none."""
        item = self._table.get(key(reference))
        return None if item is None else decode(item)

    def update(self, batch: Batch, change: Callable[[Batch], Batch]) -> Batch:
        """Write `change(batch)` and return the stored batch. If another write came first, change its result.

        Nothing is written if `change` returns an equal batch. `change` may raise to write nothing.
        """
        for _ in range(_ATTEMPTS):
            changed = change(batch)
            if changed == batch:
                return batch
            write = write_of(batch, changed)
            try:
                self._table.update(write.pk, write.expression, write.condition, write.names, write.values)
            except ConditionFailed as failed:
                if failed.item is None:
                    raise Unavailable("the batch was deleted from the table") from failed
                batch = decode(failed.item)
                continue
            return replace(changed, version=batch.version + 1)
        raise Throttled("too many simultaneous writes to this batch; send the same request again in a moment")

    def of_month(self, month: str, after: Position | None = None) -> Iterator[Entry]:
        """The batches created in a month (WIB) such as `2024-09`, newest first, with their status."""
        start = None if after is None else Position(after.created_at, key(after.reference))
        for entry in by_creation(self._table, "by-day", "day", _month(month), start, newest_first=True, page=_PAGE):
            yield Entry(Position(entry.position.created_at, reference_of(entry.reference)), entry.status)


def write_of(before: Batch, after: Batch) -> Write:
    """The conditional write that replaces the stored batch `before` by `after`."""
    setting = {**_changing(after), "version": before.version + 1}
    names = {f"#{name}": name for name in setting} | {"#version": "version"}
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in setting)
    if after.next_drive_at is None:
        expression += " REMOVE dueShard, nextCheckAt"
    values = {f":{name}": value for name, value in setting.items()} | {":expected": before.version}
    return Write(key(before.reference), "#version = :expected", values, names, expression=expression)


def _month(month: str) -> str:
    return f"batches#{month}"


def _fixed(batch: Batch) -> Item:
    return {
        "pk": key(batch.reference),
        "schema": SCHEMA,
        "fingerprint": batch.fingerprint,
        "createdAt": batch.created_at,
        "createdBy": batch.created_by,
        "day": _month(day_of(batch.created_at)[:7]),
        "remark": batch.remark,
        "scheduledAt": batch.scheduled_at,
        "fundsDeadline": batch.funds_deadline,
    }


def _changing(batch: Batch) -> Item:
    due: dict[str, Any] = {} if batch.next_drive_at is None else {"dueShard": DUE, "nextCheckAt": batch.next_drive_at}
    return {
        "status": str(batch.status),
        "rows": batch.rows,
        "involved": list(batch.involved),
        "events": [[event.at, event.by, str(event.action), event.note] for event in batch.history],
        "approvals": [[each.by, each.digest, each.at] for each in batch.approvals],
        "approvalsRequired": batch.approvals_required,
        "digest": batch.digest,
        "submittedAt": batch.submitted_at,
        "releasedAt": batch.released_at,
        "limitsTaken": batch.limits_taken,
        "waitingSince": batch.waiting_since,
        **due,
    }


def decode(item: Item) -> Batch:
    """The item's batch."""
    return Batch(
        reference=reference_of(item["pk"]),
        fingerprint=item["fingerprint"],
        created_at=item["createdAt"],
        created_by=item["createdBy"],
        rows=item["rows"],
        status=BatchStatus(item["status"]),
        remark=item["remark"],
        scheduled_at=item["scheduledAt"],
        funds_deadline=item["fundsDeadline"],
        involved=tuple(item["involved"]),
        history=tuple(Event(at, by, Action(action), note) for at, by, action, note in item["events"]),
        approvals=tuple(Approval(*each) for each in item["approvals"]),
        approvals_required=item["approvalsRequired"],
        digest=item["digest"],
        submitted_at=item["submittedAt"],
        released_at=item["releasedAt"],
        limits_taken=item["limitsTaken"],
        waiting_since=item.get("waitingSince"),
        next_drive_at=item.get("nextCheckAt"),
        version=item["version"],
    )
