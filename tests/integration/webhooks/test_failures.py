"""A receiver that fails: the schedule of attempts, the breaker, 410, and catching up."""

import pytest

from local.in_process.webhooks import Webhooks
from payouts.store.table import Table
from payouts.store.webhook_breaker import OPEN_AFTER, BreakerStore
from payouts.store.webhook_tests import WebhookTests
from tests.integration.webhooks.test_delivery import pay, pending, statuses
from tests.support.harness import World


def attempts(webhooks: Webhooks) -> int:
    return len(webhooks.inbox.state()["deliveries"])


def create(world: World, count: int) -> list[str]:
    """Transfers that DOKU works on: one webhook each."""
    return [str(world.create(pending()).body["partnerReferenceNo"]) for _ in range(count)]


def open_breaker(world: World, webhooks: Webhooks, status: int = 503) -> list[str]:
    """Let the receiver fail until the breaker is open."""
    webhooks.inbox.fail(1_000, status)
    references = create(world, OPEN_AFTER)
    webhooks.deliver()
    assert webhooks.catch_up()["breaker"] == "open"
    return references


def test_five_attempts_and_then_it_is_set_aside(world: World, webhooks: Webhooks) -> None:
    """After 5 s, 5 min, 30 min and 2 h, and not earlier."""
    pay(world)
    webhooks.inbox.fail(1_000)
    for number, wait in enumerate((5, 300, 1_800, 7_200), 1):
        webhooks.deliver()
        assert attempts(webhooks) == number
        world.clock.advance(wait - 1)
        webhooks.deliver()
        assert attempts(webhooks) == number, "too early"
        world.clock.advance(2)
    webhooks.deliver()
    assert (attempts(webhooks), webhooks.waiting(), webhooks.set_aside()) == (5, 0, 1)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 429, 500, 503])
def test_anything_but_2xx_is_a_failure(world: World, webhooks: Webhooks, status: int) -> None:
    pay(world)
    webhooks.inbox.fail(1, status)
    webhooks.deliver()
    world.clock.advance(6)
    webhooks.deliver()
    assert (attempts(webhooks), statuses(webhooks)) == (2, ["SUCCESS"])


def test_an_open_breaker_sets_messages_aside(world: World, webhooks: Webhooks) -> None:
    open_breaker(world, webhooks)
    seen = attempts(webhooks)
    create(world, 3)
    webhooks.deliver()
    assert webhooks.set_aside() >= 3
    assert attempts(webhooks) == seen, "no attempt but the probes"


def test_one_probe_a_minute(world: World, webhooks: Webhooks) -> None:
    open_breaker(world, webhooks)
    create(world, 3)
    webhooks.deliver()
    for _ in range(5):
        seen = attempts(webhooks)
        world.clock.advance(60)
        webhooks.catch_up()
        assert attempts(webhooks) == seen + 1


def test_probes_take_turns(world: World, webhooks: Webhooks) -> None:
    """A message that the receiver never accepts must not keep the breaker open."""
    open_breaker(world, webhooks)
    create(world, 3)
    webhooks.deliver()
    for _ in range(3):
        world.clock.advance(61)
        webhooks.catch_up()
    probes = [each["headers"]["webhook-id"] for each in webhooks.inbox.state()["deliveries"][:3]]
    assert len(set(probes)) == 3


@pytest.mark.covers("I28")
def test_a_receiver_that_was_down_catches_up(world: World, webhooks: Webhooks) -> None:
    expected = open_breaker(world, webhooks) + create(world, 30)
    webhooks.deliver()
    webhooks.inbox.fail(0)
    world.clock.advance(60)
    assert webhooks.catch_up()["breaker"] == "closed"
    for _ in range(200):
        world.clock.advance(60)
        webhooks.catch_up()
        webhooks.deliver()
        if not webhooks.waiting() + webhooks.set_aside():
            break
    delivered = {body["data"]["partnerReferenceNo"] for body in webhooks.bodies()}
    assert delivered == set(expected)
    assert (webhooks.waiting(), webhooks.set_aside()) == (0, 0)


def test_what_is_set_aside_after_the_breaker_closed_comes_back(world: World, webhooks: Webhooks) -> None:
    """An invocation that read the open breaker may set its messages aside after others have caught up."""
    open_breaker(world, webhooks)
    webhooks.inbox.fail(0)
    webhooks.restart()
    world.clock.advance(400)
    webhooks.deliver()
    for _ in range(3):  # the probe, the move of what was set aside, and a look at the empty queue
        webhooks.catch_up()
    webhooks.deliver()
    (late,) = create(world, 1)
    body = f'{{"detail-type": "TransferStatusChanged", "detail": {{"partnerReferenceNo": "{late}"}}}}'
    world.sqs.send_message(QueueUrl=webhooks.environment["WEBHOOK_DEAD_LETTER_QUEUE_URL"], MessageBody=body)
    webhooks.catch_up()
    webhooks.deliver()
    assert webhooks.set_aside() == 0


def test_a_message_that_always_fails_is_not_brought_back_for_ever(world: World, webhooks: Webhooks) -> None:
    webhooks.send("TransferStatusChanged", partnerReferenceNo="UNKNOWN-1")
    for _ in range(5):
        webhooks.deliver()
        world.clock.advance(7_300)
    assert webhooks.set_aside() == 1
    create(world, 1)
    webhooks.deliver()
    for _ in range(10):
        world.clock.advance(60)
        assert webhooks.catch_up() == {"breaker": "closed", "moved": 0}


def test_410_stops_until_an_operator_resumes(world: World, webhooks: Webhooks) -> None:
    first = create(world, 1)
    webhooks.inbox.fail(1, 410)
    webhooks.deliver()
    second = create(world, 2)
    for _ in range(5):
        webhooks.deliver()
        world.clock.advance(3_600)
        assert webhooks.catch_up() == {"breaker": "stopped", "moved": 0}
    assert (attempts(webhooks), webhooks.set_aside()) == (1, 3)
    BreakerStore(Table(world.dynamodb, world.environment["TABLE_NAME"])).catch_up(int(world.clock() * 1000))
    webhooks.catch_up()
    webhooks.deliver()
    assert {body["data"]["partnerReferenceNo"] for body in webhooks.bodies()} == {*first, *second}


def test_one_failure_in_two_opens_no_breaker(world: World, webhooks: Webhooks) -> None:
    for number in range(3 * OPEN_AFTER):
        create(world, 1)
        webhooks.inbox.fail(number % 2)
        webhooks.deliver()
    assert webhooks.catch_up()["breaker"] == "closed"


@pytest.mark.parametrize("about", ["", "no JSON", "[]", '{"detail-type": "x"}', '{"detail-type": 1, "detail": null}'])
def test_an_unreadable_message_harms_no_other(world: World, webhooks: Webhooks, about: str) -> None:
    url = webhooks.environment["WEBHOOK_QUEUE_URL"]
    world.sqs.send_message(QueueUrl=url, MessageBody=about or " ")
    pay(world)
    webhooks.deliver()
    assert statuses(webhooks) == ["SUCCESS"]
    assert webhooks.waiting() == 1


def test_a_test_message_has_a_result(world: World, webhooks: Webhooks) -> None:
    webhooks.send("WebhookTest", test="t1")
    webhooks.deliver()
    assert WebhookTests(Table(world.dynamodb, world.environment["TABLE_NAME"])).read("t1") == ("delivered", "204")
    assert webhooks.bodies()[0]["type"] == "webhook.test"


def test_a_test_passes_an_open_breaker(world: World, webhooks: Webhooks) -> None:
    """The operator tries whether the receiver works again; if it does, catching up begins."""
    open_breaker(world, webhooks)
    webhooks.inbox.fail(0)
    webhooks.send("WebhookTest", test="t2")
    webhooks.deliver()
    assert WebhookTests(Table(world.dynamodb, world.environment["TABLE_NAME"])).read("t2") == ("delivered", "204")
    assert webhooks.catch_up()["breaker"] == "closed"


def test_what_cannot_be_set_aside_stays_in_its_queue(world: World, webhooks: Webhooks) -> None:
    open_breaker(world, webhooks)
    before = webhooks.waiting()
    create(world, 1)
    world.faults.throttle("SendMessage")
    webhooks.deliver()
    assert (webhooks.waiting(), webhooks.set_aside()) == (before + 1, 0)


@pytest.mark.parametrize(("header", "wait"), [("600", 600), ("1", 5), ("99999999", 39_600)])
def test_retry_after_delays_the_next_attempt(world: World, webhooks: Webhooks, header: str, wait: int) -> None:
    """Not less than the schedule says, and not more than SQS can."""
    create(world, 1)
    webhooks.inbox.fail(1, 429, retry_after=header)
    webhooks.deliver()
    world.clock.advance(wait - 1)
    webhooks.deliver()
    assert attempts(webhooks) == 1
    world.clock.advance(2)
    webhooks.deliver()
    assert attempts(webhooks) == 2
