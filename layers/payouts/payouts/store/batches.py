"""Batches in the table: one bounded item each, created once, then changed by conditional writes on its version."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from payouts.domain.batch import Action, Approval, Batch, BatchFile, BatchStatus, Event
from payouts.domain.batch_forgetting import forgotten_batch
from payouts.domain.days import day_of
from payouts.domain.errors import Throttled, Unavailable
from payouts.domain.money import Rupiah
from payouts.store.batch_keys import DUE, due_batches, key, reference_of
from payouts.store.batch_schema import SCHEMA, reading
from payouts.store.codec import Item
from payouts.store.creation_index import Entry, Position, by_creation
from payouts.store.table import ConditionFailed, Table
from payouts.store.transaction import Write

_ATTEMPTS = 10
_PAGE = 100


class BatchStore:
    """Stores batches. Raises Throttled, Unavailable or NewerVersion."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, batch: Batch) -> Batch | None:
        """Create the item with a conditional put. Returns None if this call created it, else the existing batch."""
        item = {**_fixed(batch), **_changing(batch), "version": 1}  # without statusVersion: it is this one
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
            return stored_as(batch, changed)
        raise Throttled("too many simultaneous writes to this batch; send the same request again in a moment")

    def forget(self, batch: Batch) -> bool:
        """Erase the personal data of a batch as it was read. False if it has changed since."""
        after = forgotten_batch(batch)
        write = write_of(batch, after)
        fixed = {"fingerprint": after.fingerprint, "createdBy": "", "remark": ""}
        expression = write.expression.replace("SET ", "".join(["SET ", *(f"#{name} = :{name}, " for name in fixed)]), 1)
        names = {**write.names, **{f"#{name}": name for name in fixed}}
        values = {**write.values, **{f":{name}": value for name, value in fixed.items()}}
        try:
            self._table.update(write.pk, expression, write.condition, names, values)
        except ConditionFailed:
            return False
        return True

    def of_month(self, month: str, after: Position | None = None) -> Iterator[Entry]:
        """The batches created in a month (WIB) such as `2024-09`, newest first, with their status."""
        start = None if after is None else Position(after.created_at, key(after.reference))
        for entry in by_creation(self._table, "by-day", "day", _month(month), start, newest_first=True, page=_PAGE):
            yield Entry(Position(entry.position.created_at, reference_of(entry.reference)), entry.status)

    def due_by(self, time: int) -> Iterator[str]:
        """References of the batches that are driven by then (milliseconds) at the latest."""
        return due_batches(self._table, time)


def write_of(before: Batch, after: Batch) -> Write:
    """The conditional write that replaces the stored batch `before` by `after`."""
    setting = {**_changing(after), "version": before.version + 1}
    removed = [] if after.next_drive_at is not None else ["dueShard", "nextCheckAt"]
    if after.status is before.status:
        setting["statusVersion"] = before.status_version
    else:  # a write without it is one that has changed the status: the pipe of webhooks looks for these
        removed.append("statusVersion")
    names = {f"#{name}": name for name in setting} | {"#version": "version"}
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in setting)
    if removed:
        expression += f" REMOVE {', '.join(removed)}"
    values = {f":{name}": value for name, value in setting.items()} | {":expected": before.version}
    return Write(key(before.reference), "#version = :expected", values, names, expression=expression)


def stored_as(before: Batch, after: Batch) -> Batch:
    """What `write_of` has stored."""
    version = before.version + 1
    changed = after.status is not before.status
    return replace(after, version=version, status_version=version if changed else before.status_version)


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
        "reference": batch.reference,
        "repays": batch.repays,
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
        "sameListAs": batch.same_list_as,
        "submittedAt": batch.submitted_at,
        "releasedAt": batch.released_at,
        "limitsTaken": batch.limits_taken,
        "resultAt": batch.result_at,
        "resultFinal": batch.result_final,
        **({} if batch.file is None else {"file": _file_item(batch.file)}),
        "waitingSince": batch.waiting_since,
        "rowsDone": batch.rows_done,
        "advancedAt": batch.advanced_at,
        **due,
    }


def decode(item: Item) -> Batch:
    """The item's batch. Raises NewerVersion."""
    with reading(item):
        return _decode(item)


def _decode(item: Item) -> Batch:
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
        same_list_as=item["sameListAs"],
        submitted_at=item["submittedAt"],
        released_at=item["releasedAt"],
        limits_taken=item["limitsTaken"],
        file=_file(item["file"]) if "file" in item else None,
        waiting_since=item["waitingSince"],
        rows_done=item["rowsDone"],
        advanced_at=item["advancedAt"],
        next_drive_at=item.get("nextCheckAt"),
        repays=item["repays"],
        result_at=item["resultAt"],
        result_final=item["resultFinal"],
        version=item["version"],
        status_version=item["statusVersion"] if "statusVersion" in item else item["version"],
    )


def _file_item(file: BatchFile) -> Item:
    return {
        "sha256": file.sha256,
        "until": file.expires_at,
        "count": file.expected_count,
        "total": None if file.expected_total is None else str(file.expected_total),
        "reading": file.reading,
        "lease": file.lease,
        "problem": file.problem,
        "refused": file.refused,
        "accepted": file.accepted,
    }


def _file(item: Item) -> BatchFile:
    return BatchFile(
        sha256=item["sha256"],
        expires_at=item["until"],
        expected_count=item["count"],
        expected_total=None if item["total"] is None else Rupiah.parse(item["total"]),
        reading=item["reading"],
        lease=item["lease"],
        problem=item["problem"],
        refused=item["refused"],
        accepted=item["accepted"],
    )
