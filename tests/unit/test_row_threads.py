"""Rows of a chunk that are worked on at once: how many, in which order, and what stops them."""

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Event, Lock

import pytest

from payouts.domain.batch_rows import BatchRow
from payouts.services.pay_run import REFUSALS, SILENCES, PayRun
from payouts.services.row_threads import ROWS_AT_ONCE, work_on
from payouts.store.chunk_items import NotPaid

PATIENCE = 30.0
"""Seconds after which a test of threads that wait for each other fails."""
BRIEFLY = 0.1
"""Seconds that a thread waits for another one that is not to come."""
WHY = NotPaid("4034218", "refused")


def rows(count: int) -> list[BatchRow]:
    return [BatchRow(number, None) for number in range(1, count + 1)]


class Began:
    """The rows that have begun, and how many were under way at most."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.most = 0
        self._under_way = 0
        self._lock = Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._under_way -= 1


def test_several_rows_are_under_way_at_once() -> None:
    together, began = Barrier(ROWS_AT_ONCE), Began()

    def work(row: BatchRow) -> bool:
        with began:
            together.wait(PATIENCE)
        return True

    work_on(rows(3 * ROWS_AT_ONCE), work, lambda: True)
    assert began.most == ROWS_AT_ONCE


def test_rows_go_one_by_one_unless_it_goes_well() -> None:
    """The first row waits in vain for a second one to begin."""
    together, began = Barrier(2), Began()

    def work(row: BatchRow) -> bool:
        began.rows.append(row.number)
        with began, suppress(BrokenBarrierError):  # broken for all others once the first has waited
            together.wait(BRIEFLY)
        return True

    work_on(rows(20), work, lambda: False)
    assert (began.most, began.rows) == (1, list(range(1, 21)))


def test_rows_under_way_at_a_stop_are_finished() -> None:
    together, stopped, done = Barrier(ROWS_AT_ONCE), Event(), list[int]()

    def work(row: BatchRow) -> bool:
        together.wait(PATIENCE)
        if row.number == 1:
            stopped.set()
            return False
        assert stopped.wait(PATIENCE)
        done.append(row.number)
        return True

    work_on(rows(ROWS_AT_ONCE), work, lambda: True)
    assert sorted(done) == list(range(2, ROWS_AT_ONCE + 1))


def test_rows_after_a_stop_do_not_begin() -> None:
    begun: list[int] = []

    def work(row: BatchRow) -> bool:
        begun.append(row.number)
        return row.number < 3

    work_on(rows(20), work, lambda: False)
    assert begun == [1, 2, 3]


def test_an_error_of_a_row_stops_the_others_and_is_raised() -> None:
    begun: list[int] = []

    def work(row: BatchRow) -> bool:
        begun.append(row.number)
        if row.number == 2:
            raise ValueError("row 2")
        return True

    with pytest.raises(ValueError, match="row 2"):
        work_on(rows(20), work, lambda: False)
    assert begun == [1, 2]


def test_no_rows_are_no_work() -> None:
    work_on([], lambda row: False, lambda: True)


def test_it_goes_well_once_a_row_was_accepted() -> None:
    run = PayRun({})
    assert not run.goes_well()
    run.accepted()
    assert run.goes_well()
    troubles: list[Callable[[], bool]] = [lambda: run.refused(1), run.unclear, run.silent]
    for trouble in troubles:
        trouble()
        assert not run.goes_well()
        run.accepted()
        assert run.goes_well()


def test_reasons_of_too_many_refusals_are_dropped() -> None:
    """Also of a row that was under way when the last of them was refused."""
    run = PayRun({7: WHY})
    for row in range(REFUSALS):
        run.not_paid(row, WHY)
        assert run.refused(row) is (row == REFUSALS - 1)
    run.accepted()
    run.not_paid(9, WHY)
    assert run.refused(9)
    assert list(run.reasons) == [7]


def test_an_accepted_row_ends_a_row_of_troubles() -> None:
    run = PayRun({})
    for _ in range(REFUSALS - 1):
        assert not run.refused(1)
        assert not run.unclear()
    for _ in range(SILENCES - 1):
        assert not run.silent()
    run.accepted()
    assert not run.refused(2)
    assert not run.unclear()
    assert not run.silent()


def test_reasons_are_in_the_order_of_the_rows() -> None:
    run = PayRun({5: WHY})
    for row in (9, 1):
        run.not_paid(row, WHY)
    assert list(run.reasons) == [1, 5, 9]
