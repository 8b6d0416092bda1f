"""Which rows of a batch are paid again, and by which batch: one item for each chunk, written by condition.

A batch asks a chunk once, and what it got then is its own, unless it ends without sending anything. So a row is sent by
one repayment at most, and a repayment that is collected twice has the same rows.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from payouts.store.batch_keys import key
from payouts.store.table import ConditionFailed, Table

_KEPT_SECONDS = 400 * 86_400
"""Longer than the rows, which were stored before."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The rows of a chunk that are paid again, with the batches that do so, and the batches that have asked."""

    by_row: Mapping[int, str]
    asked: frozenset[str]
    version: int

    def of(self, batch: str) -> frozenset[int]:
        """The rows that this batch pays again."""
        return frozenset(row for row, by in self.by_row.items() if by == batch)


class RepaymentStore:
    """Claims in the table. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, reference: str, index: int) -> Claims:
        """The claims on the rows of a chunk."""
        item = self._table.get(_key(reference, index)) or {}
        rows = {int(row): by for row, by in item.get("rows", {}).items()}
        return Claims(rows, frozenset(item.get("asked", ())), item.get("version", 0))

    def claim(self, reference: str, index: int, read: Claims, batch: str, rows: Collection[int], now: int) -> bool:
        """Give rows to a batch, which no batch has that may send them. False if the claims were changed since `read`.

        `now` in milliseconds.
        """
        claimed = {**read.by_row, **dict.fromkeys(rows, batch)}
        item = {
            "pk": _key(reference, index),
            "rows": {str(row): by for row, by in claimed.items()},
            "asked": sorted({*read.asked, batch}),
            "version": read.version + 1,
            "expiresAt": now // 1000 + _KEPT_SECONDS,
        }
        try:
            self._table.put_version(item)
        except ConditionFailed:
            return False
        return True


def _key(reference: str, index: int) -> str:
    return f"{key(reference)}#REPAID#{index}"
