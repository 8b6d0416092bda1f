"""Reservations of the balance by the chunks that are being paid: one item for all batches.

A reservation ends by itself with its worker's lease, so a crash does not reserve for ever.
"""

from collections.abc import Callable, Mapping
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
    """All reservations by the names of their chunks, and the version of the item.

    `released` is the sum in sen of all that were ever removed: what was removed between two readings is the difference.
    """

    by_chunk: Mapping[str, Reservation]
    version: int
    released: int = 0

    def of_others(self, chunk: str, now: int) -> Rupiah:
        """What the other chunks have reserved."""
        return self._sum(now, lambda name: name != chunk)

    def of_other_batches(self, chunk: str, now: int) -> Rupiah:
        """What the chunks of other batches have reserved."""
        batch = _batch(chunk)
        return self._sum(now, lambda name: _batch(name) != batch)

    def _sum(self, now: int, counts: Callable[[str], bool]) -> Rupiah:
        return Rupiah(sum(each.amount.sen for name, each in self.by_chunk.items() if each.until > now and counts(name)))


class FundsStore:
    """The item in the table. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> Reservations:
        """The reservations as they are."""
        item = self._table.get(_KEY) or {}
        found = {name: Reservation(Rupiah(sen), until) for name, (sen, until) in item.get("chunks", {}).items()}
        return Reservations(found, item.get("version", 0), item.get("released", 0))

    def replace(self, read: Reservations, chunk: str, reservation: Reservation | None, now: int) -> bool:
        """Set or remove one reservation, and drop those that have ended. False if the item was changed since `read`."""
        kept = {name: each for name, each in read.by_chunk.items() if name != chunk and each.until > now}
        removed = sum(each.amount.sen for name, each in read.by_chunk.items() if name not in kept)
        if reservation is not None:
            kept[chunk] = reservation
        item = {
            "pk": _KEY,
            "chunks": {name: [each.amount.sen, each.until] for name, each in kept.items()},
            "version": read.version + 1,
            "released": read.released + removed,
        }
        condition = "attribute_not_exists(pk)" if read.version == 0 else "#version = :expected"
        names, values = ({}, {}) if read.version == 0 else ({"#version": "version"}, {":expected": read.version})
        try:
            self._table.put(item, condition, names, values)
        except ConditionFailed:
            return False
        return True


def _batch(chunk: str) -> str:
    return chunk.rpartition("#")[0]
