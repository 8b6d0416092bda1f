"""Works on several rows of a chunk at once: a row mostly waits for DOKU, and a waiting worker is paid for."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition

from payouts.domain.batch_rows import BatchRow

ROWS_AT_ONCE = 4
"""Rows of a chunk that are under way at most. More would be refused or unclear before the first of them is noticed."""


class _Rows:
    """Hands each row to one thread, in order. Safe for threads."""

    def __init__(self, rows: Sequence[BatchRow], at_once: Callable[[], int]) -> None:
        self._rows: Iterator[BatchRow] = iter(rows)
        self._at_once = at_once
        self._under_way = 0
        self._changed = Condition()

    def take(self) -> BatchRow | None:
        """Wait until another row may begin. None if there is none, or after a stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way < self._at_once())
            row = next(self._rows, None)
            if row is not None:
                self._under_way += 1
            return row

    def done(self, go_on: bool) -> None:
        """A row is done. No further row begins unless the work goes on."""
        with self._changed:
            self._under_way -= 1
            if not go_on:
                self._rows = iter(())
            self._changed.notify_all()


def work_on(rows: Sequence[BatchRow], work: Callable[[BatchRow], bool], goes_well: Callable[[], bool]) -> None:
    """Call `work` for the rows, which begin in their order, until it returns False or raises.

    One row at a time unless it `goes_well`: what is wrong with all rows shows with few of them. Rows that have begun
    are finished. Raises what a `work` has raised.
    """
    queue = _Rows(rows, lambda: ROWS_AT_ONCE if goes_well() else 1)

    def work_on_next() -> None:
        while (row := queue.take()) is not None:
            go_on = False
            try:
                go_on = work(row)
            finally:
                queue.done(go_on)

    threads = min(ROWS_AT_ONCE, len(rows))
    if not threads:
        return
    with ThreadPoolExecutor(threads) as executor:
        running = [executor.submit(work_on_next) for _ in range(threads)]
    for each in running:
        each.result()
