"""Every kept notification is confirmed and applied, once, or stays in a queue (I10, I11; FAULTS 31-36, 42-48)."""

import io
import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from samtranslator.yaml_helper import yaml_parse

from local.bundle import QueueTrigger
from local.events import Drained, Pump
from notification_processor.entry import compose, create_handler
from payouts.transfer import Finding, Transfer
from tests.harness import ROOT, Context, InProcess, World, crashing, new_reference, order
from tests.integration.test_receiver import aws, signed, waiting

UNPAID = {"beneficiaryAccountNumber": "0012345678"}  # seed 003: UNPAID at first, paid within five minutes
FAILING = UNPAID | {"beneficiaryBankCode": "002"}  # UNPAID at first, failed at the next odd hour
REFUNDED = {"beneficiaryAccountNumber": "7746555134"}  # paid at once, refunded after five minutes
MINUTES = 60
HOURS = 3600
WAITS = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
"""Seconds after each of the ten deliveries that template.yaml allows."""


def pump(world: World, remaining: Callable[[], int] = lambda: 60_000) -> Drained:
    """Let the processor have every message that is visible now: `World.pump`, without a new client each time."""
    url = world.environment["NOTIFICATION_QUEUE_URL"]
    trigger = QueueTrigger("NotificationProcessorFunction", "NotificationQueue", 10, 0, True, None)
    return Pump(trigger, url, aws("sqs"), InProcess(world.call_processor, remaining)).drain()


def notified(world: World, kind: str = "unpaid", request_id: str = "", **body: Any) -> None:
    """Have a callback with this body kept."""
    assert world.notify(kind, body, signed(world, request_id or new_reference())).status == 200


def call_back(world: World, reference: str, times: int = 1, **changes: Any) -> None:
    """Have what DOKU has announced about `reference` last kept, each time under the same requestId."""
    (*_, last) = [one for one in world.doku.ledger()["notifications"] if one["partnerReferenceNo"] == reference]
    headers = signed(world, last["requestId"])
    for _ in range(times):
        assert world.notify(last["kind"], last["body"] | changes, headers).status == 200


def created(world: World, fields: dict[str, str] = UNPAID) -> str:
    """A transfer that DOKU took."""
    answer = world.create(order(**fields))
    assert answer.status in (201, 202)
    return str(answer.body["partnerReferenceNo"])


def announced(world: World, fields: dict[str, str] = UNPAID) -> str:
    """A transfer that has come to its end at DOKU, which has called back."""
    reference = created(world, fields)
    world.clock.advance(2 * HOURS if fields == FAILING else 5 * MINUTES)
    call_back(world, reference)
    return reference


def standing(world: World, reference: str) -> Transfer:
    stored = world.stored(reference)
    assert stored is not None
    return stored


def findings(world: World, reference: str) -> list[str]:
    return [str(seen.finding) for seen in standing(world, reference).history]


def dead(world: World) -> int:
    return waiting(world, "DEAD_LETTER_QUEUE_URL")


def put(world: World, *bodies: str) -> None:
    """Straight into the queue, past the receiver."""
    for body in bodies:
        aws("sqs").send_message(QueueUrl=world.environment["NOTIFICATION_QUEUE_URL"], MessageBody=body)


def until_dead(world: World) -> None:
    """Deliver what is in the queue as often as it may be, and once more: while SQS moves messages to the dead-letter
    queue, it may say that there are none."""
    for _ in range(len(WAITS) + 2):
        pump(world)
        world.clock.advance(WAITS[-1] * 1.25 + 1)


def redrive(world: World, keep: bool = False) -> int:
    """Move all dead messages back, or copy them: as after a crash between the send and the delete."""
    moved, url = 0, world.environment["DEAD_LETTER_QUEUE_URL"]
    while messages := aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            put(world, message["Body"])
            moved += 1
            if not keep:
                aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return moved


def trusting(world: World) -> World:
    return World.start(world.environment | {"NOTIFICATION_TRUST": "signed"}, world.clock, world.doku)


# --- what a notification does ---------------------------------------------------------------------


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
def test_a_notification_brings_the_transfer_to_the_end_that_check_status_confirms(
    world: World, fields: dict[str, str], end: str, history: list[str]
) -> None:
    reference = announced(world, fields)
    assert pump(world) == Drained(batches=1, succeeded=1)
    assert standing(world, reference).status == end
    assert findings(world, reference) == history
    assert len(world.sent(reference, "status")) == 1
    answer = world.get(reference)
    assert (answer.body["status"], answer.body["final"]) == (end, True)
    assert (waiting(world), dead(world)) == (0, 0)


def test_a_notification_goes_into_the_history_once_with_the_time_it_came_and_what_it_said(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    before = world.clock() * 1000
    call_back(world, reference, times=3)
    after = world.clock() * 1000
    world.clock.advance(10 * MINUTES)
    pump(world)
    (hint,) = [seen for seen in standing(world, reference).history if seen.finding is Finding.NOTIFIED]
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
    pump(world)  # secret and token are there
    call_back(world, reference)
    world.faults.calls.clear()
    pump(world)
    assert world.faults.calls == ["GetItem", "UpdateItem"]
    assert standing(world, reference).version == 3


def test_a_callback_about_what_is_known_already_is_noted_once_and_asks_doku_nothing(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    world.get(reference, refresh=True)
    asked = len(world.sent(reference, "status"))
    call_back(world, reference, times=2)
    assert pump(world).succeeded == 2
    assert findings(world, reference) == ["SUBMITTING", "UNPAID", "SUCCESS", "NOTIFIED"]
    assert len(world.sent(reference, "status")) == asked


@pytest.mark.parametrize("status", ["99", "", None])
def test_a_callback_whose_status_says_nothing_has_doku_asked_all_the_same(world: World, status: str | None) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    call_back(world, reference, transactionStatus=status)
    assert pump(world).succeeded == 1
    assert standing(world, reference).status == "SUCCESS"


def test_nothing_is_kept_for_a_refunded_transfer_even_while_doku_is_down(world: World) -> None:
    reference = announced(world, REFUNDED)
    pump(world)
    world.doku.fault("status", "error-before", times=None)
    notified(world, sendTrxId=reference, transactionId="DK1", transactionStatus="99")
    assert pump(world) == Drained(batches=1, succeeded=1)


@pytest.mark.covers("I5", "I10")
def test_an_altered_body_changes_nothing(world: World) -> None:
    """Its signature is right, as it does not cover the body: only check status counts."""
    paid, failed = created(world), created(world, FAILING)
    world.clock.advance(2 * HOURS)
    call_back(world, paid, transactionStatus="35", message="Transaction is Failed")
    call_back(world, failed, transactionStatus="50", message="Transaction is Success")
    assert pump(world).succeeded == 2
    assert (standing(world, paid).status, standing(world, failed).status) == ("SUCCESS", "FAILED")
    call_back(world, paid, transactionStatus="35")
    call_back(world, failed, transactionStatus="50")
    notified(world, "refund", transactionId=standing(world, paid).reference_no)
    assert pump(world).succeeded == 3
    assert (standing(world, paid).status, standing(world, failed).status) == ("SUCCESS", "FAILED")


@pytest.mark.covers("I5")
def test_a_notification_that_lies_about_a_transfer_that_still_waits_changes_nothing(world: World) -> None:
    reference = created(world)
    number = standing(world, reference).reference_no
    for status in ("50", "35", "40", "99", ""):
        notified(world, sendTrxId=reference, transactionId=number, transactionStatus=status)
    notified(world, "refund", transactionId=number)
    pump(world)
    assert standing(world, reference).status == "UNPAID"
    assert waiting(world) == 0


def test_a_callback_about_a_settled_transfer_that_doku_does_not_confirm_has_it_asked_again(world: World) -> None:
    """Check status may lag behind: after 10 minutes, an hour and six."""
    reference = created(world, {})
    world.get(reference, refresh=True)
    assert standing(world, reference).status == "SUCCESS"
    world.clock.advance(2 * HOURS)
    notified(world, "refund", transactionId=standing(world, reference).reference_no)
    pump(world)
    transfer = standing(world, reference)
    (hint,) = [seen for seen in transfer.history if seen.finding is Finding.NOTIFIED]
    assert (transfer.status, transfer.next_check_at) == ("SUCCESS", hint.at + 10 * MINUTES * 1000)
    for later in (1 * HOURS, 6 * HOURS, 24 * HOURS - 2 * HOURS):
        due = standing(world, reference).next_check_at
        assert due is not None
        world.clock.advance(max(0.0, due / 1000 - world.clock()) + 1)
        world.request("POST", f"/v1/transfers/{reference}/status-checks")
        planned = standing(world, reference).next_check_at
        assert planned is not None
        assert planned == pytest.approx(hint.at + later * 1000, abs=60_000)


@pytest.mark.parametrize("said", ["50", "35", "refund"])
def test_a_trusted_notification_is_applied_without_asking_doku(world: World, said: str) -> None:
    trusted, reference = trusting(world), created(world)
    number = standing(world, reference).reference_no
    if said == "refund":
        notified(world, "refund", transactionId=number)
    else:
        notified(world, sendTrxId=reference, transactionId=number, transactionStatus=said)
    assert pump(trusted).succeeded == 1
    end = {"50": "SUCCESS", "35": "FAILED", "refund": "REFUNDED"}[said]
    assert standing(world, reference).status == end
    assert world.sent(reference, "status") == []


def test_a_trusted_notification_with_an_unknown_status_proves_nothing(world: World) -> None:
    trusted, reference = trusting(world), created(world)
    for status in ("99", "", "00"):
        notified(world, sendTrxId=reference, transactionId="DK0018353", transactionStatus=status)
    assert pump(trusted).succeeded == 3
    assert (standing(world, reference).status, "NOTIFIED" in findings(world, reference)) == ("UNPAID", True)


# --- too early, too often, in the wrong order, unknown ---------------------------------------------


@pytest.mark.covers(31)
def test_31_a_callback_that_overtakes_the_answer_to_the_create_call_is_applied(world: World) -> None:
    world.create(order())  # a token is there
    body = order(**UNPAID)
    reference = body["partnerReferenceNo"]
    world.doku.fault("transfer", "hold-after", partnerReferenceNo=reference)
    other = world.restarted()
    with ThreadPoolExecutor(1) as pool:
        creating = pool.submit(world.create, body)
        while not world.debits(reference):
            assert not creating.done()
        assert standing(other, reference).status == "SUBMITTING"
        world.clock.advance(5 * MINUTES)
        call_back(other, reference)
        assert pump(other).succeeded == 1
        assert standing(other, reference).status == "SUCCESS"
        world.doku.heal()
        answer = creating.result()
    assert (answer.status, answer.body["status"]) == (201, "SUCCESS")
    assert standing(world, reference).status == "SUCCESS"
    assert len(world.debits(reference)) == 1


@pytest.mark.covers(31)
def test_31_a_callback_about_a_transfer_that_was_left_submitting_is_applied(world: World) -> None:
    world.create(order())
    body = order(**UNPAID)
    reference = body["partnerReferenceNo"]
    world.faults.crash_before("UpdateItem")
    with crashing():
        world.create(body)
    after = world.restarted()
    assert (standing(after, reference).status, standing(after, reference).reference_no) == ("SUBMITTING", "")
    world.clock.advance(5 * MINUTES)
    call_back(after, reference)
    assert pump(after).succeeded == 1
    assert standing(after, reference).status == "SUCCESS"
    assert standing(after, reference).reference_no.startswith("DK")


@pytest.mark.covers(31)
def test_31_a_callback_about_a_transfer_that_is_created_later_waits_for_it(world: World) -> None:
    body = order(**UNPAID)
    reference = body["partnerReferenceNo"]
    notified(world, sendTrxId=reference, transactionId="DK99999999", transactionStatus="50")
    assert pump(world) == Drained(batches=1, failed=1)
    world.create(body)
    world.clock.advance(5 * MINUTES)
    assert pump(world) == Drained(batches=1, succeeded=1)
    assert standing(world, reference).status == "SUCCESS"


@pytest.mark.covers(31)
def test_31_a_callback_before_doku_itself_knows_the_transfer_is_kept(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    world.doku.fault("status", "not-found", times=1, partnerReferenceNo=reference)
    call_back(world, reference)
    assert pump(world).failed == 1
    assert standing(world, reference).status == "UNPAID"
    world.clock.advance(WAITS[0] + 1)
    assert pump(world).succeeded == 1
    assert standing(world, reference).status == "SUCCESS"


@pytest.mark.covers(32)
def test_32_a_refund_before_dokus_reference_is_stored_waits_for_it(world: World) -> None:
    world.create(order())
    body = order(**REFUNDED)
    reference = body["partnerReferenceNo"]
    world.doku.fault("transfer", "reset-after", partnerReferenceNo=reference)
    assert world.create(body).status == 202
    assert standing(world, reference).reference_no == ""
    world.clock.advance(5 * MINUTES)
    call_back(world, reference)
    assert pump(world).failed == 1  # by transactionId alone there is nothing to be found
    world.doku.fault("status", "status-says", latestTransactionStatus="00", partnerReferenceNo=reference)
    world.request("POST", f"/v1/transfers/{reference}/status-checks")
    assert standing(world, reference).status == "SUCCESS"
    world.clock.advance(WAITS[0] + 1)
    assert pump(world).succeeded == 1
    assert standing(world, reference).status == "REFUNDED"


@pytest.mark.covers(33, "I10")
def test_33_a_notification_100_times_is_a_notification_once_and_asks_doku_once(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    call_back(world, reference, times=100)
    assert pump(world) == Drained(batches=10, succeeded=100)
    assert findings(world, reference) == ["SUBMITTING", "UNPAID", "NOTIFIED", "SUCCESS"]
    assert len(world.sent(reference, "status")) == 1
    assert (waiting(world), dead(world)) == (0, 0)


@pytest.mark.covers(33, "I10", "I11")
def test_33_a_notification_100_times_in_parallel_is_applied_and_lost_nowhere(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    call_back(world, reference, times=100)
    worlds = [world.restarted() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        drained = sum(pool.map(pump, worlds), Drained())
    assert (drained.succeeded, drained.failed, drained.errors) == (100, 0, ())
    assert standing(world, reference).status == "SUCCESS"
    assert findings(world, reference).count("NOTIFIED") <= len(worlds)
    assert len(world.sent(reference, "status")) <= len(worlds)
    assert (waiting(world), dead(world)) == (0, 0)


@pytest.mark.covers(34, "I10")
def test_34_notifications_in_every_order_end_in_the_same_state(world: World) -> None:
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
            said[one](reference, standing(world, reference).reference_no)
    assert pump(world).succeeded == 3 * len(orders)
    assert {standing(world, reference).status for reference in references} == {"REFUNDED"}


@pytest.mark.covers(34, "I5", "I10")
def test_34_a_notification_that_comes_after_the_next_one_moves_nothing_back(world: World) -> None:
    reference = announced(world, REFUNDED)
    pump(world)
    settled, asked = standing(world, reference), len(world.sent(reference, "status"))
    for status in ("20", "50", "35"):
        notified(world, sendTrxId=reference, transactionId=settled.reference_no, transactionStatus=status)
        pump(world)
    assert standing(world, reference).status == "REFUNDED"
    assert standing(world, reference).next_check_at is None
    assert len(world.sent(reference, "status")) == asked  # nothing of it was news


@pytest.mark.covers(35, "I11")
def test_35_a_notification_about_an_unknown_transfer_is_tried_ten_times_with_growing_waits_and_then_dead(
    world: World,
) -> None:
    notified(world, sendTrxId="UNKNOWN", transactionId="DK00000000", transactionStatus="50")
    for wait in WAITS:
        assert pump(world) == Drained(batches=1, failed=1)
        assert (waiting(world), dead(world)) == (1, 0)
        world.clock.advance(wait - 5)
        assert pump(world) == Drained(), f"it was to wait for {wait} s"
        world.clock.advance(6)
    assert pump(world) == Drained()
    assert (waiting(world), dead(world)) == (0, 1)


@pytest.mark.covers(35)
def test_35_where_sqs_refuses_the_wait_the_queues_own_time_out_keeps_the_message(world: World) -> None:
    reference = new_reference()
    notified(world, sendTrxId=reference, transactionId="DK00000000")
    world.faults.throttle("ChangeMessageVisibility")
    assert pump(world) == Drained(batches=1, failed=1)
    world.clock.advance(WAITS[0] + 1)
    assert pump(world) == Drained()
    world.clock.advance(360)
    assert pump(world) == Drained(batches=1, failed=1)


@pytest.mark.covers(36)
def test_36_a_notification_replayed_a_week_later_changes_nothing(world: World) -> None:
    reference = announced(world, REFUNDED)
    pump(world)
    before, asked = standing(world, reference), len(world.sent(reference, "status"))
    world.clock.advance(7 * 24 * HOURS)
    call_back(world, reference, times=2)
    assert pump(world).succeeded == 2
    assert standing(world, reference) == before
    assert len(world.sent(reference, "status")) == asked


# --- the queue ------------------------------------------------------------------------------------


@pytest.mark.covers(42)
def test_42_one_bad_of_ten_holds_up_no_other(world: World) -> None:
    references = [created(world) for _ in range(9)]
    world.clock.advance(5 * MINUTES)
    for number, reference in enumerate(references):
        call_back(world, reference)
        if number == 4:
            notified(world, sendTrxId="UNKNOWN", transactionId="DK00000000")
    assert pump(world) == Drained(batches=1, succeeded=9, failed=1)
    assert {standing(world, reference).status for reference in references} == {"SUCCESS"}
    assert waiting(world) == 1


@pytest.mark.covers(43)
def test_43_when_all_are_bad_all_are_kept(world: World) -> None:
    for number in range(10):
        notified(world, sendTrxId=f"UNKNOWN-{number}", transactionId="DK00000000")
    assert pump(world) == Drained(batches=1, failed=10)
    assert (waiting(world), dead(world)) == (10, 0)


@pytest.mark.covers(44, "I11")
def test_44_a_crash_mid_batch_loses_nothing_and_applies_nothing_twice(world: World) -> None:
    references = [created(world) for _ in range(5)]
    world.clock.advance(5 * MINUTES)
    for reference in references:
        call_back(world, reference)
    world.faults.before["UpdateItem"] = [lambda: None, lambda: None]
    world.faults.crash_before("UpdateItem")
    with crashing():
        pump(world)
    after = world.restarted()
    assert (
        sorted(str(standing(after, reference).status) for reference in references) == ["SUCCESS"] * 2 + ["UNPAID"] * 3
    )
    assert pump(after) == Drained()  # hidden until the batch's time-out
    world.clock.advance(361)
    assert pump(after) == Drained(batches=1, succeeded=5)
    for reference in references:
        assert findings(after, reference) == ["SUBMITTING", "UNPAID", "NOTIFIED", "SUCCESS"]
    assert sum(len(after.sent(reference, "status")) for reference in references) == 6  # one died with its answer


@pytest.mark.covers(44, "I11")
def test_44_a_crash_after_the_write_applies_nothing_twice(world: World) -> None:
    reference = announced(world)
    world.faults.crash_after("UpdateItem")
    with crashing():
        pump(world)
    world.clock.advance(361)
    before = standing(world, reference)
    assert pump(world.restarted()).succeeded == 1
    assert standing(world, reference) == before


def record(body: str, message_id: str = "1", count: int = 1) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    attributes = {"ApproximateReceiveCount": str(count)}
    return {"messageId": message_id, "receiptHandle": "unknown", "body": body, "attributes": attributes}


def kept(kind: str, at: float, **body: Any) -> str:
    """A message as the receiver writes it."""
    return json.dumps({"kind": kind, "receivedAt": int(at * 1000), "requestId": "1", "body": json.dumps(body)})


@pytest.mark.covers(45)
def test_45_one_message_twice_in_a_batch_is_applied_once(world: World) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    good = kept("unpaid", world.clock(), sendTrxId=reference, transactionId="DK1", transactionStatus="50")
    bad = kept("refund", world.clock(), transactionId="DK00000000")
    records = [record(good, "1"), record(bad, "2"), record(good, "1"), record(bad, "2")]
    answer = world.call_processor({"Records": records}, Context(lambda: 60_000))
    assert {one["itemIdentifier"] for one in answer["batchItemFailures"]} == {"2"}
    assert findings(world, reference).count("NOTIFIED") == findings(world, reference).count("SUCCESS") == 1


POISON = [
    "",
    "not JSON",
    "null",
    "[]",
    "{}",
    '{"kind":"paid","receivedAt":1,"body":"{}"}',
    '{"kind":"unpaid","receivedAt":1,"body":"{}"}',
    '{"kind":"unpaid","receivedAt":1,"body":{"transactionId":"DK1"}}',
    '{"kind":"unpaid","receivedAt":null,"body":"{\\"transactionId\\":\\"DK1\\"}"}',
    '{"kind":"unpaid","receivedAt":1e999,"body":"{\\"transactionId\\":\\"DK1\\"}"}',
    '{"kind":["unpaid"],"receivedAt":1,"body":"{\\"transactionId\\":\\"DK1\\"}"}',
    '{"kind":"unpaid","receivedAt":1,"body":"{\\"transactionId\\":\\"DK1\\"}\\ud800"}',
    "[" * 100_000,
]


@pytest.mark.covers(46)
def test_46_poison_ends_in_the_dead_letter_queue_and_holds_up_nobody(world: World) -> None:
    reference = announced(world)
    put(world, *POISON[1:])  # SQS takes no empty message
    drained = pump(world)
    assert (drained.succeeded, drained.failed, drained.errors) == (1, len(POISON) - 1, ())
    assert standing(world, reference).status == "SUCCESS"
    until_dead(world)
    assert (waiting(world), dead(world)) == (0, len(POISON) - 1)


@pytest.mark.covers(46)
def test_46_poison_fails_alone_whatever_it_is(world: World) -> None:
    for body in POISON:
        answer = world.call_processor({"Records": [record(body, "poison")]}, Context(lambda: 60_000))
        assert answer == {"batchItemFailures": [{"itemIdentifier": "poison"}]}, body[:80]


@pytest.mark.covers(46)
def test_46_the_dead_letter_queue_has_an_alarm_from_the_first_message() -> None:
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    redrive_policy = resources["NotificationQueue"]["Properties"]["RedrivePolicy"]
    assert redrive_policy["maxReceiveCount"] == len(WAITS)
    assert redrive_policy["deadLetterTargetArn"] == {"Fn::GetAtt": ["NotificationDeadLetterQueue", "Arn"]}
    alarm = resources["DeadNotificationsAlarm"]["Properties"]
    assert (alarm["MetricName"], alarm["Threshold"], alarm["ComparisonOperator"]) == (
        "ApproximateNumberOfMessagesVisible",
        0,
        "GreaterThanThreshold",
    )
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["NotificationDeadLetterQueue", "QueueName"]}
    kept_for = [
        resources[f"Notification{name}Queue"]["Properties"]["MessageRetentionPeriod"] for name in ("", "DeadLetter")
    ]
    assert kept_for == [14 * 24 * HOURS] * 2


@pytest.mark.covers(47, "I11")
@pytest.mark.parametrize("times", [1, 2])
def test_47_redriving_twice_equals_once(world: World, times: int) -> None:
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    world.doku.fault("status", "error-before", times=None)
    call_back(world, reference)
    until_dead(world)
    assert dead(world) == 1
    world.doku.heal()
    for time in range(1, times + 1):
        assert redrive(world, keep=time < times) == 1
        world.clock.advance(61)
    assert pump(world) == Drained(batches=1, succeeded=times)
    assert standing(world, reference).status == "SUCCESS"
    assert findings(world, reference).count("NOTIFIED") == 1
    assert (waiting(world), dead(world)) == (0, 0)


@pytest.mark.covers(47, "I11")
def test_47_a_redrive_under_live_traffic_applies_both(world: World) -> None:
    body = order(**UNPAID)
    late = body["partnerReferenceNo"]
    for _ in range(2):
        notified(world, sendTrxId=late, transactionId="DK00000000", transactionStatus="50")
    until_dead(world)
    world.create(body)
    live = [created(world) for _ in range(5)]
    world.clock.advance(5 * MINUTES)
    for number, reference in enumerate(live):
        call_back(world, reference)
        if number == 2:
            assert redrive(world) == 2
    call_back(world, late)
    assert pump(world) == Drained(batches=1, succeeded=8)
    assert {standing(world, reference).status for reference in (late, *live)} == {"SUCCESS"}
    assert (waiting(world), dead(world)) == (0, 0)


@pytest.mark.covers(48)
def test_48_when_visibility_expires_while_processing_both_deliveries_end_in_the_same_state(world: World) -> None:
    reference = announced(world)
    second = world.restarted()

    def overtake() -> None:
        world.clock.advance(361)
        assert pump(second) == Drained(batches=1, succeeded=1)

    world.faults.before["UpdateItem"] = [overtake]
    pump(world)
    assert findings(world, reference).count("NOTIFIED") == 1
    assert standing(world, reference).status == "SUCCESS"
    assert (waiting(world), dead(world)) == (0, 0)


def countdown(*values: int) -> Callable[[], int]:
    left: Iterator[int] = iter(values)
    return lambda: next(left)


def test_with_too_little_time_left_the_rest_of_the_batch_goes_back_as_it_is(world: World) -> None:
    references = [created(world) for _ in range(3)]
    world.clock.advance(5 * MINUTES)
    for reference in references:
        call_back(world, reference)
    assert pump(world, countdown(60_000, 20_000, 19_999)) == Drained(batches=1, succeeded=2, failed=1)
    assert sorted(str(standing(world, one).status) for one in references) == ["SUCCESS", "SUCCESS", "UNPAID"]
    assert sum(len(world.sent(one, "status")) for one in references) == 2
    world.clock.advance(361)
    assert pump(world) == Drained(batches=1, succeeded=1)
    assert {standing(world, one).status for one in references} == {"SUCCESS"}


# --- DOKU or the table is down ---------------------------------------------------------------------


@pytest.mark.covers("I11")
@pytest.mark.parametrize(
    "kind", ["error-before", "reset-before", "throttled", "garbage", "unknown-code", "wrong-amount"]
)
def test_while_doku_gives_no_clear_answer_the_notification_is_kept_and_applied_later(world: World, kind: str) -> None:
    options = {"wrong-amount": {"value": "1.00"}, "unknown-code": {"responseCode": "2005399"}}.get(kind, {})
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    world.doku.fault("status", kind, times=2, **options)
    call_back(world, reference)
    for wait in WAITS[:2]:
        assert pump(world) == Drained(batches=1, failed=1)
        assert standing(world, reference).status == "UNPAID"
        world.clock.advance(wait + 1)
    assert pump(world) == Drained(batches=1, succeeded=1)
    assert standing(world, reference).status == "SUCCESS"
    assert findings(world, reference).count("NOTIFIED") == 1


def test_a_callback_counts_as_known_only_when_doku_was_heard(world: World) -> None:
    """The first try leaves NOTIFIED behind: the second one must ask all the same."""
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    world.doku.fault("status", "error-before", times=1)
    call_back(world, reference, times=2)
    assert pump(world) == Drained(batches=1, succeeded=1, failed=1)
    assert standing(world, reference).status == "SUCCESS"


@pytest.mark.covers(23, "I11")
@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem"])
def test_while_the_table_is_throttled_the_notification_is_kept_and_applied_later(world: World, operation: str) -> None:
    reference = announced(world)
    world.faults.throttle(operation)
    assert pump(world) == Drained(batches=1, failed=1)
    assert standing(world, reference).status == "UNPAID"
    world.clock.advance(WAITS[0] + 1)
    assert pump(world) == Drained(batches=1, succeeded=1)
    assert standing(world, reference).status == "SUCCESS"


@pytest.mark.covers(23, "I11")
def test_while_the_index_is_throttled_a_refund_is_kept_and_applied_later(world: World) -> None:
    reference = announced(world, REFUNDED)
    world.faults.throttle("Query")
    assert pump(world) == Drained(batches=1, failed=1)
    world.clock.advance(WAITS[0] + 1)
    assert pump(world) == Drained(batches=1, succeeded=1)
    assert standing(world, reference).status == "REFUNDED"


@pytest.mark.covers("I17")
def test_a_failure_that_nobody_foresaw_keeps_the_notification_and_says_no_more_than_its_type(world: World) -> None:
    """I17: neither the log of what failed nor that of what was applied has anything personal."""
    references = [announced(world), announced(world)]
    notified(world, sendTrxId="UNKNOWN", transactionId="DK00000000", message="QZSUHUT")
    put(world, '{"kind":"QZSUHUT"}', "QZSUHUT")
    written = io.StringIO()
    services = compose(world.environment, world.clock, lambda: 0.0)
    handler = create_handler(services, Logger(service="processor-that-is-read", stream=written))

    def fail() -> None:
        raise RuntimeError("QZSUHUT 0012345678 628115678890 89012345")

    world.faults.before["UpdateItem"] = [fail]
    world.call_processor = handler
    assert pump(world) == Drained(batches=1, succeeded=1, failed=4)
    lines = written.getvalue().splitlines()
    logged = [json.loads(line) for line in lines]
    assert sorted(one["message"] for one in logged) == ["notification applied"] + ["notification kept"] * 4
    reasons = [one["reason"] for one in logged if one["message"] == "notification kept"]
    assert "RuntimeError" in reasons
    assert sorted(str(standing(world, one).status) for one in references) == ["SUCCESS", "UNPAID"]
    for line in lines:
        assert not [one for one in ("QZ", "SUHUT", "0012345678", "628115678890", "89012345", "eyJ") if one in line]
