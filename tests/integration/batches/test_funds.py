"""Funds: what chunks reserve of the balance, and what becomes of a batch that the balance does not cover."""

from functools import partial
from typing import Any

import pytest

from local.in_process.batches import Batches
from payouts import wiring
from payouts.batch_wiring import build_batches
from payouts.domain.money import Rupiah
from payouts.services.batch_funds import Cover, Funds
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import World


@pytest.fixture
def funds(world: World) -> Funds:
    world.environment["TABLE_NAME"] = world.new_table()
    deployed = wiring.build_services(world.environment, world.clock)
    found = build_batches(world.environment, deployed, world.clock).funds
    found.cover("A#0", Rupiah(0), lambda: 300.0)  # for a token, so that later writes are those of the reservations
    return found


def _nothing() -> None:
    """For the other's own write."""


def reserve(world: World, funds: Funds, chunk: str, rupiah: int) -> Cover:
    until = int(world.clock() * 1000) + 300_000
    return funds.reserve(chunk, Rupiah(rupiah * 100), until, lambda: 300.0)


def test_many_workers_reserve_at_once(world: World, funds: Funds) -> None:
    """Each of the others comes between the reading of this one and its write."""
    world.doku.deposit("1000000.00")
    others = [partial(reserve, world, funds, f"B#{number}", 1_000) for number in range(20)]
    hooks: list[Any] = [each for other in others for each in (other, _nothing)]
    world.faults.before["PutItem"] = hooks
    assert reserve(world, funds, "A#0", 1_000) is Cover.YES
    assert reserve(world, funds, "C#0", 979_001) is Cover.NO
    assert reserve(world, funds, "C#0", 979_000) is Cover.YES


@pytest.mark.covers("I35")
def test_what_was_spent_meanwhile_is_not_reserved_again(world: World, funds: Funds) -> None:
    world.doku.deposit("1000000.00")

    def spend() -> None:
        assert reserve(world, funds, "B#0", 600_000) is Cover.YES
        world.doku.deposit("400000.00")
        funds.release("B#0")

    world.faults.before["PutItem"] = [spend]
    assert reserve(world, funds, "A#0", 600_000) is Cover.NO


def test_a_chunk_that_is_not_covered_reserves_nothing(world: World, funds: Funds) -> None:
    world.doku.deposit("1000000.00")
    reserve(world, funds, "A#0", 600_000)
    assert reserve(world, funds, "B#0", 600_000) is Cover.NO
    assert reserve(world, funds, "C#0", 400_000) is Cover.YES


def test_what_the_same_batch_reserves_is_waited_for(world: World, funds: Funds) -> None:
    """Most of it may have been spent already, so that a batch waits for no top-up that it does not need."""
    world.doku.deposit("1000000.00")
    reserve(world, funds, "A#0", 600_000)
    assert reserve(world, funds, "A#1", 600_000) is Cover.LATER
    assert reserve(world, funds, "B#0", 600_000) is Cover.NO


def test_a_batch_does_not_wait_for_its_own_money(world: World, funds: Funds) -> None:
    world = world.restarted()
    batches, reference = Batches.start(world), new_batch()
    batches.approved(reference, row(), row())
    world.doku.deposit("409000.00")
    reserve(world, funds, f"{reference}#1", 9_000)  # by a chunk that has nearly finished
    batches.deliver(reference)
    assert batches.get(reference)["status"] == "PAYING"
    funds.release(f"{reference}#1")
    batches.pass_time(1)
    assert [len(world.sent(f"{reference}-{number}")) for number in (1, 2)] == [1, 1]


def test_repeated_refusals_for_lack_of_funds_pause(world: World) -> None:
    """DOKU's balance covers the rows, and DOKU does not take them: each attempt uses up a reference."""
    batches, reference = Batches.start(world), new_batch()
    batches.approved(reference, *[row() for _ in range(10)])
    world.doku.fault("transfer", "unknown-code", responseCode="4034314", execute=False, times=None)
    batches.work()
    batches.pass_time(5)
    found = batches.get(reference)
    assert (found["status"], found["statuses"]["FAILED"]["count"]) == ("PAUSED", 2)
    world.doku.heal()
    batches.request("POST", f"{reference}/resume")
    batches.work()
    assert batches.get(reference)["statuses"]["ACCEPTED"]["count"] == 8


def test_the_wait_for_funds_ends_though_it_was_interrupted(world: World) -> None:
    batches, reference = Batches.start(world), new_batch()
    batches.approved(reference, row())
    world.doku.deposit("1000.00")
    batches.work()
    world.clock.advance(71 * 3600)
    world.doku.deposit("1000000.00")
    world.tick()
    assert batches.get(reference)["status"] == "PAYING"
    world.doku.deposit("1000.00")
    batches.work()
    world.clock.advance(2 * 3600)
    batches.pass_time(3)
    assert batches.get(reference)["status"] == "CANCELLED"
