"""The rate of requests to DOKU, shared through the table: the API's windows, and DOKU's 429."""

from collections.abc import Callable
from typing import Any

import pytest

from payouts.doku.client import DokuClient
from payouts.doku.messages import InquiryRequest
from payouts.doku.responses import DokuResponse
from payouts.domain.errors import PayoutError, RefusedEarly
from payouts.domain.rate import COOLING, RATE_MAX_AGE, Share
from payouts.services.doku_rate import DokuRate
from payouts.services.request_budget import WINDOW, RequestBudget
from payouts.store.rate import RateStore
from payouts.store.table import Table
from tests.support.harness import World, inquiry_of, order

PER_SECOND = 20
A_WINDOWS_TRANSFERS = 10


class Time:
    """A clock that is moved by hand, at the beginning of a window."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0 // WINDOW * WINDOW

    def __call__(self) -> float:
        return self.now


class Counted(RateStore):
    """Counts its writes to windows."""

    writes = 0

    def take(self, window: int, requests: int, limit: int, now: float) -> bool:
        self.writes += 1
        return super().take(window, requests, limit, now)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(world: World) -> Counted:
    return Counted(Table(world.dynamodb, world.environment["TABLE_NAME"]))


@pytest.fixture
def broken(world: World) -> RateStore:
    """A table that refuses every call."""
    return RateStore(Table(world.dynamodb, "no-such-table"))


def budget(store: RateStore, time: Time, per_second: int = PER_SECOND, **hooks: Any) -> RequestBudget:
    return RequestBudget(store, DokuRate(store, per_second, time), time, lambda: 0.0, **hooks)


def accepted(lone: RequestBudget) -> int:
    """How many of a hundred transfers are accepted."""
    return [_is_accepted(lone.take) for _ in range(100)].count(True)


def _is_accepted(take: Callable[[int], None]) -> bool:
    try:
        take(2)
    except RefusedEarly:
        return False
    return True


def test_a_lone_process_gets_the_whole_share_of_the_api(store: Counted, time: Time) -> None:
    lone = budget(store, time)
    for _ in range(3):
        assert accepted(lone) == A_WINDOWS_TRANSFERS
        time.now += WINDOW


def test_processes_share_each_window(store: Counted, time: Time) -> None:
    processes = [budget(store, time) for _ in range(3)]
    for _ in range(2):
        turns = [process.take for process in processes * 10]
        assert [_is_accepted(take) for take in turns].count(True) == A_WINDOWS_TRANSFERS
        time.now += WINDOW


def test_a_refusal_names_the_end_of_the_window(store: Counted, time: Time) -> None:
    lone = budget(store, time)
    accepted(lone)
    time.now += 1
    with pytest.raises(RefusedEarly, match=r"nothing was sent. Send the same request again") as refused:
        lone.take(2)
    assert (refused.value.http_status, refused.value.retryable, refused.value.retry_after) == (503, True, WINDOW - 1)


def test_a_used_up_window_is_not_written_again(store: Counted, time: Time) -> None:
    lone = budget(store, time)
    accepted(lone)
    before = store.writes
    for _ in range(100):
        with pytest.raises(RefusedEarly):
            lone.take(2)
    assert store.writes == before


def test_a_busy_process_writes_once_for_two_transfers(store: Counted, time: Time) -> None:
    lone = budget(store, time)
    for _ in range(A_WINDOWS_TRANSFERS):
        lone.take(2)
    assert store.writes <= 0.7 * A_WINDOWS_TRANSFERS


def test_slow_processes_lose_nothing_of_their_share(store: Counted, time: Time) -> None:
    """A process that sends one transfer in every third window takes no more than that."""
    for _ in range(3):
        processes = [budget(store, time) for _ in range(A_WINDOWS_TRANSFERS)]
        for process in processes:
            process.take(2)
        time.now += 3 * WINDOW
    assert store.writes == 3 * A_WINDOWS_TRANSFERS


def test_status_checks_leave_half_a_window_to_transfers(store: Counted, time: Time) -> None:
    reading, paying = budget(store, time), budget(store, time)
    checks = [reading.spare() for _ in range(100)].count(True)
    assert A_WINDOWS_TRANSFERS - 4 < checks <= A_WINDOWS_TRANSFERS
    assert accepted(paying) >= A_WINDOWS_TRANSFERS // 2
    assert not reading.spare()


@pytest.mark.parametrize("per_second", [1, 2])
def test_the_lowest_rate_allows_a_transfer_in_each_window(store: Counted, time: Time, per_second: int) -> None:
    lone = budget(store, time, per_second)
    for _ in range(3):
        assert accepted(lone) == 1
        time.now += WINDOW


def test_without_a_rate_the_table_is_not_asked(broken: RateStore, time: Time) -> None:
    def failed(error: PayoutError) -> None:
        raise AssertionError(error)

    unlimited = budget(broken, time, 0, failed=failed)
    for _ in range(100):
        unlimited.take(2)
    assert unlimited.spare()


def test_a_table_that_does_not_count_stops_no_payout(broken: RateStore, time: Time) -> None:
    seen: list[PayoutError] = []
    uncounted = budget(broken, time, failed=seen.append)
    for _ in range(100):
        uncounted.take(2)
    assert seen


def test_429s_halve_the_rate_of_all_once(store: Counted, time: Time) -> None:
    first, second = (DokuRate(store, PER_SECOND, time) for _ in range(2))
    assert [rate.of(Share.API) for rate in (first, second)] == [5, 5]
    for rate in (first, second, first):
        rate.refused()
        rate.slow_down()
    assert first.of(Share.API) == pytest.approx(2.5)
    time.now += RATE_MAX_AGE
    assert second.of(Share.API) == first.of(Share.API) == pytest.approx(2.5, abs=0.1)


def test_another_429_after_cooling_halves_again(store: Counted, time: Time) -> None:
    rate = DokuRate(store, PER_SECOND, time)
    for _ in range(2):
        rate.refused()
        rate.slow_down()
        time.now += COOLING
    assert DokuRate(store, PER_SECOND, time).of(Share.POLLER) == pytest.approx(6 / 4, abs=0.3)


def test_of_two_halvings_at_once_one_counts(store: Counted, time: Time) -> None:
    seen = store.read()
    halved = store.replace(seen, seen.halved(time()))
    assert store.replace(seen, seen.halved(time() + 0.5)) == halved == store.read()


def test_a_429_is_only_noted_until_there_is_time(store: Counted, time: Time) -> None:
    """DOKU's answer about a transfer is stored before anything else is written."""
    rate, before = DokuRate(store, PER_SECOND, time), store.read()
    rate.refused()
    assert store.read() == before
    rate.slow_down()
    assert store.read() != before


def test_a_rate_that_cannot_be_read_is_the_last_known(broken: RateStore, store: Counted, time: Time) -> None:
    seen: list[PayoutError] = []
    rate = DokuRate(broken, PER_SECOND, time, seen.append)
    assert [rate.of(Share.API) for _ in range(10)] == [5] * 10
    assert len(seen) == 1, "it is tried again after five seconds"
    rate.refused()
    assert rate.of(Share.API) == pytest.approx(2.5), "this process slows down by itself"
    time.now += RATE_MAX_AGE
    assert rate.of(Share.API) == pytest.approx(2.5, abs=0.1)


LONG_WINDOW = 16
"""Seconds, since the handlers' clock goes on by itself."""


def limited(world: World, per_second: int = 1) -> World:
    """A cold start with a rate, at the beginning of a window: two transfers with their inquiries fit into it."""
    world.environment = {**world.environment, "DOKU_REQUESTS_PER_SECOND": str(per_second)}
    world.clock.advance(LONG_WINDOW - world.clock() % LONG_WINDOW)
    return world.restarted()


@pytest.fixture
def long_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payouts.services.request_budget.WINDOW", LONG_WINDOW)


in_a_long_window = pytest.mark.usefixtures("long_window")


@in_a_long_window
@pytest.mark.covers("I8")
def test_a_transfer_beyond_the_share_is_refused_early(world: World) -> None:
    world = limited(world)
    assert [world.create(order()).status for _ in range(2)] == [201, 201]
    body, before = order(), len(world.doku.ledger()["requests"])
    refused = world.create(body)
    assert (refused.status, refused.body["retryable"]) == (503, True)
    assert 1 <= int(refused.headers["Retry-After"]) <= LONG_WINDOW
    assert "nothing was sent" in refused.body["response_message"]
    assert len(world.doku.ledger()["requests"]) == before
    assert world.stored(body["partnerReferenceNo"]) is None
    world.clock.advance(LONG_WINDOW)
    assert world.create(body).status == 201


@in_a_long_window
@pytest.mark.covers("I8")
def test_a_refused_early_transfer_keeps_its_session(world: World) -> None:
    body = order()
    session = world.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
    world = limited(world)
    for _ in range(2):
        world.create(order())
    assert world.create({**body, "sessionId": session}).status == 503
    world.clock.advance(LONG_WINDOW)
    assert world.create({**body, "sessionId": session}).status == 201


@in_a_long_window
def test_a_replay_is_not_refused(world: World) -> None:
    world, body = limited(world), order()
    world.create(body)
    world.create(order())
    assert world.create(order()).status == 503
    assert world.create(body).headers["Idempotency-Replayed"] == "true"


@in_a_long_window
def test_an_inquiry_and_the_balance_are_refused_early(world: World) -> None:
    world = limited(world)
    for _ in range(2):
        world.create(order())
    assert world.request("POST", "/v1/account-inquiries", inquiry_of(order())).status == 503
    assert world.request("GET", "/v1/balance").status == 503


@in_a_long_window
def test_reading_the_balance_stops_no_transfer(world: World) -> None:
    world = limited(world)
    answers = [world.request("GET", "/v1/balance").status for _ in range(10)]
    assert set(answers) == {200, 503}
    assert world.create(order()).status == 201


@in_a_long_window
def test_a_status_is_shown_unchecked_beyond_the_share(world: World) -> None:
    world, body = limited(world), order()
    world.create(body)
    world.create(order())
    before = len(world.doku.ledger()["requests"])
    assert world.get(body["partnerReferenceNo"], refresh=True).body["status"] == "ACCEPTED"
    assert len(world.doku.ledger()["requests"]) == before
    world.clock.advance(LONG_WINDOW)
    assert world.get(body["partnerReferenceNo"], refresh=True).body["status"] == "SUCCESS"


@pytest.mark.covers("I8")
def test_a_slow_inquiry_leaves_nothing_sent(world: World) -> None:
    """Too little time is left after it. The same request can be sent again."""
    body = order()
    left = iter([29_000, 29_000])
    refused = world.create(body, remaining=lambda: next(left, 18_000))
    assert (refused.status, refused.body["retryable"], refused.headers["Retry-After"]) == (503, True, "5")
    assert "too little time was left" in refused.body["response_message"]
    assert world.stored(body["partnerReferenceNo"]) is None
    assert world.sent(body["partnerReferenceNo"]) == []
    assert world.create(body).status == 201


@pytest.mark.covers("I21")
def test_a_refused_early_transfer_counts_against_no_limit(world: World) -> None:
    world.environment = {**world.environment, "DAILY_COUNT_LIMIT": "1"}
    world = world.restarted()
    left = iter([29_000, 29_000])
    assert world.create(order(), remaining=lambda: next(left, 18_000)).status == 503
    assert world.create(order()).status == 201


def test_an_inquiry_leaves_time_for_the_transfer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 25 seconds left it may take five, although DOKU may answer after 14."""
    waits: list[float] = []
    ask = DokuClient.inquire

    def asked(doku: DokuClient, request: InquiryRequest, remaining: Callable[[], float]) -> DokuResponse:
        waits.append(remaining())
        return ask(doku, request, remaining)

    monkeypatch.setattr(DokuClient, "inquire", asked)
    assert world.create(order(), remaining=lambda: 25_000).status == 201
    assert world.request("POST", "/v1/account-inquiries", inquiry_of(order())).status == 200
    assert waits == [25 - 17 - 2 - 1, 29 - 1]


@pytest.mark.parametrize(("left", "sent"), [(4_500, 0), (5_500, 1)])
def test_a_question_without_time_is_refused_early(world: World, left: int, sent: int) -> None:
    before = len(world.doku.ledger()["requests"])
    answer = world.request("POST", "/v1/account-inquiries", inquiry_of(order()), remaining=lambda: left)
    assert len(world.doku.ledger()["requests"]) == before + sent
    assert (answer.status, answer.body.get("retryable")) == ((200, None) if sent else (503, True))


def test_a_poller_leaves_what_its_pace_does_not_allow(world: World) -> None:
    for _ in range(3):
        world.create(order())
    world.clock.advance(70)
    tick = limited(world).tick(remaining=lambda: 21_000)
    assert (tick["learned"], tick["finished"], tick["skipped"]) == (1, False, 0)


@pytest.mark.covers(18)
def test_a_429_of_doku_slows_down_all_functions(world: World) -> None:
    world = limited(world, 400)
    world.create(order())
    world.doku.fault("transfer", "throttled")
    assert world.create(order()).body["status"] == "FAILED"
    rate = DokuRate(RateStore(Table(world.dynamodb, world.environment["TABLE_NAME"])), 100, world.clock)
    assert rate.of(Share.POLLER) == pytest.approx(15, abs=1)
