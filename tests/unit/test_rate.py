"""The rate of requests to DOKU: shares, halving and recovery, and the pace of one process."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.aws import bundle
from payouts.domain.rate import COOLING, LEAST, Share, Throttle
from payouts.services.apply_notification import PROCESSORS
from payouts.services.doku_rate import UNPACED, Pace
from tests.template.reading import translated

NOW = 1_790_000_000.0


class Time:
    """A clock that moves only by sleeping; `slept` has the waits."""

    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_the_shares_add_up_to_the_whole() -> None:
    assert sum(share.value for share in Share) == 100
    assert {share: share.of(20) for share in Share} == {
        Share.POLLER: 6,
        Share.BATCHES: 8,
        Share.PROCESSOR: 1,
        Share.API: 5,
    }


def test_a_rate_that_was_never_halved_is_whole() -> None:
    assert Throttle().part(NOW) == 1


def test_a_halved_rate_recovers_by_a_twentieth_in_30_seconds() -> None:
    halved = Throttle().halved(NOW)
    parts = [halved.part(NOW + seconds) for seconds in (0, 30, 60, 300, 10_000)]
    assert parts == pytest.approx([0.5, 0.55, 0.6, 1, 1])


def test_a_second_halving_counts_from_what_has_recovered() -> None:
    assert Throttle().halved(NOW).halved(NOW + 60).part(NOW + 60) == pytest.approx(0.3)


def test_the_rate_never_falls_to_nothing() -> None:
    throttle = Throttle()
    for number in range(20):
        throttle = throttle.halved(NOW + number)
    assert throttle.part(NOW + 19) == LEAST


@pytest.mark.parametrize(
    ("seconds", "cooling"),
    [(0, True), (COOLING - 0.1, True), (COOLING, False), (-1, True), (-3600, False)],
    ids=["at once", "just within", "just after", "the other's clock is ahead", "the other's clock was wrong"],
)
def test_a_halving_cools_for_a_while(seconds: float, cooling: bool) -> None:
    assert Throttle(0.5, NOW).is_cooling(NOW + seconds) is cooling


def test_a_clock_that_is_behind_does_not_lower_the_rate_further() -> None:
    assert Throttle(0.5, NOW).part(NOW - 60) == 0.5


@pytest.mark.parametrize(("processes", "interval"), [(1, 0.25), (2, 0.5)])
def test_requests_are_spaced_evenly(processes: int, interval: float) -> None:
    time = Time()
    pace = Pace(lambda: 4.0, time, time.sleep)
    assert all(pace.wait(10, processes) for _ in range(4))
    assert time.slept == pytest.approx([interval] * 3)


def test_an_idle_process_saves_nothing_up() -> None:
    time = Time()
    pace = Pace(lambda: 4.0, time, time.sleep)
    pace.wait(10)
    time.now += 100
    assert pace.wait(10)
    assert pace.wait(10)
    assert time.slept == pytest.approx([0.25])


def test_a_wait_that_is_too_long_is_refused_at_once() -> None:
    time = Time()
    pace = Pace(lambda: 0.5, time, time.sleep)
    assert pace.wait(0)
    assert [pace.wait(1.9), pace.wait(-5)] == [False, False]
    assert time.slept == []
    assert pace.wait(2.1), "a refused wait has taken no turn"


def test_a_turn_that_is_free_needs_no_time() -> None:
    assert Pace(lambda: 0.5, Time()).wait(-5)


def test_threads_take_turns() -> None:
    slept: list[float] = []
    pace = Pace(lambda: 10.0, lambda: NOW, slept.append)
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: pace.wait(10), range(40)))
    assert sorted(slept) == pytest.approx([number / 10 for number in range(1, 40)])


def test_a_clock_that_is_set_back_stops_nothing() -> None:
    time = Time()
    pace = Pace(lambda: 4.0, time, time.sleep)
    pace.wait(10)
    time.now -= 3600
    assert pace.wait(1)
    assert time.slept == []


def test_without_a_rate_nothing_waits() -> None:
    assert all(UNPACED.wait(0) for _ in range(100))
    assert Share.API.of(math.inf) == math.inf


def test_the_queue_has_as_many_processors_as_share_the_rate() -> None:
    read = bundle.read(translated()).triggers
    (trigger,) = [one for one in read if one.function == "NotificationProcessorFunction"]
    assert trigger.concurrency == PROCESSORS
