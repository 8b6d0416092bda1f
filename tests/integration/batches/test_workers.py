"""Workers that meet: repeated messages, and writes of one item at the same time."""

import pytest

from local.in_process.batches import Batches
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import World


@pytest.mark.parametrize("operation", ["TransactWriteItems", "UpdateItem"])
def test_a_check_survives_simultaneous_writes(world: World, batches: Batches, operation: str) -> None:
    """Chunks share the item of their summaries; inquiries that were answered are not asked again."""
    reference = new_batch()
    batches.create(reference, row(), row())
    world.faults.conflict(operation, times=3)
    batches.deliver(reference)
    assert {each["outcome"] for each in batches.rows(reference)} == {"OK"}
    assert batches.get(reference)["status"] == "READY"


def test_a_repeated_check_writes_nothing(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, *[row() for _ in range(101)])
    batches.deliver(reference)
    world.faults.calls.clear()
    batches.deliver(reference)
    assert "TransactWriteItems" not in world.faults.calls


def test_a_chunk_that_failed_waits_for_the_next_tick(world: World, batches: Batches) -> None:
    """SQS would deliver its message half an hour later."""
    reference = new_batch()
    batches.create(reference, row())
    batches.work(most=0)
    world.faults.throttle("UpdateItem")
    assert batches.deliver(reference) == {"batchItemFailures": []}
    batches.pass_time(1)
    assert batches.get(reference)["status"] == "READY"


def test_messages_left_over_from_the_payment_read_no_transfers(world: World, batches: Batches) -> None:
    """Each chunk is enqueued more than once; its figures are those of a moment ago."""
    reference = new_batch()
    batches.approved(reference, row(), row())
    batches.work()
    assert batches.get(reference)["status"] == "SETTLING"
    world.faults.calls.clear()
    batches.deliver(reference)
    assert "BatchGetItem" not in world.faults.calls
    world.clock.advance(300)
    world.tick()
    batches.deliver(reference)
    assert batches.get(reference)["statuses"]["SUCCESS"]["count"] == 2
