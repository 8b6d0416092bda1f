"""The keys of batches, and the index of those to drive. Apart, since the poller reads it in every tick."""

from collections.abc import Iterator

from payouts.store.table import Table

DUE = "batches"
"""The partition of the `due` index that has the batches. Pollers of transfers read numbered ones."""
_PAGE = 100


def key(reference: str) -> str:
    """The `pk` of a batch."""
    return f"BATCH#{reference}"


def reference_of(pk: str) -> str:
    """The batchReference of a `pk`."""
    return pk.removeprefix(key(""))


def due_batches(table: Table, now: int) -> Iterator[str]:
    """References of the batches to drive by now (milliseconds), oldest first. The index is eventually consistent.

    Raises Throttled or Unavailable.
    """
    start = None
    while True:
        found, start = table.query(
            "due",
            KeyConditionExpression="dueShard = :shard AND nextCheckAt <= :now",
            values={":shard": DUE, ":now": now},
            start=start,
            Limit=_PAGE,
        )
        yield from (reference_of(item["pk"]) for item in found)
        if start is None:
            return
