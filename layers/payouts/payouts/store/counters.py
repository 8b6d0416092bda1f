"""Counts and sums of the transfers of a day: one item per scope and day, one conditional write per transfer.

The item remembers its latest requests, each in a slot chosen by its hash. A request that was counted but crashed before
its transfer was created finds itself there when it is sent again, and is not counted twice, unless another request has
taken the slot. So a counter may be too high after such a crash, and is never too low.
"""

import zlib
from dataclasses import dataclass
from enum import StrEnum

from payouts.domain.limits import DailyLimit
from payouts.domain.money import Rupiah
from payouts.store.codec import Item
from payouts.store.table import ConditionFailed, Table

_SLOTS = 64
"""Bounds the item to about 2 KB, whatever the number of transfers."""
_NAMES = {"#amount": "amount", "#count": "count"}


class Bound(StrEnum):
    """Which of a day's two limits is reached."""

    AMOUNT = "amount"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class CounterEntry:
    """A transfer, or a batch of `count`, to count once. `request` identifies one body under one reference."""

    request: str
    amount: Rupiah
    count: int = 1


class Counters:
    """Counters in the table. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def consume(self, key: str, entry: CounterEntry, limit: DailyLimit, expires_at: int) -> Bound | None:
        """Count `entry` if that stays within `limit`, else return the limit it exceeds. `expires_at` in seconds."""
        values: Item = {":zero": 0, ":entries": entry.count, ":amount": entry.amount.sen, ":request": entry.request}
        condition = "(attribute_not_exists(#slot) OR #slot <> :request)"
        if limit.amount is not None:
            condition += " AND (attribute_not_exists(#amount) OR #amount <= :room)"
            values[":room"] = limit.amount.sen - entry.amount.sen
        if limit.count is not None:
            condition += " AND (attribute_not_exists(#count) OR #count <= :most)"
            values[":most"] = limit.count - entry.count
        expression = (
            "SET #amount = if_not_exists(#amount, :zero) + :amount, #count = if_not_exists(#count, :zero) + :entries,"
            " #slot = :request, expiresAt = :expires"
        )
        slot = _slot(entry)
        try:
            names = {**_NAMES, "#slot": slot}
            self._table.update(_key(key), expression, condition, names, {**values, ":expires": expires_at})
        except ConditionFailed as failed:
            counted = failed.item or {}
            return None if counted.get(slot) == entry.request else _bound(counted, entry, limit)
        return None

    def peek(self, key: str, entry: CounterEntry, limit: DailyLimit) -> Bound | None:
        """The limit that `entry` would exceed now; None if none. Reserves nothing: another request may come first."""
        counted = self._table.get(_key(key)) or {}
        return None if counted.get(_slot(entry)) == entry.request else _bound(counted, entry, limit)


def _bound(counted: Item, entry: CounterEntry, limit: DailyLimit) -> Bound | None:
    if limit.count is not None and counted.get("count", 0) + entry.count > limit.count:
        return Bound.COUNT
    if limit.amount is not None and counted.get("amount", 0) + entry.amount.sen > limit.amount.sen:
        return Bound.AMOUNT
    return None


def _slot(entry: CounterEntry) -> str:
    return f"recent{zlib.crc32(entry.request.encode()) % _SLOTS}"


def _key(key: str) -> str:
    return f"COUNTER#{key}"
