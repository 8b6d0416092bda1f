"""A DOKU that executes late, denies what it has, or gives two references: what is shown never invites a second payment.

The stateful tests draw such histories at random; here is one of each, to be read.
"""

import pytest

from tests.support.harness import World, order

DAY = 24 * 3600


def check_at(world: World, reference: str, seconds: float) -> tuple[str, str, bool]:
    """Status, nextAction and finality after a status check so many seconds later."""
    world.clock.advance(seconds)
    world.request("POST", f"/v1/transfers/{reference}/status-checks")
    body = world.get(reference).body
    return body["status"], body["nextAction"], body["final"]


@pytest.mark.covers("I1", "I2")
def test_a_401_after_executing_is_not_sent_again(world: World) -> None:
    body = order()
    reference = body["partnerReferenceNo"]
    world.doku.settings(duplicate_check=False)
    world.doku.fault("transfer", "unauthorized-after")
    assert world.create(body).body["status"] == "SUCCESS"
    assert [one["httpStatus"] for one in world.sent(reference)] == [401]
    assert len(world.debits(reference)) == 1


@pytest.mark.covers("I6", 20)
def test_not_found_for_hours_and_then_executed_is_paid(world: World) -> None:
    body = order()
    reference = body["partnerReferenceNo"]
    world.doku.fault("transfer", "late", seconds=2 * DAY)
    assert world.create(body).body["status"] == "IN_DOUBT"
    shown = [check_at(world, reference, seconds) for seconds in (60, 600, 3600, 36_000)]
    assert shown[-1] == ("IN_DOUBT", "ASK_DOKU", False)
    assert not any(final for _, _, final in shown)
    assert check_at(world, reference, 2 * DAY) == ("SUCCESS", "NONE", True)


@pytest.mark.covers("I5", "I6")
def test_executed_after_absence_was_inferred_is_disputed(world: World) -> None:
    body = order()
    reference = body["partnerReferenceNo"]
    world.doku.fault("transfer", "late", seconds=5 * DAY)
    world.create(body)
    shown = [check_at(world, reference, 15 * 3600) for _ in range(6)]
    assert [status for status, _, _ in shown] == ["IN_DOUBT"] * 5 + ["FAILED"]
    assert world.get(reference).body["fee"] is not None, "whether DOKU took a fee is not known"
    assert check_at(world, reference, 2 * DAY) == ("DISPUTED", "SETTLE", False)


@pytest.mark.covers(21)
def test_a_second_reference_is_disputed(world: World) -> None:
    body = order()
    world.create(body)
    world.doku.fault("status", "other-reference")
    assert check_at(world, body["partnerReferenceNo"], 60)[:2] == ("DISPUTED", "SETTLE")


@pytest.mark.covers("I1")
def test_two_references_of_one_double_execution_are_disputed(world: World) -> None:
    """DOKU refuses with 401, denies the transfer, and executes it after the second send. Nothing can prevent this."""
    body = order()
    reference = body["partnerReferenceNo"]
    world.doku.settings(duplicate_check=False)
    world.doku.fault("transfer", "late", seconds=DAY, how="unauthorized")
    assert world.create(body).body["status"] == "ACCEPTED"
    assert check_at(world, reference, 60)[0] == "SUCCESS"
    assert check_at(world, reference, DAY)[:2] == ("DISPUTED", "SETTLE")
    assert len(world.debits(reference)) == 2
