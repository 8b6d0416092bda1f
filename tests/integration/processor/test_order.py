"""Notifications early, late, repeated, out of order, or about unknown transfers (I5, I10, I11)."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.aws.event_source import Drained
from tests.integration.processor.notifications import (
    HOURS,
    MINUTES,
    REFUNDED,
    UNPAID,
    WAITS,
    announced,
    call_back,
    created,
    dead,
    findings,
    notified,
)
from tests.support.harness import World, crashing, new_reference, order


@pytest.mark.covers(31)
def test_a_notification_before_the_answer_is_applied(world: World) -> None:
    world.create(order())  # a token is there
    body = order(**UNPAID)
    reference = body["partnerReferenceNo"]
    world.doku.fault("transfer", "hold-after", partnerReferenceNo=reference)
    other = world.restarted()
    with ThreadPoolExecutor(1) as pool:
        creating = pool.submit(world.create, body)
        while not world.debits(reference):
            assert not creating.done()
        assert other.existing(reference).status == "SUBMITTING"
        world.clock.advance(5 * MINUTES)
        call_back(other, reference)
        assert other.pump().succeeded == 1
        assert other.existing(reference).status == "SUCCESS"
        world.doku.heal()
        answer = creating.result()
    assert (answer.status, answer.body["status"]) == (201, "SUCCESS")
    assert world.existing(reference).status == "SUCCESS"
    assert len(world.debits(reference)) == 1


@pytest.mark.covers(31)
def test_a_notification_about_a_submitting_transfer_is_applied(world: World) -> None:
    world.create(order())
    body = order(**UNPAID)
    reference = body["partnerReferenceNo"]
    world.faults.crash_before("UpdateItem")
    with crashing():
        world.create(body)
    after = world.restarted()
    assert (after.existing(reference).status, after.existing(reference).doku_reference_no) == ("SUBMITTING", "")
    world.clock.advance(5 * MINUTES)
    call_back(after, reference)
    assert after.pump().succeeded == 1
    assert after.existing(reference).status == "SUCCESS"
    assert after.existing(reference).doku_reference_no.startswith("DK")


@pytest.mark.covers(31)
def test_a_notification_waits_for_its_transfer(world: World) -> None:
    body = order(**UNPAID)
    reference = body["partnerReferenceNo"]
    notified(world, sendTrxId=reference, transactionId="DK99999999", transactionStatus="50")
    assert world.pump() == Drained(batches=1, failed=1)
    world.create(body)
    world.clock.advance(5 * MINUTES)
    assert world.pump() == Drained(batches=1, succeeded=1)
    assert world.existing(reference).status == "SUCCESS"


@pytest.mark.covers(31)
def test_a_notification_waits_for_dokus_record(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    world.doku.fault("status", "not-found", times=1, partnerReferenceNo=reference)
    call_back(world, reference)
    assert world.pump().failed == 1
    assert world.existing(reference).status == "UNPAID"
    world.clock.advance(WAITS[0] + 1)
    assert world.pump().succeeded == 1
    assert world.existing(reference).status == "SUCCESS"


@pytest.mark.covers(32)
def test_a_refund_waits_for_dokus_reference(world: World) -> None:
    world.create(order())
    body = order(**REFUNDED)
    reference = body["partnerReferenceNo"]
    world.doku.fault("transfer", "reset-after", partnerReferenceNo=reference)
    assert world.create(body).status == 202
    assert world.existing(reference).doku_reference_no == ""
    world.clock.advance(5 * MINUTES)
    call_back(world, reference)
    assert world.pump().failed == 1  # by transactionId alone there is nothing to be found
    world.doku.fault("status", "status-says", latestTransactionStatus="00", partnerReferenceNo=reference)
    world.request("POST", f"/v1/transfers/{reference}/status-checks")
    assert world.existing(reference).status == "SUCCESS"
    world.clock.advance(WAITS[0] + 1)
    assert world.pump().succeeded == 1
    assert world.existing(reference).status == "REFUNDED"


@pytest.mark.covers(33, "I10")
def test_100_equal_notifications_ask_doku_once(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    call_back(world, reference, times=100)
    assert world.pump() == Drained(batches=10, succeeded=100)
    assert findings(world, reference) == ["SUBMITTING", "UNPAID", "NOTIFIED", "SUCCESS"]
    assert len(world.sent(reference, "status")) == 1
    assert (world.messages(), dead(world)) == (0, 0)


@pytest.mark.covers(33, "I10", "I11")
def test_100_parallel_notifications_are_applied(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    call_back(world, reference, times=100)
    worlds = [world.restarted() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        drained = sum(pool.map(World.pump, worlds), Drained())
    assert (drained.succeeded, drained.failed, drained.errors) == (100, 0, ())
    assert world.existing(reference).status == "SUCCESS"
    assert findings(world, reference).count("NOTIFIED") <= len(worlds)
    assert len(world.sent(reference, "status")) <= len(worlds)
    assert (world.messages(), dead(world)) == (0, 0)


@pytest.mark.covers(34, "I10")
def test_notifications_in_every_order_end_in_the_same_state(world: World) -> None:
    said: dict[str, Callable[[str, str], None]] = {
        "unpaid": lambda ours, theirs: notified(world, sendTrxId=ours, transactionId=theirs, transactionStatus="20"),
        "paid": lambda ours, theirs: notified(world, sendTrxId=ours, transactionId=theirs, transactionStatus="50"),
        "refunded": lambda _, theirs: notified(world, "refund", transactionId=theirs),
    }
    orders = list(itertools.permutations(said))
    references = [created(world, REFUNDED) for _ in orders]
    world.clock.advance(5 * MINUTES)
    for reference, sequence in zip(references, orders, strict=True):
        for one in sequence:
            said[one](reference, world.existing(reference).doku_reference_no)
    assert world.pump().succeeded == 3 * len(orders)
    assert {world.existing(reference).status for reference in references} == {"REFUNDED"}


@pytest.mark.covers(34, "I5", "I10")
def test_a_late_notification_moves_nothing_back(world: World) -> None:
    reference = announced(world, REFUNDED)
    world.pump()
    settled, asked = world.existing(reference), len(world.sent(reference, "status"))
    for status in ("20", "50", "35"):
        notified(world, sendTrxId=reference, transactionId=settled.doku_reference_no, transactionStatus=status)
        world.pump()
    assert world.existing(reference).status == "REFUNDED"
    assert world.existing(reference).next_check_at is None
    assert len(world.sent(reference, "status")) == asked  # nothing of it was news


@pytest.mark.covers(35, "I11")
def test_an_unknown_transfers_notification_is_dropped(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tried with growing waits first, and never dead-lettered: one log line and one metric are left of it."""
    notified(world, sendTrxId="UNKNOWN", transactionId="DK00000000", transactionStatus="50", invoiceNumber="I0")
    for wait in WAITS[:7]:
        assert world.pump() == Drained(batches=1, failed=1)
        world.clock.advance(wait - 5)
        assert world.pump() == Drained(), f"it was to wait for {wait} s"
        world.clock.advance(6)
    assert dropped(caplog) == []
    assert world.pump() == Drained(batches=1, succeeded=1)
    assert (world.messages(), dead(world)) == (0, 0)
    (line,) = dropped(caplog)
    assert line["levelname"] == "WARNING"
    assert capsys.readouterr().out.count('"NotificationsUnknown":[1.0]') == 1
    assert line["reason"] == "no transfer is known for DK00000000"


def dropped(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.getMessage() == "notification dropped"]


@pytest.mark.covers(35, "I11")
def test_a_backlog_is_tried_twice_before_it_is_dropped(world: World) -> None:
    reference = new_reference()
    notified(world, sendTrxId=reference, transactionId="DK00000000", transactionStatus="50")
    notified(world, sendTrxId=new_reference(), transactionId="DK00000000", transactionStatus="50")
    world.clock.advance(5 * HOURS)  # the processor did not run
    assert world.pump() == Drained(batches=1, failed=2)
    world.create(order(**UNPAID, partnerReferenceNo=reference))
    world.clock.advance(5 * MINUTES)
    assert world.pump() == Drained(batches=1, succeeded=2)
    assert world.existing(reference).status == "SUCCESS"
    assert (world.messages(), dead(world)) == (0, 0)


@pytest.mark.covers(23, 35, "I11")
@pytest.mark.parametrize("operation", ["GetItem", "Query"])
def test_nothing_is_dropped_because_the_table_did_not_answer(world: World, operation: str) -> None:
    notified(world, sendTrxId="UNKNOWN", transactionId="DK00000000", transactionStatus="50")
    assert world.pump() == Drained(batches=1, failed=1)
    world.clock.advance(2 * HOURS)
    world.faults.throttle(operation)
    assert world.pump() == Drained(batches=1, failed=1)
    assert (world.messages(), dead(world)) == (1, 0)


@pytest.mark.covers(35, "I11")
def test_nothing_is_dropped_because_doku_did_not_answer(world: World) -> None:
    reference = announced(world)
    world.doku.fault("status", "error-before", times=None)
    for wait in WAITS:
        assert world.pump() == Drained(batches=1, failed=1)
        world.clock.advance(wait + 1)
    assert world.pump() == Drained()
    assert (world.messages(), dead(world)) == (0, 1)
    assert world.existing(reference).status == "UNPAID"


@pytest.mark.covers(35)
def test_a_refused_wait_leaves_the_queues_timeout(world: World) -> None:
    reference = new_reference()
    notified(world, sendTrxId=reference, transactionId="DK00000000")
    world.faults.throttle("ChangeMessageVisibility")
    assert world.pump() == Drained(batches=1, failed=1)
    world.clock.advance(WAITS[0] + 1)
    assert world.pump() == Drained()
    world.clock.advance(360)
    assert world.pump() == Drained(batches=1, failed=1)


@pytest.mark.covers(36)
def test_a_notification_after_a_week_changes_nothing(world: World) -> None:
    reference = announced(world, REFUNDED)
    world.pump()
    before, asked = world.existing(reference), len(world.sent(reference, "status"))
    world.clock.advance(7 * 24 * HOURS)
    call_back(world, reference, times=2)
    assert world.pump().succeeded == 2
    assert world.existing(reference) == before
    assert len(world.sent(reference, "status")) == asked
