"""Lets one worker at a time have a chunk. A worker that dies loses it when Lambda would have stopped the worker."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from payouts.doku.time_limits import Remaining
from payouts.domain.errors import PayoutError
from payouts.store.batch_chunks import ChunkStore

MARGIN_SECONDS = 60.0
"""Added to the worker's time, for clock differences: CANCELLED promises that no worker is left."""


class ChunkLeases:
    """Leases of chunks."""

    def __init__(self, chunks: ChunkStore, clock: Callable[[], float]) -> None:
        self._chunks = chunks
        self._clock = clock

    @contextmanager
    def held(self, reference: str, index: int, remaining: Remaining) -> Iterator[int | None]:
        """Hold the chunk for the `with`; yields the lease's end in milliseconds, None if another worker has it."""
        now = int(self._clock() * 1000)
        until = now + int((remaining() + MARGIN_SECONDS) * 1000)
        if not self._chunks.take_lease(reference, index, now, until):
            yield None
            return
        try:
            yield until
        except PayoutError:
            self._release(reference, index, now, until)
            raise
        self._release(reference, index, now, until)

    def _release(self, reference: str, index: int, taken: int, until: int) -> None:
        with suppress(PayoutError):  # it ends by itself
            self._chunks.release(reference, index, taken, until)
