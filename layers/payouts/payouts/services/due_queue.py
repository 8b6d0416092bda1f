"""The due slots of one tick, read page by page from all its shards."""

from collections import deque
from collections.abc import Iterable

from payouts.domain.errors import PayoutError
from payouts.store.due_index import DueIndex, Slot

_PAGE = 50
"""Slots read from a shard at once."""


class DueQueue:
    """Slots that are due at `now` (milliseconds), oldest first within each round of pages. Not safe for threads."""

    def __init__(self, index: DueIndex, shards: Iterable[int], now: int) -> None:
        self._index = index
        self._shards = list(shards)
        self._now = now
        self._slots: deque[Slot] = deque()
        self._seen: set[Slot] = set()
        self.complete = True
        """False if a shard could not be read."""
        self.oldest_at: int | None = None
        """When the oldest slot came due; None if none is."""

    def __bool__(self) -> bool:
        return bool(self._slots)

    def pop(self) -> Slot:
        """The next slot, and remove it."""
        return self._slots.popleft()

    def fill(self) -> None:
        """Read the next page of every shard that has more, if the queue is empty."""
        if self._slots:
            return
        found = sorted(slot for shard in list(self._shards) for slot in self._page(shard))
        if found and self.oldest_at is None:
            self.oldest_at = found[0].at
        self._seen.update(found)
        self._slots.extend(found)

    def _page(self, shard: int) -> list[Slot]:
        """New slots of a shard. A shard without any, or that cannot be read, is not read again in this tick."""
        try:
            new = self._unseen(shard)
        except PayoutError:  # the other shards go on
            self.complete, new = False, []
        if not new:
            self._shards.remove(shard)
        return new

    def _unseen(self, shard: int) -> list[Slot]:
        """The first page with new slots. While the index lags, slots that were taken already still look due."""
        slots, start = self._index.due(shard, self._now, _PAGE)
        while not (new := [slot for slot in slots if slot not in self._seen]) and start is not None:
            slots, start = self._index.due(shard, self._now, _PAGE, start)
        return new
