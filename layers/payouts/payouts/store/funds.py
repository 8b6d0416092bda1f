"""Reservations of the balance by the chunks that are being paid: one item for all batches.

A reservation ends by itself with its worker's lease, so a crash does not reserve for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from payouts.domain.money import Rupiah
from payouts.store.table import ConditionFailed, Table

_KEY = "FUNDS"


@dataclass(frozen=True, slots=True)
class Reservation:
    """An amount that a chunk may still spend, until a time in milliseconds."""

    amount: Rupiah
    until: int


@dataclass(frozen=True, slots=True)
class Reservations:
    """All reservations by the names of their chunks, and the version of the item."""

    by_chunk: Mapping[str, Reservation]
    version: int

    def of_others(self, chunk: str, now: int) -> Rupiah:
        """What the other chunks have reserved."""
        others = (each for name, each in self.by_chunk.items() if name != chunk and each.until > now)
        return Rupiah(sum(each.amount.sen for each in others))


class FundsStore:
    """The item in the table. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> Reservations:
        """The reservations as they are."""
        item = self._table.get(_KEY) or {}
        found = {name: Reservation(Rupiah(sen), until) for name, (sen, until) in item.get("chunks", {}).items()}
        return Reservations(found, item.get("version", 0))

    def replace(self, read: Reservations, chunk: str, reservation: Reservation | None, now: int) -> bool:
        """Set or remove one reservation, and drop those that have ended. False if the item was changed since `read`."""
        kept = {name: each for name, each in read.by_chunk.items() if name != chunk and each.until > now}
        if reservation is not None:
            kept[chunk] = reservation
        item = {
            "pk": _KEY,
            "chunks": {name: [each.amount.sen, each.until] for name, each in kept.items()},
            "version": read.version + 1,
        }
        condition = "attribute_not_exists(pk)" if read.version == 0 else "#version = :expected"
        names, values = ({}, {}) if read.version == 0 else ({"#version": "version"}, {":expected": read.version})
        try:
            self._table.put(item, condition, names, values)
        except ConditionFailed:
            return False
        return True
