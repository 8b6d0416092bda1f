"""The merchant's daily limits: never exceeded, counted once, off by default."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doku_signing.timestamps import WIB
from payouts.domain.limits import DailyLimit
from payouts.domain.money import Rupiah
from payouts.store.counters import Bound, CounterEntry, Counters
from payouts.store.table import Table
from tests.support.harness import Answer, Context, World, crashing, inquiry_of, new_reference, order, sample_event


def limited(world: World, **limits: str) -> World:
    """A cold start with limits and a table of its own, not so late in the day that midnight could come in between."""
    now = datetime.fromtimestamp(world.clock(), WIB)
    if now.hour >= 20:
        world.clock.advance(6 * 3600)
    environment = {**world.environment, **limits, "TABLE_NAME": world.new_table()}
    return World.start(environment, world.clock, world.doku)


def worth(rupiah: int, **changes: Any) -> dict[str, Any]:
    return order(amount={"value": f"{rupiah}.00", "currency": "IDR"}, **changes)


def refused(answer: Answer) -> bool:
    return (answer.status, answer.body["response_code"], answer.body["retryable"]) == (429, "TOO_MANY_REQUESTS", False)


def counted(world: World) -> list[tuple[int, int]]:
    """Count and sum in rupiah of each of today's counters."""
    today = datetime.fromtimestamp(world.clock(), WIB).date().isoformat()
    items = [item for item in world.scan() if item["pk"].startswith(f"COUNTER#{today}")]
    return [(int(item["count"]), int(item["amount"]) // 100) for item in sorted(items, key=lambda item: item["pk"])]


@pytest.mark.covers("I21", "I23")
def test_a_days_amount_is_used_to_the_last_rupiah(world: World) -> None:
    world = limited(world, DAILY_AMOUNT_LIMIT="50000.00")
    assert world.create(worth(30_000)).status == 201
    too_much = worth(20_001)
    answer = world.create(too_much)
    assert refused(answer)
    assert "50000.00 rupiah a day" in answer.body["response_message"]
    assert "T00:00:00+07:00" in answer.body["response_message"]
    midnight = datetime.fromtimestamp(world.clock() + int(answer.headers["Retry-After"]), WIB)
    assert (midnight.hour, midnight.minute) == (0, 0)
    assert world.sent(too_much["partnerReferenceNo"]) == []
    assert world.stored(too_much["partnerReferenceNo"]) is None
    assert world.create(worth(20_000)).status == 201
    assert counted(world) == [(2, 50_000)]


@pytest.mark.covers("I21", "I23")
def test_a_days_count_resets_at_midnight_in_jakarta(world: World) -> None:
    world = limited(world, DAILY_COUNT_LIMIT="2")
    assert [world.create(order()).status for _ in range(3)] == [201, 201, 429]
    body = order()
    reset = world.create(body)
    world.clock.advance(int(reset.headers["Retry-After"]))
    assert world.create(body).status == 201
    assert counted(world) == [(1, 200_000)]


@pytest.mark.covers("I21")
def test_each_caller_has_its_own_share(world: World) -> None:
    world = limited(world, CALLER_DAILY_COUNT_LIMIT="1")
    answers = [world.create(order(), caller=caller) for caller in ("one", "one", "other", None, None)]
    assert [answer.status for answer in answers] == [201, 429, 201, 201, 429]
    assert "1 transfers a day for one caller" in answers[1].body["response_message"]


def test_a_global_refusal_uses_no_callers_limit(world: World) -> None:
    world = limited(world, DAILY_COUNT_LIMIT="1", CALLER_DAILY_COUNT_LIMIT="5")
    world.create(order(), caller="one")
    assert refused(world.create(order(), caller="other"))
    assert counted(world) == [(1, 200_000), (1, 200_000)]


def test_a_callers_refusal_uses_no_global_limit(world: World) -> None:
    world = limited(world, DAILY_COUNT_LIMIT="5", CALLER_DAILY_AMOUNT_LIMIT="30000.00")
    assert world.create(worth(30_000)).status == 201
    assert refused(world.create(worth(10_000)))
    assert sorted(counted(world)) == [(1, 30_000), (1, 30_000)]


def test_what_no_day_has_room_for_is_a_wrong_request(world: World) -> None:
    world = limited(world, CALLER_DAILY_AMOUNT_LIMIT="50000.00")
    answer = world.create(worth(50_001))
    assert (answer.status, answer.body["response_code"]) == (422, "VALIDATION_ERROR")
    assert counted(world) == []


def test_a_replay_is_answered_at_the_limit_and_never_counted(world: World) -> None:
    world = limited(world, DAILY_COUNT_LIMIT="1")
    body = order()
    body["sessionId"] = world.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
    world.create(body)
    for _ in range(3):
        assert world.create(body).headers["Idempotency-Replayed"] == "true"
    assert counted(world) == [(1, 200_000)]


def test_a_crash_after_counting_is_counted_once(world: World) -> None:
    world = limited(world, DAILY_COUNT_LIMIT="1", CALLER_DAILY_AMOUNT_LIMIT="200000.00")
    body = order()
    world.request("GET", "/v1/balance")  # which leaves a token
    world.faults.before["PutItem"] = [lambda: None]  # the inquiry's session
    world.faults.crash_before("PutItem")
    with crashing():
        world.create(body)
    world = world.restarted()
    assert refused(world.create(order()))  # what died may have been sent, for all that the counter knows
    assert world.create(body).status == 201
    assert counted(world) == [(1, 200_000), (1, 200_000)]


def test_a_lost_reply_of_the_counter_does_not_count_twice(world: World) -> None:
    world = limited(world, DAILY_COUNT_LIMIT="1")
    world.faults.lose_reply("UpdateItem")
    assert world.create(order()).status == 201
    assert counted(world) == [(1, 200_000)]


def test_a_failed_transfer_keeps_its_share(world: World) -> None:
    world = limited(world, DAILY_COUNT_LIMIT="1")
    world.doku.deposit("1000.00")
    assert world.create(order()).body["status"] == "FAILED"
    assert refused(world.create(order()))


@pytest.mark.covers("I23")
def test_a_session_that_met_the_limit_stays_with_its_reference(world: World) -> None:
    """A copy of the request may have been counted and be sending with the session."""
    world = limited(world, CALLER_DAILY_COUNT_LIMIT="1")
    world.create(order())
    body = order()
    body["sessionId"] = world.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
    assert refused(world.create(body))
    other = world.create({**body, "partnerReferenceNo": new_reference()}, caller="other")
    assert (other.status, other.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")
    assert "make a new account inquiry" in other.body["response_message"]
    assert world.create(body, caller="other").status == 201


def test_one_limit_costs_one_update_and_a_look_for_a_replay(world: World) -> None:
    world = limited(world, DAILY_COUNT_LIMIT="9")
    world.create(order())
    body = order()
    body["sessionId"] = world.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
    world.faults.calls.clear()
    world.create(body)
    assert world.faults.calls == ["GetItem", "UpdateItem", "UpdateItem", "PutItem", "UpdateItem"]


def test_a_counter_expires_and_names_no_caller(world: World) -> None:
    world = limited(world, CALLER_DAILY_COUNT_LIMIT="9")
    world.create(order(), caller="dewi@example.com")
    today = datetime.fromtimestamp(world.clock(), WIB).date().isoformat()
    (item,) = [item for item in world.scan() if item["pk"].startswith(f"COUNTER#{today}")]
    assert 7 * 86_400 < float(item["expiresAt"]) - world.clock() < 8 * 86_400
    assert "dewi" not in str(item)


@pytest.fixture
def counters(world: World) -> Counters:
    return Counters(Table(world.dynamodb, world.environment["TABLE_NAME"]))


def test_a_counter_is_what_a_ledger_of_the_same_requests_says(counters: Counters) -> None:
    """Against a model without slots: the counter is never lower, and takes nothing beyond its limit."""
    limit = DailyLimit(Rupiah(1000), 12)
    runs = iter(range(1_000_000))

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 300)), max_size=30))
    def check(asked: list[tuple[int, int]]) -> None:
        key = f"{new_reference()} {next(runs)}"
        taken: dict[str, int] = {}
        for number, sen in asked:
            entry = CounterEntry(f"{number} {sen}", Rupiah(sen))
            bound = counters.consume(key, entry, limit, 2_000_000_000)
            if bound is None:
                taken[entry.request] = sen
            else:
                assert bound is counters.peek(key, entry, limit)
                assert (len(taken) + 1 > 12) or (sum(taken.values()) + sen > 1000) or entry.request in taken
            assert len(taken) <= 12
            assert sum(taken.values()) <= 1000
        if sum(taken.values()) + 300 > 1000 and len(taken) < 12:
            assert counters.consume(key, CounterEntry("one more", Rupiah(300)), limit, 2_000_000_000) is Bound.AMOUNT

    check()


def test_an_event_without_authorizer_has_no_caller(world: World) -> None:
    event = sample_event("create-transfer")
    del event["requestContext"]["authorizer"]
    body = order()
    event["body"] = json.dumps(body)
    assert world.call_handler(event, Context())["statusCode"] == 201
    assert world.get(body["partnerReferenceNo"]).body["createdBy"] is None
