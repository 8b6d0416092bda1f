"""How far the report of a day has come, and which invocation writes it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from payouts.domain.days import start_of
from payouts.store.codec import Item
from payouts.store.creation_index import Position
from payouts.store.table import ConditionFailed, Table

_KEPT = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Progress:
    """What was written of a day's report: the uploaded parts and `rest` hold the transfers up to `position`."""

    day: str
    version: int = 0
    """Number of writes; each is conditional on it, so that only one invocation can make progress."""
    held_until: int = 0
    """Milliseconds since the epoch until which an invocation works on it."""
    upload_id: str = ""
    etags: tuple[str, ...] = ()
    """Of the uploaded parts, in order."""
    rest: str = ""
    """Key of the object with the rows that are in no part yet; empty if there are none."""
    position: Position | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    done: bool = False


class ProgressLost(Exception):
    """Another invocation has taken the report over."""


class ReportProgress:
    """One item for each day. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, day: str, now: int, until: int) -> Progress | None:
        """The progress of a day, held until `until` (milliseconds). None if another invocation holds it.

        A report that is done is returned as it is.
        """
        item = self._table.get(_key(day))
        progress = Progress(day) if item is None else _decoded(item)
        if progress.done:
            return progress
        if progress.held_until > now:
            return None
        try:
            return self.save(replace(progress, held_until=until))
        except ProgressLost:
            return None

    def save(self, progress: Progress) -> Progress:
        """Store the progress, and return it with its new version. Raises ProgressLost."""
        saved = replace(progress, version=progress.version + 1)
        try:
            self._table.put_version(_encoded(saved))
        except ConditionFailed:
            raise ProgressLost from None
        return saved


def _key(day: str) -> str:
    return f"REPORT#{day}"


def _encoded(progress: Progress) -> Item:
    position = progress.position
    return {
        "pk": _key(progress.day),
        "reportDay": progress.day,
        "version": progress.version,
        "heldUntil": progress.held_until,
        "uploadId": progress.upload_id,
        "etags": list(progress.etags),
        "rest": progress.rest,
        "position": [position.created_at, position.reference] if position else [],
        "summary": progress.summary,
        "done": progress.done,
        "expiresAt": start_of(progress.day) // 1000 + int(_KEPT.total_seconds()),
    }


def _decoded(item: Item) -> Progress:
    return Progress(
        item["reportDay"],
        item["version"],
        item["heldUntil"],
        item["uploadId"],
        tuple(item["etags"]),
        item["rest"],
        Position(*item["position"]) if item["position"] else None,
        item["summary"],
        item["done"],
    )
