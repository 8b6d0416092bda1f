"""Batches in trouble: lost and dead-lettered messages, a silent DOKU, competing funds, limits that are taken once."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest

from local.in_process.batches import QUEUE, Batches
from tests.integration.batches.rows import new_batch, row
from tests.integration.batches.test_payment import debits
from tests.support.harness import Crash, World


def lose_messages(world: World) -> None:
    """Take all messages out of the queue, as if they were dead-lettered."""
    url = world.environment[QUEUE]
    while messages := world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for each in messages:
            world.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])


@pytest.mark.covers("I35")
def test_chunks_whose_messages_are_lost_are_enqueued_again(world: World, batches: Batches) -> None:
    """At the check and at the payment: such as messages in the dead-letter queue."""
    reference = new_batch()
    batches.create(reference, row(), row())
    lose_messages(world)
    batches.pass_time(1)
    assert batches.get(reference)["status"] == "READY"
    batches.submit(reference)
    batches.approve(reference)
    lose_messages(world)
    batches.pass_time(2)
    assert batches.get(reference)["status"] == "SETTLING"
    assert debits(world, reference, 2) == [1, 1]


@pytest.mark.covers("I35")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_driver_that_dies_while_it_enqueues_is_repeated(world: World, batches: Batches, when: str) -> None:
    reference = new_batch()
    at = datetime.fromtimestamp(world.clock() + 60, UTC).isoformat()
    batches.approved(reference, row(), row(), scheduledAt=at)
    world.clock.advance(61)
    hooks = world.faults.crash_before if when == "before" else world.faults.crash_after
    hooks("SendMessageBatch")
    with suppress(Crash):
        world.tick()
    lose_messages(world)
    Batches.start(world.restarted()).pass_time(2)
    assert debits(world, reference, 2) == [1, 1]
    assert batches.get(reference)["status"] == "SETTLING"


@pytest.mark.covers("I35")
def test_a_chunk_that_fails_repeatedly_is_paid(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row())
    for _ in range(8):
        world.faults.throttle("BatchGetItem")
        assert batches.deliver(reference)["batchItemFailures"] == []  # the tick is sooner than SQS
    lose_messages(world)
    batches.pass_time(2)
    assert debits(world, reference, 2) == [1, 1]
    assert batches.get(reference)["status"] == "SETTLING"


@pytest.mark.covers("I35")
@pytest.mark.parametrize(
    ("operation", "kind"),
    [("inquiry", "throttled"), ("transfer", "throttled"), ("transfer", "maintenance"), ("balance", "reset-before")],
)
def test_rows_that_doku_did_not_take_are_sent_later(world: World, batches: Batches, operation: str, kind: str) -> None:
    """A throttle or a maintenance of some minutes. What DOKU has denied is never sent again."""
    reference = new_batch()
    batches.approved(reference, row(), row(), row(), row())
    world.doku.fault(operation, kind, times=3)
    batches.work()
    batches.pass_time(10)
    found = batches.get(reference)
    sent = [len(world.sent(f"{reference}-{number}")) for number in range(1, 5)]
    assert max(sent) <= 1
    assert sum(each["count"] for each in found["statuses"].values()) == 4
    assert found["statuses"]["SUCCESS"]["count"] == sum(debits(world, reference, 4))


@pytest.mark.covers("I35", "I36")
def test_two_batches_and_a_transfer_compete_for_funds(world: World, batches: Batches) -> None:
    """The balance covers one batch and half of the other: a single transfer takes what the first leaves."""
    first, second = new_batch(), new_batch()
    for reference in (first, second):
        batches.create(reference, row(), row())
    batches.work()
    for reference in (first, second):
        batches.submit(reference)
        batches.approve(reference)
    world.doku.deposit("700000.00")
    other = Batches.start(world.restarted())
    before = [lambda: None] * 2  # the reservation, then the first row's session

    def compete() -> None:
        other.deliver(second)

    world.faults.before["PutItem"] = [*before, compete]
    batches.deliver(first)
    assert other.get(second)["status"] == "WAITING_FOR_FUNDS"
    assert debits(world, second, 2) == [0, 0]
    assert world.create({**row(), "partnerReferenceNo": f"{second}-single"}).status in (201, 402, 403, 409, 422)
    batches.pass_time(1)
    assert debits(world, first, 2) == [1, 1]
    assert batches.get(second)["status"] == "WAITING_FOR_FUNDS"
    world.doku.deposit("1000000.00")
    batches.pass_time(2)
    assert debits(world, second, 2) == [1, 1]


def test_limits_are_counted_once_after_a_crash(world: World) -> None:
    """The driver died between the counter and the batch: the next tick does not count the batch again."""
    limits = {"DAILY_COUNT_LIMIT": "3", "TABLE_NAME": world.new_table()}
    world = World.start({**world.environment, **limits}, world.clock, world.doku)
    batches, reference = Batches.start(world), new_batch()
    at = datetime.fromtimestamp(world.clock() + 60, UTC).isoformat()
    batches.approved(reference, row(), row(), scheduledAt=at)
    world.clock.advance(61)
    world.faults.before["UpdateItem"] = [lambda: None] * 2  # the release, and the counter
    world.faults.crash_before("UpdateItem")
    with suppress(Crash):
        world.tick()
    world = world.restarted()
    batches = Batches.start(world)
    batches.pass_time(2)
    assert debits(world, reference, 2) == [1, 1]
    assert batches.approved(new_batch(), row())["status"] == "PAYING"


@pytest.mark.covers("I33")
def test_a_lowered_requirement_releases_no_pending_batch(world: World, batches: Batches) -> None:
    """The digest that people see says that an approval is required."""
    reference = new_batch()
    batches.create(reference, row())
    batches.work()
    batches.submit(reference)
    without = World.start({**world.environment, "APPROVALS_REQUIRED": "0"}, world.clock, world.doku)
    batches = Batches.start(without)
    batches.pass_time(3)
    assert batches.get(reference)["status"] == "PENDING_APPROVAL"
    assert without.sent(f"{reference}-1") == []
    assert batches.approve(reference).body["status"] == "PAYING"


def test_a_batch_approved_after_its_time_is_paid_at_once(world: World, batches: Batches) -> None:
    reference = new_batch()
    at = datetime.fromtimestamp(world.clock() + 600, UTC).isoformat()
    batches.create(reference, row(), scheduledAt=at)
    batches.work()
    batches.submit(reference)
    world.clock.advance(3600)
    assert batches.approve(reference).body["status"] == "PAYING"
    batches.work()
    assert len(world.sent(f"{reference}-1")) == 1
