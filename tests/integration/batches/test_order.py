"""The order in which chunks are worked on: none holds up the others."""

from typing import Any

import pytest

from local.in_process.batches import Batches
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import World

WORKERS = {"BATCH_CONCURRENCY": "1"}
"""So that two chunks are enqueued at once."""


@pytest.fixture
def batches(world: World) -> Batches:
    world = World.start({**world.environment, **WORKERS}, world.clock, world.doku)
    return Batches.start(world)


def muted(world: World, account: str) -> dict[str, Any]:
    """A row whose account inquiries get no answer."""
    world.doku.fault("inquiry", "error-before", times=None, partnerReferenceNo=account)
    return row(beneficiaryAccountNumber=account)


def test_rows_without_an_answer_do_not_hold_up_a_check(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, *[muted(world, f"555100{number}") for number in range(5)], row(), row())
    batches.pass_time(5)
    assert [each["outcome"] for each in batches.rows(reference)] == ["COULD_NOT_CHECK"] * 5 + ["OK"] * 2


def test_after_an_hour_people_decide_about_rows_without_an_answer(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, *[muted(world, f"555100{number}") for number in range(6)])
    batches.pass_time(2)
    assert batches.get(reference)["status"] == "CHECKING"
    world.clock.advance(3600)
    batches.pass_time(3)
    assert batches.get(reference)["status"] == "NEEDS_ATTENTION"


@pytest.mark.covers("I35")
def test_rows_without_an_answer_do_not_hold_up_a_payment(world: World, batches: Batches) -> None:
    reference = new_batch()
    silent = [row(beneficiaryAccountNumber=f"555200{number}") for number in range(3)]
    batches.approved(reference, *silent, row(), row())
    for each in silent:
        muted(world, each["beneficiaryAccountNumber"])
    batches.pass_time(5)
    assert [len(world.sent(f"{reference}-{number}")) for number in range(1, 6)] == [0, 0, 0, 1, 1]
    world.doku.heal()
    batches.pass_time(15)
    assert batches.get(reference)["status"] == "DONE"


def test_chunks_without_an_answer_do_not_hold_up_others(world: World, batches: Batches) -> None:
    """Two of them are as many as are enqueued at once."""
    reference = new_batch()
    silent = row(beneficiaryAccountNumber="5553000")
    batches.create(reference, *[silent] * 200, row())
    muted(world, "5553000")
    batches.pass_time(2)
    assert [each["outcome"] for each in batches.rows(reference, outcome="OK")] == ["OK"]


def test_open_transfers_of_some_chunks_do_not_hide_the_others(world: World, batches: Batches) -> None:
    """Each chunk is read every five minutes, also if the first ones stay open."""
    reference = new_batch()
    batches.approved(reference, *[row() for _ in range(101)])
    batches.work()
    world.doku.fault("status", "pending", times=None, partnerReferenceNo=f"{reference}-1")
    batches.pass_time(12)
    assert batches.get(reference)["statuses"]["SUCCESS"]["count"] == 100
    assert batches.get(reference)["status"] == "SETTLING"
