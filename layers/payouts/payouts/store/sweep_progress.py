"""How far the sweep over paid transfers has come: one small item for each look and shard of a day."""

from dataclasses import dataclass

from payouts.store.codec import Item
from payouts.store.creation_index import Position
from payouts.store.table import ConditionFailed, Table

_START = Position(0, "")


@dataclass(frozen=True, slots=True)
class Progress:
    """All transfers of earlier days are looked at, and those of `day` (WIB) up to `after`, in the order of creation."""

    day: str
    after: Position = _START


class SweepProgress:
    """The progress of each look and shard. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, look: int, shard: int, first: str) -> Progress:
        """The stored progress; the start of the day `first` if there is none."""
        item = self._table.get(_key(look, shard))
        if item is None:
            return Progress(first)
        return Progress(item["sweptDay"], Position(item["sweptAt"], item["sweptReference"]))

    def advance(self, look: int, shard: int, standing: Progress, to: Progress) -> bool:
        """Store `to` unless the progress is no longer `standing`. False if another invocation has advanced it."""
        values = dict(zip((":day", ":at", ":reference"), _parts(standing), strict=True))
        unchanged = "(sweptDay = :day AND sweptAt = :at AND sweptReference = :reference)"
        try:
            self._table.put(_item(look, shard, to), f"attribute_not_exists(pk) OR {unchanged}", {}, values)
        except ConditionFailed:
            return False
        return True


def _parts(progress: Progress) -> tuple[str, int, str]:
    return progress.day, progress.after.created_at, progress.after.reference


def _item(look: int, shard: int, progress: Progress) -> Item:
    """No attribute may be a key of an index: the item belongs to none."""
    day, at, reference = _parts(progress)
    return {"pk": _key(look, shard), "sweptDay": day, "sweptAt": at, "sweptReference": reference}


def _key(look: int, shard: int) -> str:
    return f"SWEEP#{look}#{shard}"
