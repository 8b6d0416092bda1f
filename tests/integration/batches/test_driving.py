"""The poller drives batches: whatever is lost, stuck or unreadable, the others get on."""

import json
from dataclasses import replace
from typing import Any

import pytest

from local.in_process.batches import QUEUE, Batches
from payouts import wiring
from payouts.batch_wiring import build_batches
from payouts.domain.batch import Action, Batch, BatchStatus, Event, Totals
from payouts.domain.batch_rows import CHUNK_ROWS, BatchRow, Phase, RowOutcome, checked_summary
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.services.batch_lease import ChunkLeases
from payouts.services.drive_batches import BatchDriver
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.table import Table
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import World

CHUNKS = range(4)


def table_of(world: World) -> Table:
    return Table(world.dynamodb, world.environment["TABLE_NAME"])


def set_attribute(world: World, reference: str, name: str, value: str) -> None:
    """Change a batch's item as another version of the software would have written it."""
    table_of(world).update(
        f"BATCH#{reference}", "SET #name = :value", "attribute_exists(pk)", {"#name": name}, {":value": value}
    )


def test_a_batch_of_a_newer_version_stops_nothing_else(world: World, batches: Batches) -> None:
    """After a rollback: neither other batches nor the status checks of transfers."""
    newer, other = new_batch(), new_batch()
    for reference in (newer, other):
        batches.approved(reference, row())
    set_attribute(world, newer, "status", "FROZEN")
    world.clock.advance(61)
    world.tick()
    batches.work()
    batches.pass_time(12)
    assert batches.get(other)["status"] == "DONE"


def stored(
    world: World,
    status: BatchStatus,
    chunks: int = len(CHUNKS),
    outcome: RowOutcome = RowOutcome.OK,
    **summary: Any,
) -> Batch:
    """A batch of chunks with a row each, whose summaries have these fields."""
    reference, table = new_batch(), table_of(world)
    intents = [Intent(f"{reference}-{each}", "62811", "123", "014", Rupiah(100), "") for each in range(chunks)]
    rows = [[BatchRow(number, each, outcome)] for number, each in enumerate(intents, 1)]
    summaries = [replace(checked_summary(each), **summary) for each in rows]
    ChunkStore(table).load(reference, rows, summaries, int(world.clock() * 1000))
    batch = Batch(reference, "1:x", 0, chunks * CHUNK_ROWS, status=status, limits_taken=True, released_at=1)
    BatchStore(table).create(batch)
    return replace(batch, version=1)


def driver_of(world: World) -> BatchDriver:
    """A driver where one worker runs at a time."""
    environment = {**world.environment, "BATCH_CONCURRENCY": "1"}
    return build_batches(environment, wiring.build_services(environment, world.clock), world.clock).driver


def enqueued(world: World, batch: Batch, most: int | None = None) -> list[int]:
    """The chunks that a tick enqueues, or a worker with `most`."""
    url, found = world.environment[QUEUE], []
    driver_of(world).drive(batch, lambda: 60.0, most)
    while messages := world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for each in messages:
            world.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        found += [json.loads(each["Body"]) for each in messages]
    return sorted(each["chunk"] for each in found if each["batch"] == batch.reference and "chunk" in each)


def try_in_vain(world: World, batch: Batch, index: int) -> None:
    """As a worker that has the chunk for a moment."""
    with ChunkLeases(ChunkStore(table_of(world)), world.clock).held(batch.reference, index, lambda: 60.0):
        pass


def test_chunks_that_cannot_be_finished_hold_up_no_others(world: World) -> None:
    """Such as rows of a bank that is down: the first chunks stay unfinished, and the rest must have their turn."""
    batch = stored(world, BatchStatus.PAYING, phase=Phase.CHECKED)
    turns = []
    for _ in range(3):
        turns.append(enqueued(world, batch))
        for index in turns[-1]:
            try_in_vain(world, batch, index)
        world.clock.advance(60)
    assert {len(each) for each in turns} == {2}
    assert {index for each in turns for index in each} == set(CHUNKS)


def test_a_worker_enqueues_what_its_chunk_made_room_for(world: World) -> None:
    """The chunks before are enqueued already; a second message about them would leave a worker without work."""
    batch = stored(world, BatchStatus.PAYING, phase=Phase.CHECKED)
    assert enqueued(world, batch) == [0, 1]
    ChunkStore(table_of(world)).save_summary(batch.reference, 0, replace(checked_summary([]), phase=Phase.PAID), 1)
    assert enqueued(world, batch, most=1) == [2]


@pytest.mark.parametrize(
    ("status", "outcome", "phase", "end"),
    [
        (BatchStatus.CHECKING, RowOutcome.PENDING, Phase.LOADED, "NEEDS_ATTENTION"),
        (BatchStatus.CANCELLING, RowOutcome.OK, Phase.CHECKED, "CANCELLED"),
    ],
)
def test_messages_do_not_multiply(
    world: World, batches: Batches, status: BatchStatus, outcome: RowOutcome, phase: Phase, end: str
) -> None:
    """Two for each chunk, and the first ones: whoever finds that a chunk is finished enqueues no other."""
    batch = stored(world, status, 12, outcome, phase=phase)
    driver_of(world).drive(batch, lambda: 60.0)
    handled = batches.work()
    assert batches.get(batch.reference)["status"] == end
    assert 12 <= handled.succeeded <= 2 * 12 + 2


def test_all_open_chunks_are_settled_in_one_round(world: World) -> None:
    """One transfer may stay in doubt for days; the figures of the other chunks must not wait for it."""
    batch = stored(world, BatchStatus.SETTLING, phase=Phase.PAID, open=1)
    assert enqueued(world, batch) == list(CHUNKS)


def test_open_transfers_of_a_cancelled_batch_are_read(world: World) -> None:
    batch = stored(world, BatchStatus.CANCELLED, phase=Phase.PAID, open=1)
    batch = replace(batch, history=(Event(int(world.clock() * 1000), "system", Action.CANCELLED),))
    assert enqueued(world, batch) == list(CHUNKS)


def test_a_batch_goes_on_once_its_next_chunk_is_covered(world: World) -> None:
    """The next is the one that was tried longest ago; `waiting_since` keeps the deadline if funds are missing again."""
    large = Totals(1, Rupiah(300_000_00), Rupiah(0))
    batch = stored(world, BatchStatus.WAITING_FOR_FUNDS, phase=Phase.CHECKED, payable=large)
    chunks, now = ChunkStore(table_of(world)), int(world.clock() * 1000)
    for index in CHUNKS[1:]:
        chunks.save_summary(batch.reference, index, replace(checked_summary([]), phase=Phase.CHECKED), now)
    batch = replace(batch, waiting_since=now)
    world.doku.deposit("250000.00")
    assert driver_of(world).drive(batch, lambda: 60.0).status is BatchStatus.WAITING_FOR_FUNDS
    world.doku.deposit("350000.00")
    assert driver_of(world).drive(batch, lambda: 60.0).status is BatchStatus.PAYING
