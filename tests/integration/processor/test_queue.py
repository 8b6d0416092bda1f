"""Batches, crashes, poison, the dead-letter queue and redrives (I11)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.aws.event_source import Drained
from tests.integration.processor.notifications import (
    MINUTES,
    WAITS,
    announced,
    call_back,
    created,
    dead,
    findings,
    notified,
    put,
    redrive,
    until_dead,
)
from tests.support.harness import Context, World, crashing
from tests.template.reading import properties


@pytest.mark.covers(42)
def test_one_bad_of_ten_holds_up_no_other(world: World) -> None:
    references = [created(world) for _ in range(9)]
    world.clock.advance(5 * MINUTES)
    for number, reference in enumerate(references):
        call_back(world, reference)
        if number == 4:
            notified(world, sendTrxId="UNKNOWN", transactionId="DK00000000")
    assert world.pump() == Drained(batches=1, succeeded=9, failed=1)
    assert {world.existing(reference).status for reference in references} == {"SUCCESS"}
    assert world.messages() == 1


@pytest.mark.covers(43)
def test_when_all_are_bad_all_are_kept(world: World) -> None:
    for number in range(10):
        notified(world, sendTrxId=f"UNKNOWN-{number}", transactionId="DK00000000")
    assert world.pump() == Drained(batches=1, failed=10)
    assert (world.messages(), dead(world)) == (10, 0)


@pytest.mark.covers(44, "I11")
def test_a_crash_mid_batch_applies_each_once(world: World) -> None:
    references = [created(world) for _ in range(5)]
    world.clock.advance(5 * MINUTES)
    for reference in references:
        call_back(world, reference)
    world.faults.before["UpdateItem"] = [lambda: None, lambda: None]
    world.faults.crash_before("UpdateItem")
    with crashing():
        world.pump()
    after = world.restarted()
    assert sorted(str(after.existing(reference).status) for reference in references) == ["SUCCESS"] * 2 + ["UNPAID"] * 3
    assert after.pump() == Drained()  # hidden until the batch's time-out
    world.clock.advance(361)
    assert after.pump() == Drained(batches=1, succeeded=5)
    for reference in references:
        assert findings(after, reference) == ["SUBMITTING", "UNPAID", "NOTIFIED", "SUCCESS"]
    assert sum(len(after.sent(reference, "status")) for reference in references) == 6  # one died with its answer


@pytest.mark.covers(44, "I11")
def test_a_crash_after_the_write_applies_nothing_twice(world: World) -> None:
    reference = announced(world)
    world.faults.crash_after("UpdateItem")
    with crashing():
        world.pump()
    world.clock.advance(361)
    before = world.existing(reference)
    assert world.restarted().pump().succeeded == 1
    assert world.existing(reference) == before


def record(body: str, message_id: str = "1", count: int = 1) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    attributes = {"ApproximateReceiveCount": str(count)}
    return {"messageId": message_id, "receiptHandle": "unknown", "body": body, "attributes": attributes}


def kept(kind: str, at: float, **body: Any) -> str:
    """A message as the receiver writes it."""
    return json.dumps({"kind": kind, "receivedAt": int(at * 1000), "requestId": "1", "body": json.dumps(body)})


@pytest.mark.covers(45)
def test_one_message_twice_in_a_batch_is_applied_once(world: World) -> None:
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
def test_poison_ends_in_the_dead_letter_queue(world: World) -> None:
    reference = announced(world)
    put(world, *POISON[1:])  # SQS takes no empty message
    drained = world.pump()
    assert (drained.succeeded, drained.failed, drained.errors) == (1, len(POISON) - 1, ())
    assert world.existing(reference).status == "SUCCESS"
    until_dead(world)
    assert (world.messages(), dead(world)) == (0, len(POISON) - 1)


@pytest.mark.covers(46)
def test_poison_fails_alone_whatever_it_is(world: World) -> None:
    for body in POISON:
        answer = world.call_processor({"Records": [record(body, "poison")]}, Context(lambda: 60_000))
        assert answer == {"batchItemFailures": [{"itemIdentifier": "poison"}]}, body[:80]


@pytest.mark.covers(46)
def test_one_dead_letter_raises_the_alarm() -> None:
    assert properties("NotificationQueue")["RedrivePolicy"]["maxReceiveCount"] == len(WAITS)
    alarm = properties("DeadNotificationsAlarm")
    assert (alarm["MetricName"], alarm["Threshold"], alarm["ComparisonOperator"]) == (
        "ApproximateNumberOfMessagesVisible",
        0,
        "GreaterThanThreshold",
    )
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["NotificationDeadLetterQueue", "QueueName"]}


@pytest.mark.covers(47, "I11")
@pytest.mark.parametrize("times", [1, 2])
def test_redriving_twice_equals_once(world: World, times: int) -> None:
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
    assert world.pump() == Drained(batches=1, succeeded=times)
    assert world.existing(reference).status == "SUCCESS"
    assert findings(world, reference).count("NOTIFIED") == 1
    assert (world.messages(), dead(world)) == (0, 0)


@pytest.mark.covers(47, "I11")
def test_a_redrive_under_live_traffic_applies_both(world: World) -> None:
    late = announced(world)
    notified(world, sendTrxId=late, transactionId="DK00000000", transactionStatus="50")
    world.doku.fault("status", "error-before", times=None)
    until_dead(world)
    world.doku.heal()
    live = [created(world) for _ in range(5)]
    world.clock.advance(5 * MINUTES)
    for number, reference in enumerate(live):
        call_back(world, reference)
        if number == 2:
            assert redrive(world) == 2
    call_back(world, late)
    assert world.pump() == Drained(batches=1, succeeded=8)
    assert {world.existing(reference).status for reference in (late, *live)} == {"SUCCESS"}
    assert (world.messages(), dead(world)) == (0, 0)


@pytest.mark.covers(48)
def test_two_deliveries_at_once_end_in_one_state(world: World) -> None:
    reference = announced(world)
    second = world.restarted()

    def overtake() -> None:
        world.clock.advance(361)
        assert second.pump() == Drained(batches=1, succeeded=1)

    world.faults.before["UpdateItem"] = [overtake]
    world.pump()
    assert findings(world, reference).count("NOTIFIED") == 1
    assert world.existing(reference).status == "SUCCESS"
    assert (world.messages(), dead(world)) == (0, 0)


def countdown(*values: int) -> Callable[[], int]:
    left: Iterator[int] = iter(values)
    return lambda: next(left)


def test_without_time_the_rest_of_the_batch_goes_back(world: World) -> None:
    references = [created(world) for _ in range(3)]
    world.clock.advance(5 * MINUTES)
    for reference in references:
        call_back(world, reference)
    assert world.pump(countdown(*[60_000] * 3, *[25_000] * 3, 24_999)) == Drained(batches=1, succeeded=2, failed=1)
    assert sorted(str(world.existing(one).status) for one in references) == ["SUCCESS", "SUCCESS", "UNPAID"]
    assert sum(len(world.sent(one, "status")) for one in references) == 2
    world.clock.advance(361)
    assert world.pump() == Drained(batches=1, succeeded=1)
    assert {world.existing(one).status for one in references} == {"SUCCESS"}
