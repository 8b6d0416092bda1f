"""Rows of a chunk that one worker checks and pays at once: nothing of one becomes part of another."""

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier

import pytest

from local.in_process.batches import Batches
from payouts.services.pay_run import REFUSALS
from payouts.services.row_threads import ROWS_AT_ONCE
from tests.integration.batches.rows import new_batch, row
from tests.integration.batches.test_payment import debits
from tests.support.harness import Crash, World

PATIENCE = 30.0
"""Seconds after which a test of threads that wait for each other fails."""


def _nothing() -> None:
    """For a call that nothing happens to."""


def _waiting_for(together: Barrier) -> list[Callable[[], None]]:
    """Hooks of the rows under way, each of which waits for the others."""

    def wait() -> None:
        together.wait(PATIENCE)

    return [wait] * ROWS_AT_ONCE


@pytest.mark.covers("I33", "I36")
def test_rows_at_once_pay_each_its_own(world: World, batches: Batches) -> None:
    """Each row has another amount and another holder; after the first, four wait for each other."""
    reference, count = new_batch(), 1 + 2 * ROWS_AT_ONCE
    rows = [row(beneficiaryAccountNumber=f"77700{number}", amount=_rupiah(number)) for number in range(count)]
    for number, each in enumerate(rows):
        each["beneficiaryAccountName"] = f"HOLDER {'ABCDEFGHI'[number]}"
        world.doku.account("014", each["beneficiaryAccountNumber"], each["beneficiaryAccountName"])
    batches.approved(reference, *rows)
    together = Barrier(ROWS_AT_ONCE)
    waiting = _waiting_for(together)
    world.faults.before["PutItem"] = [_nothing] * 3 + waiting  # the reservation, and the first row alone
    batches.deliver(reference)
    assert not together.broken
    shown = batches.rows(reference)
    assert [each["row"] for each in shown] == list(range(1, count + 1))
    for number, each in enumerate(rows):
        (debit,) = world.debits(f"{reference}-{number + 1}")
        stored = world.existing(f"{reference}-{number + 1}")
        assert stored.intent.beneficiary_account_number == each["beneficiaryAccountNumber"]
        assert stored.intent.beneficiary_account_name == each["beneficiaryAccountName"]
        assert str(stored.intent.amount) == each["amount"]["value"]
        assert debit is not None


def _rupiah(number: int) -> dict[str, str]:
    return {"value": f"{200_000 + number}.00", "currency": "IDR"}


@pytest.mark.sweep
@pytest.mark.covers("I33", "I35")
@pytest.mark.parametrize("calls", [14, 17, 20, 23, 26, 29, 34, 41])
def test_a_worker_that_dies_with_rows_under_way_pays_each_once(world: World, batches: Batches, calls: int) -> None:
    """All of its threads end at their next call of AWS."""
    reference, count = new_batch(), 3 * ROWS_AT_ONCE
    batches.approved(reference, *[row() for _ in range(count)])
    made: list[str] = []

    def die(operation: str, body: str) -> None:
        made.append(operation)
        if len(made) > calls:
            raise Crash

    world.faults.watch = die
    with suppress(Crash):
        batches.deliver(reference)
    world.clock.advance(400)  # the lease of the worker that died
    world = world.restarted()
    Batches.start(world).pass_time(14)
    assert debits(world, reference, count) == [1] * count
    assert Batches.start(world).get(reference)["status"] == "DONE"


@pytest.mark.covers(67, "I38")
def test_a_cancellation_ends_after_the_rows_under_way(world: World, batches: Batches) -> None:
    reference, count = new_batch(), 4 * ROWS_AT_ONCE
    batches.approved(reference, *[row() for _ in range(count)])

    def cancel() -> None:
        batches.request("POST", f"{reference}/cancellation")

    together = Barrier(ROWS_AT_ONCE, cancel)
    waiting = _waiting_for(together)
    world.faults.before["PutItem"] = [_nothing] * 3 + waiting
    batches.deliver(reference)
    assert sum(debits(world, reference, count)) == 1 + ROWS_AT_ONCE
    batches.pass_time(3)
    found = batches.get(reference)
    assert (found["status"], found["notPaid"]["count"]) == ("CANCELLED", count - 1 - ROWS_AT_ONCE)


def test_five_refusals_pause_though_rows_go_at_once(world: World, batches: Batches) -> None:
    """Four are under way when DOKU begins to refuse, and the fifth goes alone."""
    reference, count = new_batch(), 4 * ROWS_AT_ONCE
    batches.approved(reference, *[row() for _ in range(count)])
    for number in range(2, count + 1):
        refused = {"responseCode": "4034302", "partnerReferenceNo": f"{reference}-{number}"}
        world.doku.fault("transfer", "unknown-code", execute=False, **refused)
    batches.deliver(reference)
    found = batches.get(reference)
    assert (found["status"], found["statuses"]["FAILED"]["count"]) == ("PAUSED", REFUSALS)


@pytest.mark.covers("I35")
@pytest.mark.parametrize("seconds", [60_000, 30_000])
def test_no_row_begins_without_the_time_for_it(world: World, batches: Batches, seconds: int) -> None:
    """The time ends while four rows are under way; the next worker sends the rest."""
    reference, count = new_batch(), 3 * ROWS_AT_ONCE
    batches.approved(reference, *[row() for _ in range(count)])
    left = [300_000]
    world.faults.before["PutItem"] = [_nothing] * 3 + [lambda: left.__setitem__(0, seconds)]
    batches.deliver(reference, remaining=lambda: left[0])
    sent = sum(debits(world, reference, count))
    assert 1 <= sent <= 1 + ROWS_AT_ONCE if seconds < 40_000 else sent == count
    world.clock.advance(400)
    batches.pass_time(14)
    assert debits(world, reference, count) == [1] * count


@pytest.mark.covers("I34")
def test_rows_checked_at_once_keep_their_own_names(world: World, batches: Batches) -> None:
    reference, count = new_batch(), 1 + 2 * ROWS_AT_ONCE
    rows = [row(beneficiaryAccountNumber=f"77800{number}") for number in range(count)]
    for number, each in enumerate(rows):
        world.doku.account("014", each["beneficiaryAccountNumber"], f"HOLDER {'ABCDEFGHI'[number]}")
    batches.create(reference, *rows)
    batches.deliver(reference)
    assert [each["bankAccountName"] for each in batches.rows(reference)] == [f"HOLDER {each}" for each in "ABCDEFGHI"]
