"""A kept notification is confirmed and applied (I5, I10)."""

import pytest

from local.aws.event_source import Drained
from payouts.domain.transfer import Finding
from tests.integration.processor.notifications import (
    FAILING,
    HOURS,
    MINUTES,
    REFUNDED,
    UNPAID,
    announced,
    call_back,
    created,
    dead,
    findings,
    notified,
)
from tests.support.harness import World, inquiry_of, order


@pytest.mark.covers("I10")
@pytest.mark.parametrize(
    ("fields", "end", "history"),
    [
        (UNPAID, "SUCCESS", ["SUBMITTING", "UNPAID", "NOTIFIED", "SUCCESS"]),
        (FAILING, "FAILED", ["SUBMITTING", "UNPAID", "NOTIFIED", "FAILED"]),
        (REFUNDED, "REFUNDED", ["SUBMITTING", "ACCEPTED", "NOTIFIED", "REFUNDED"]),
    ],
    ids=["unpaid, then paid", "unpaid, then failed", "refunded, named by transactionId alone"],
)
def test_a_notification_leads_to_the_confirmed_status(
    world: World, fields: dict[str, str], end: str, history: list[str]
) -> None:
    reference = announced(world, fields)
    assert world.pump() == Drained(batches=1, succeeded=1)
    assert world.existing(reference).status == end
    assert findings(world, reference) == history
    assert len(world.sent(reference, "status")) == 1
    answer = world.get(reference)
    assert (answer.body["status"], answer.body["final"]) == (end, True)
    assert (world.messages(), dead(world)) == (0, 0)


def test_a_notification_is_recorded_once_with_its_time(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    before = world.clock() * 1000
    call_back(world, reference, times=3)
    after = world.clock() * 1000
    world.clock.advance(10 * MINUTES)
    world.pump()
    (hint,) = [seen for seen in world.existing(reference).history if seen.finding is Finding.NOTIFIED]
    assert before - 1 <= hint.at <= after
    assert (hint.source, hint.code, hint.message) == (
        "NOTIFICATION",
        "50",
        "unpaid notification: Transaction is Success",
    )
    assert findings(world, reference).count("NOTIFIED") == 1


def test_a_notification_is_confirmed_and_stored_in_one_write(world: World) -> None:
    first, reference = created(world), created(world)
    world.clock.advance(5 * MINUTES)
    call_back(world, first)
    world.pump()  # secret and token are there
    call_back(world, reference)
    world.faults.calls.clear()
    world.pump()
    assert world.faults.calls == ["GetItem", "UpdateItem"]
    assert world.existing(reference).version == 3


def test_a_known_outcome_is_recorded_without_asking_doku(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    world.get(reference, refresh=True)
    asked = len(world.sent(reference, "status"))
    call_back(world, reference, times=2)
    assert world.pump().succeeded == 2
    assert findings(world, reference) == ["SUBMITTING", "UNPAID", "SUCCESS", "NOTIFIED"]
    assert len(world.sent(reference, "status")) == asked


@pytest.mark.parametrize("status", ["99", "", None])
def test_a_notification_without_a_status_asks_doku(world: World, status: str | None) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    call_back(world, reference, transactionStatus=status)
    assert world.pump().succeeded == 1
    assert world.existing(reference).status == "SUCCESS"


def test_a_refunded_transfer_needs_no_notification(world: World) -> None:
    reference = announced(world, REFUNDED)
    world.pump()
    world.doku.fault("status", "error-before", times=None)
    notified(world, sendTrxId=reference, transactionId="DK1", transactionStatus="99")
    assert world.pump() == Drained(batches=1, succeeded=1)


@pytest.mark.covers("I5", "I10")
def test_an_altered_body_changes_nothing(world: World) -> None:
    """Its signature is right, as it does not cover the body: only check status counts."""
    paid, failed = created(world), created(world, FAILING)
    world.clock.advance(2 * HOURS)
    call_back(world, paid, transactionStatus="35", message="Transaction is Failed")
    call_back(world, failed, transactionStatus="50", message="Transaction is Success")
    assert world.pump().succeeded == 2
    assert (world.existing(paid).status, world.existing(failed).status) == ("SUCCESS", "FAILED")
    call_back(world, paid, transactionStatus="35")
    call_back(world, failed, transactionStatus="50")
    notified(world, "refund", transactionId=world.existing(paid).doku_reference_no)
    assert world.pump().succeeded == 3
    assert (world.existing(paid).status, world.existing(failed).status) == ("SUCCESS", "FAILED")


@pytest.mark.covers("I5")
def test_a_false_notification_changes_nothing(world: World) -> None:
    reference = created(world)
    number = world.existing(reference).doku_reference_no
    for status in ("50", "35", "40", "99", ""):
        notified(world, sendTrxId=reference, transactionId=number, transactionStatus=status)
    notified(world, "refund", transactionId=number)
    world.pump()
    assert world.existing(reference).status == "UNPAID"
    assert world.messages() == 0


def test_an_unconfirmed_notification_is_asked_about_again(world: World) -> None:
    """Check status may lag behind: after 10 minutes, an hour and six."""
    reference = created(world, {})
    world.get(reference, refresh=True)
    assert world.existing(reference).status == "SUCCESS"
    world.clock.advance(2 * HOURS)
    notified(world, "refund", transactionId=world.existing(reference).doku_reference_no)
    world.pump()
    transfer = world.existing(reference)
    (hint,) = [seen for seen in transfer.history if seen.finding is Finding.NOTIFIED]
    assert (transfer.status, transfer.next_check_at) == ("SUCCESS", hint.at + 10 * MINUTES * 1000)
    for later in (1 * HOURS, 6 * HOURS, 24 * HOURS - 2 * HOURS):
        due = world.existing(reference).next_check_at
        assert due is not None
        world.clock.advance(max(0.0, due / 1000 - world.clock()) + 1)
        world.request("POST", f"/v1/transfers/{reference}/status-checks")
        planned = world.existing(reference).next_check_at
        assert planned is not None
        assert planned == pytest.approx(hint.at + later * 1000, abs=60_000)


def created_and_not_answered(world: World, fields: dict[str, str]) -> tuple[str, str]:
    """Reference and session of a transfer that DOKU executed and whose answer was lost."""
    body = order(**fields)
    body["sessionId"] = world.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
    world.doku.fault("transfer", "reset-after", partnerReferenceNo=body["partnerReferenceNo"])
    assert world.create(body).status == 202
    return body["partnerReferenceNo"], body["sessionId"]


@pytest.mark.covers(35, "I11")
def test_the_session_finds_a_transfer_whose_answer_was_lost(world: World) -> None:
    """A notification without sendTrxId, about a DOKU reference that is not known: invoiceNumber is the sessionId."""
    reference, session_id = created_and_not_answered(world, UNPAID)
    assert world.existing(reference).doku_reference_no == ""
    world.clock.advance(5 * MINUTES)
    notified(world, transactionId="DK99999999", transactionStatus="50", invoiceNumber=session_id)
    assert world.pump() == Drained(batches=1, succeeded=1)
    assert world.existing(reference).status == "SUCCESS"
    assert world.existing(reference).doku_reference_no != "DK99999999"  # a notification's reference proves nothing


@pytest.mark.covers(35)
def test_the_session_is_found_after_it_expired(world: World) -> None:
    reference, session_id = created_and_not_answered(world, FAILING)
    world.clock.advance(29 * 24 * HOURS)
    notified(world, transactionId="DK99999999", transactionStatus="35", invoiceNumber=session_id)
    assert world.pump().succeeded == 1
    assert world.existing(reference).status == "FAILED"


def test_a_session_without_a_transfer_finds_none(world: World) -> None:
    session_id = world.request("POST", "/v1/account-inquiries", inquiry_of(order())).body["sessionId"]
    notified(world, transactionId="DK99999999", transactionStatus="50", invoiceNumber=session_id)
    notified(world, transactionId="DK99999998", transactionStatus="50", invoiceNumber="I0000000000000000")
    assert world.pump() == Drained(batches=1, failed=2)


def test_the_references_count_for_more_than_the_session(world: World) -> None:
    _, session_id = created_and_not_answered(world, UNPAID)
    other = created(world)
    world.clock.advance(5 * MINUTES)
    notified(world, sendTrxId=other, transactionId="DK1", transactionStatus="50", invoiceNumber=session_id)
    number = world.existing(other).doku_reference_no
    notified(world, "refund", transactionId=number, invoiceNumber=session_id)
    assert world.pump().succeeded == 2
    assert findings(world, other).count("NOTIFIED") == 2
