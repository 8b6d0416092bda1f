"""The readings of DOKU's balance: one item for each day, with what the next reading goes on from."""

from dataclasses import astuple, dataclass, replace
from datetime import timedelta

from payouts.domain.balance_proof import BalanceProof, Reading, Sums, levels_after, prove
from payouts.domain.days import day_after, start_of
from payouts.store.codec import Item
from payouts.store.table import ConditionFailed, Table

_KEPT = timedelta(days=40)
_NOTHING = Sums()


@dataclass(frozen=True, slots=True)
class BalanceDay:
    """A day's readings, the first of which is the last of the day before."""

    day: str
    version: int = 0
    """Number of writes; each is conditional on it."""
    readings: tuple[Reading, ...] = ()
    until: int = 0
    """Creations and returns up to this time (ms) are in `sums` or `in_doubt`, and are not read again."""
    sums: Sums = _NOTHING
    in_doubt: tuple[str, ...] = ()
    """References of transfers that DOKU may have taken the money of, or may not."""
    returned: tuple[str, ...] = ()
    """References of returns after `until` that the last reading has counted."""
    levels: tuple[Reading, ...] = ()
    """Readings of the days before that a fall is still measured from, less what those days showed as unexplained."""

    @property
    def proof(self) -> BalanceProof | None:
        """What the readings prove; None if there are none."""
        return prove(self.readings, self.levels)


class BalanceReadings:
    """Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, day: str) -> BalanceDay | None:
        """The stored day such as `2024-09-17`; None if nothing was read on it."""
        item = self._table.get(_key(day))
        return None if item is None else _decoded(item)

    def current(self, day: str) -> BalanceDay | None:
        """The day to add a reading to: as it is stored, or begun with what the day before hands on."""
        stored = self.read(day)
        before = None if stored else self.read(day_after(day, -1))
        if before is None:
            return stored
        levels = levels_after(before.readings, before.levels)
        return replace(before, day=day, version=0, readings=before.readings[-1:], levels=levels)

    def save(self, day: BalanceDay) -> bool:
        """Store the day. False if another invocation has written it."""
        try:
            self._table.put_version(_encoded(replace(day, version=day.version + 1)))
        except ConditionFailed:
            return False
        return True


def _key(day: str) -> str:
    return f"BALANCE#{day}"


def _encoded(day: BalanceDay) -> Item:
    return {
        "pk": _key(day.day),
        "balanceDay": day.day,
        "version": day.version,
        "readings": [_cells(reading) for reading in day.readings],
        "until": day.until,
        "sums": list(astuple(day.sums)),
        "inDoubt": list(day.in_doubt),
        "returned": list(day.returned),
        "levels": [_cells(reading) for reading in day.levels],
        "expiresAt": start_of(day.day) // 1000 + int(_KEPT.total_seconds()),
    }


def _cells(reading: Reading) -> list[int]:
    sums = astuple(reading.sums)
    known = (reading.asked, reading.answered, reading.available, reading.in_doubt, reading.late_refunds)
    return [*known, int(reading.starts), *sums]


def _decoded(item: Item) -> BalanceDay:
    return BalanceDay(
        item["balanceDay"],
        item["version"],
        tuple(_reading(cells) for cells in item["readings"]),
        item["until"],
        Sums(*item["sums"]),
        tuple(item["inDoubt"]),
        tuple(item["returned"]),
        tuple(_reading(cells) for cells in item.get("levels", ())),
    )


def _reading(cells: list[int]) -> Reading:
    asked, answered, available, in_doubt, late_refunds, starts, *sums = cells
    return Reading(asked, answered, available, Sums(*sums), in_doubt, late_refunds, bool(starts))
