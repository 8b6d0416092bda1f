"""Which transfers DOKU called failed or refunded at what time: one small item each, in the `by-day` index.

The balance proof needs them in the order in which they were learned of, and a transfer's own entry stays on the day of
its creation.
"""

import heapq
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from payouts.domain.days import day_after, day_of
from payouts.domain.debits import returned_between
from payouts.domain.transfer import Transfer
from payouts.store import items
from payouts.store.creation_index import PAGE, Position, behind, by_creation
from payouts.store.table import ConditionFailed, Table

_KEPT = timedelta(days=8)
_KEY = "RETURN#"


class ReturnedTransfers:
    """Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note(self, before: Transfer, after: Transfer) -> None:
        """Store that DOKU returned the amount, if the change of status means that. A second time changes nothing.

        A crash between the change and this call loses the entry: the proof shows an unexplained increase then.
        """
        if returned_between(after) is None or returned_between(before) is not None:
            return
        at, reference = after.updated_at, after.partner_reference_no
        item = {
            "pk": f"{_KEY}{reference}",
            "day": _partition(day_of(at), items.shard(reference, items.WRITTEN_DAY_SHARDS)),
            "createdAt": at,
            "expiresAt": at // 1000 + int(_KEPT.total_seconds()),
        }
        with suppress(ConditionFailed):
            self._table.put(item, "attribute_not_exists(pk)", {}, {})

    def between(self, after: int, until: int) -> Iterator[Position]:
        """Times and references of those noted in (`after`, `until`], in milliseconds, oldest first."""
        day = day_of(after)
        while day <= day_of(until):
            partitions = (_partition(day, shard) for shard in range(items.DAY_SHARDS))
            start = behind(after)
            entries = (by_creation(self._table, "by-day", "day", each, start, False, PAGE) for each in partitions)
            for entry in heapq.merge(*entries):
                if entry.position.created_at > until:
                    break
                yield Position(entry.position.created_at, entry.reference.removeprefix(_KEY))
            day = day_after(day)


def _partition(day: str, shard: int | str) -> str:
    return items.day_partition(f"returned-{day}", shard)
