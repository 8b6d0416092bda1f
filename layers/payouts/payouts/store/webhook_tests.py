"""The result of a test message, which the operator who asked for it waits for."""

from payouts.store.codec import Item
from payouts.store.table import ALWAYS, Table

_KEPT_SECONDS = 86_400


class WebhookTests:
    """Results in the table, by the id of the test. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, test_id: str, outcome: str, cause: str, now: float) -> None:
        """Store the result for a day. `now` in seconds since the epoch."""
        item: Item = {"pk": _key(test_id), "outcome": outcome, "cause": cause, "expiresAt": int(now) + _KEPT_SECONDS}
        self._table.put(item, ALWAYS, {}, {})

    def read(self, test_id: str) -> tuple[str, str] | None:
        """Outcome and cause; None if the test has no result yet."""
        item = self._table.get(_key(test_id))
        return None if item is None else (item["outcome"], item["cause"])


def _key(test_id: str) -> str:
    return f"WEBHOOK#test#{test_id}"
