"""Batches leave the poller's tick its time for status checks."""

from local.in_process.batches import Batches
from payouts.services.drive_due import drive_due
from payouts.store.batches import BatchStore
from payouts.store.table import Table
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import World


def waiting_for_funds(world: World, batches: Batches) -> str:
    reference = new_batch()
    batches.approved(reference, row())
    world.doku.deposit("1000.00")
    batches.work()
    assert batches.get(reference)["status"] == "WAITING_FOR_FUNDS"
    world.doku.deposit("9000000.00")
    return reference


def balances_asked(world: World) -> int:
    return sum(each["operation"] == "balance" for each in world.doku.ledger()["requests"])


def test_a_tick_asks_for_the_balance_once(world: World, batches: Batches) -> None:
    waiting = [waiting_for_funds(world, batches) for _ in range(3)]
    before = balances_asked(world)
    world.clock.advance(61)
    world.tick()
    assert balances_asked(world) - before == 1
    assert {batches.get(each)["status"] for each in waiting} == {"PAYING"}


def test_a_silent_balance_does_not_stop_other_batches(world: World, batches: Batches) -> None:
    pending = new_batch()
    batches.create(pending, row())
    batches.work()
    batches.submit(pending)
    world.clock.advance(7 * 86_400 - 30)
    waiting_for_funds(world, batches)
    waiting_for_funds(world, batches)
    world.clock.advance(120)
    world.doku.fault("balance", "error-before", times=None)
    before = balances_asked(world)
    world.tick()
    assert batches.get(pending)["status"] == "EXPIRED"
    assert balances_asked(world) - before == 1


def test_batches_for_which_no_time_was_left_are_counted(world: World, batches: Batches) -> None:
    references = [new_batch() for _ in range(3)]
    for reference in references:
        batches.create(reference, row())
    left = iter([60.0, 4.0, 4.0])
    store = BatchStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))
    driven = drive_due(references, store, world.services.batches().driver, lambda: next(left))
    assert (len(driven.batches), driven.failed, driven.left) == (1, [], 2)


def test_a_batch_that_does_not_get_on_is_stuck_after_an_hour(world: World, batches: Batches) -> None:
    """Its chunks are enqueued each minute, and no worker takes them."""
    reference = new_batch()
    batches.create(reference, row(), row())
    store = BatchStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))

    def stuck() -> bool:
        world.tick()
        batch = store.get(reference)
        assert batch is not None
        return batch.is_stuck(int(world.clock() * 1000))

    world.clock.advance(3_500)
    assert not stuck()
    world.clock.advance(101)
    assert stuck()
    batches.work()
    assert not stuck()
    world.clock.advance(7_200)
    assert not stuck()  # READY: a person is to get on with it


def test_a_batch_of_many_chunks_that_gets_on_slowly_is_not_stuck(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, *[row() for _ in range(201)])
    store = BatchStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))
    for _ in range(2):
        world.clock.advance(3_500)
        world.tick()
        batches.work(most=1)
    world.clock.advance(61)
    world.tick()
    batch = store.get(reference)
    assert batch is not None
    assert (batch.status, batch.rows_done) == ("CHECKING", 200)
    assert not batch.is_stuck(int(world.clock() * 1000))
