"""The rate of requests to DOKU, shared by all processes: what DOKU allows, and what the API has taken of its share.

Two kinds of items: `RATE#doku` has the latest halving, `RATE#api#N` the requests taken in the Nth window of time.
"""

from payouts.domain.rate import Throttle
from payouts.store.codec import Item
from payouts.store.table import ConditionFailed, Table

_THROTTLE = "RATE#doku"
_KEPT_SECONDS = 3600
_SCALE = 10_000
"""The part of the rate is stored as a whole number of ten-thousandths."""


class RateStore:
    """The rate in the table. Raises Throttled or Unavailable if the table fails. Times in seconds since the epoch."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> Throttle:
        """The latest halving, or the one before it for a moment: it is used for seconds anyway."""
        return _decode(self._table.get(_THROTTLE, consistent=False))

    def replace(self, seen: Throttle, by: Throttle) -> Throttle:
        """Store a halving in place of the one that was `seen`. Returns the stored one, which another process may have
        stored first."""
        condition = "attribute_not_exists(halvedAt) OR halvedAt = :seen"
        values = {":seen": _millis(seen.at), ":at": _millis(by.at), ":left": round(by.left * _SCALE)}
        try:
            self._table.update(_THROTTLE, "SET halvedAt = :at, rateLeft = :left", condition, {}, values)
        except ConditionFailed as failed:
            return _decode(failed.item)
        return by

    def take(self, window: int, requests: int, limit: int, now: float) -> bool:
        """Count `requests` in a window, unless more than `limit` would be counted in it then. One write unit.

        If botocore sends a lost write again, they are counted twice, which only slows down.
        """
        values = {":none": 0, ":requests": requests, ":room": limit - requests, ":kept": int(now) + _KEPT_SECONDS}
        expression = "SET taken = if_not_exists(taken, :none) + :requests, expiresAt = :kept"
        condition = "attribute_not_exists(taken) OR taken <= :room"
        try:
            self._table.update(f"RATE#api#{window}", expression, condition, {}, values)
        except ConditionFailed:
            return False
        return True


def _decode(item: Item | None) -> Throttle:
    return Throttle(item["rateLeft"] / _SCALE, item["halvedAt"] / 1000) if item else Throttle()


def _millis(seconds: float) -> int:
    return int(seconds * 1000)
