"""The sweep looks at paid transfers on days 1, 3 and 7, skips none, and writes only news (I31)."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from doku_signing.timestamps import WIB
from payouts.services import sweep
from payouts.store import items
from payouts.store.creation_index import Position
from payouts.store.sweep_progress import Progress, SweepProgress
from tests.support.harness import PAGES, World, crashing, new_reference, order

DAY = 86_400
REFUNDED_LATER = {"beneficiaryAccountNumber": "7746555134"}


def paid(world: World, count: int, **changes: Any) -> list[str]:
    """Transfers that a first check finds paid, all on one day."""
    if datetime.fromtimestamp(world.clock(), WIB).hour >= 22:
        world.clock.advance(3 * 3600)
    references = [str(world.create(order(**changes)).body["partnerReferenceNo"]) for _ in range(count)]
    world.clock.advance(61)
    world.tick()
    assert {world.existing(reference).status for reference in references} == {"SUCCESS"}
    return references


def wait_for_look(world: World, reference: str, look: int, minutes: int = 16) -> None:
    """Until so many minutes after the end of the day D + look, in WIB."""
    created = datetime.fromtimestamp(world.existing(reference).created_at / 1000, WIB)
    end = datetime(created.year, created.month, created.day, tzinfo=WIB) + timedelta(days=look + 1, minutes=minutes)
    world.clock.advance(end.timestamp() - world.clock())
    world.request("GET", "/v1/balance")  # with a token at hand


def asked(world: World) -> Counter[str]:
    """Status checks that DOKU answered, by transfer."""
    requests = world.doku.ledger()["requests"]
    return Counter(one["partnerReferenceNo"] for one in requests if one["operation"] == "status")


@pytest.mark.covers(22, "I31")
def test_a_paid_transfer_is_looked_at_on_days_1_3_and_7(world: World) -> None:
    (reference,) = paid(world, 1)
    before = world.existing(reference)
    assert before.next_check_at is None
    looks = []
    for look in (1, 3, 7):
        wait_for_look(world, reference, look, minutes=14)
        assert world.tick()["looks"] == 0, "the day's last writes may not be in the index"
        wait_for_look(world, reference, look)
        looks += [world.tick()["looks"], world.tick()["looks"]]
    assert looks == [1, 0, 1, 0, 1, 0]
    assert world.existing(reference) == before, "nothing new, so nothing is written"
    world.clock.advance(30 * DAY)
    assert world.tick()["looks"] == 0
    assert asked(world)[reference] == 4


@pytest.mark.covers(22, "I31")
def test_a_look_finds_a_refund(world: World) -> None:
    references = [*paid(world, 2), *paid(world, 1, **REFUNDED_LATER)]
    wait_for_look(world, references[0], 1)
    assert world.tick()["statuses"] == {"SUCCESS": 2, "REFUNDED": 1}
    assert world.existing(references[2]).status == "REFUNDED"
    wait_for_look(world, references[0], 3)
    assert world.tick()["looks"] == 2


@pytest.mark.covers("I31")
def test_every_shard_of_a_day_is_swept(world: World) -> None:
    references = paid(world, 24)
    assert len({items.shard(reference, items.DAY_SHARDS) for reference in references}) == items.DAY_SHARDS
    wait_for_look(world, references[0], 1)
    ticks = [world.restarted().tick(number, of=3) for number in range(3)]
    assert sum(tick["looks"] for tick in ticks) == 24
    assert asked(world) == dict.fromkeys(references, 2)


@pytest.mark.covers("I31")
def test_missed_looks_are_caught_up(world: World) -> None:
    """No tick for weeks: each day's looks are made, one after the other."""
    world.tick()
    references = paid(world, 2)
    world.clock.advance(DAY)
    references += paid(world, 2)
    world.clock.advance(20 * DAY)
    late = world.tick()
    assert (late["looks"], late["finished"], late["oldestLookSeconds"]) == (12, True, 0)
    assert asked(world) == dict.fromkeys(references, 4)


@pytest.mark.covers("I31")
def test_a_look_that_was_not_made_is_reported_late(world: World) -> None:
    (reference,) = paid(world, 1)
    for look in (1, 2):
        wait_for_look(world, reference, look)
        world.tick()
    wait_for_look(world, reference, 3)
    world.clock.advance(7200)
    assert 7200 <= world.tick(remaining=lambda: 10_000)["oldestLookSeconds"] < 7400
    assert world.restarted().tick(remaining=lambda: 10_000)["oldestLookSeconds"] >= 7200
    assert world.tick()["looks"] == 1


@pytest.mark.covers("I31")
@pytest.mark.parametrize("crash", ["before", "after"])
def test_a_crash_around_the_progress_skips_nothing(world: World, crash: str) -> None:
    references = paid(world, 3, **REFUNDED_LATER)
    world.tick()
    wait_for_look(world, references[0], 1)
    (world.faults.crash_before if crash == "before" else world.faults.crash_after)("PutItem")
    with crashing():
        world.tick()
    world.clock.advance(61)
    world.restarted().tick()
    assert {world.existing(reference).status for reference in references} == {"REFUNDED"}


@pytest.mark.covers("I31")
def test_a_crash_before_an_answer_is_recorded_repeats_the_look(world: World) -> None:
    (reference,) = paid(world, 1, **REFUNDED_LATER)
    wait_for_look(world, reference, 1)
    world.faults.before["UpdateItem"] = [lambda: None]  # the lease
    world.faults.crash_before("UpdateItem")
    with crashing():
        world.tick()
    world.clock.advance(61)
    assert world.restarted().tick()["statuses"] == {"REFUNDED": 1}
    assert asked(world)[reference] == 3


def _throttled(world: World, operation: str, times: int) -> None:
    world.faults.throttle(operation, times)


def _answered_with_a_page(world: World, operation: str, times: int) -> None:
    world.faults.before.setdefault(operation, []).extend(
        [lambda: world.faults.pages.update({operation: PAGES[0]})] * times
    )


@pytest.mark.covers(14, "I31")
@pytest.mark.parametrize("strike", [_throttled, _answered_with_a_page], ids=["throttled", "a page"])
@pytest.mark.parametrize(("operation", "times"), [("Query", 99), ("GetItem", 99), ("PutItem", 99)])
def test_a_table_that_fails_delays_a_look(
    world: World, strike: Callable[[World, str, int], None], operation: str, times: int
) -> None:
    (reference,) = paid(world, 1, **REFUNDED_LATER)
    wait_for_look(world, reference, 1)
    strike(world, operation, times)
    world.tick()
    world.faults.before.clear()
    world.clock.advance(61)
    world.tick()
    assert world.existing(reference).status == "REFUNDED"


@pytest.mark.covers(52, "I31")
def test_silence_about_one_transfer_is_due_again(world: World) -> None:
    references = paid(world, 3)
    world.doku.fault("status", "garbage", partnerReferenceNo=references[1], times=1)
    wait_for_look(world, references[0], 1)
    tick = world.tick()
    assert (tick["looks"], tick["silent"], tick["circuitOpen"]) == (3, 1, False)
    silent = world.existing(references[1])
    assert (silent.status, silent.history[-1].finding) == ("SUCCESS", "UNCLEAR")
    assert silent.next_check_at is not None
    world.clock.advance(DAY)
    assert world.tick()["learned"] == 1
    assert world.existing(references[1]).next_check_at is None
    assert asked(world)[references[0]] == 2


@pytest.mark.covers(52, "I31")
def test_doku_down_stops_the_sweep(world: World) -> None:
    """What was not asked about is looked at once DOKU answers again."""
    world.environment = {**world.environment, "POLL_CONCURRENCY": "2"}
    poller = world.restarted()
    references = paid(poller, 12, **REFUNDED_LATER)
    wait_for_look(world, references[0], 1)
    world.doku.fault("status", "error-before", times=None)
    tick = poller.tick()
    assert (tick["circuitOpen"], tick["finished"]) == (True, False)
    assert 2 <= tick["looks"] <= 4
    world.doku.heal()
    world.clock.advance(61)
    poller.tick()
    world.clock.advance(DAY)  # those about which DOKU was silent
    poller.tick()
    assert {world.existing(reference).status for reference in references} == {"REFUNDED"}


@pytest.mark.covers("I31")
def test_a_page_that_runs_out_of_time_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "_PAGE", 3)
    world.environment = {**world.environment, "POLL_CONCURRENCY": "1"}
    poller = world.restarted()
    names = [name for name in (new_reference() for _ in range(99)) if items.shard(name, items.DAY_SHARDS) == "1"][:5]
    references = [reference for name in names for reference in paid(poller, 1, partnerReferenceNo=name)]
    wait_for_look(world, references[0], 1)
    first = poller.tick(remaining=lambda: 60_000 if sum(asked(world).values()) < 5 + 4 else 1_000)
    assert first["finished"] is False
    assert first["looks"] == 4
    assert poller.tick()["looks"] == 1
    assert asked(world) == dict.fromkeys(references, 2)


@pytest.mark.covers(49, "I31")
def test_two_sweeps_at_once_skip_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While `Pollers` changes, two pollers may be at one shard."""
    monkeypatch.setattr(sweep, "_PAGE", 1)
    shard = next(name for name in (new_reference() for _ in range(99)) if items.shard(name, items.DAY_SHARDS) == "1")
    references = [*paid(world, 8, **REFUNDED_LATER), *paid(world, 1, partnerReferenceNo=shard, **REFUNDED_LATER)]
    wait_for_look(world, references[0], 1)
    rival, ticks = world.restarted(), list[dict[str, Any]]()
    rival.tick(1, of=2, remaining=lambda: 10_000)
    world.faults.before["PutItem"] = [lambda: ticks.append(rival.tick(1, of=2))]
    world.tick()
    world.tick()
    assert ticks[0]["looks"] > 0
    assert {world.existing(reference).status for reference in references} == {"REFUNDED"}


@pytest.mark.covers("I31", "I27")
def test_what_a_notification_contradicts_keeps_its_place_in_the_index(world: World) -> None:
    """The sweep leaves it to its slot, and a refund's notification is applied as ever."""
    (reference,) = paid(world, 1, **REFUNDED_LATER)
    world.doku.fault("status", "status-says", partnerReferenceNo=reference, latestTransactionStatus="03")
    world.clock.advance(11)
    world.request("POST", f"/v1/transfers/{reference}/status-checks")
    assert world.existing(reference).next_check_at is not None
    wait_for_look(world, reference, 1)
    tick = world.tick()
    assert (tick["learned"], tick["looks"], tick["statuses"]) == (1, 0, {"REFUNDED": 1})


@pytest.mark.covers(30, "I26")
def test_a_newer_item_is_not_looked_at(world: World) -> None:
    references = paid(world, 2)
    world.write_attribute(references[0], "schema", {"N": "2"})
    wait_for_look(world, references[0], 1)
    tick = world.tick()
    assert (tick["looks"], tick["newer"], tick["learned"]) == (2, 1, 1)
    assert asked(world) == {references[0]: 1, references[1]: 2}


def test_another_account_is_not_asked_about_paid_transfers(world: World) -> None:
    (reference,) = paid(world, 1)
    world.environment = {**world.environment, "DOKU_PATH_PREFIX": "/snap/v1.1"}
    wait_for_look(world, reference, 1)
    assert world.restarted().tick()["otherAccount"] == 1
    assert asked(world)[reference] == 1
    assert world.existing(reference).status == "SUCCESS"


@pytest.mark.covers("I5", "I31")
def test_another_reference_is_news(world: World) -> None:
    (reference,) = paid(world, 1)
    world.doku.fault("status", "other-reference", partnerReferenceNo=reference)
    wait_for_look(world, reference, 1)
    assert world.tick()["statuses"] == {"DISPUTED": 1}


@pytest.mark.covers(14, "I31")
def test_an_answer_that_cannot_be_stored_stops_the_walk(world: World) -> None:
    (reference,) = paid(world, 1, **REFUNDED_LATER)
    for look in (0, 1):  # the days before are done
        world.tick()
        wait_for_look(world, reference, look)
    world.faults.before["UpdateItem"] = [lambda: None]  # the lease
    world.faults.throttle("UpdateItem", times=2)  # the answer, and the delay
    assert world.tick()["skipped"] == 1
    assert world.existing(reference).status == "SUCCESS"
    assert world.tick()["statuses"] == {"REFUNDED": 1}


def test_an_overtaken_sweep_changes_no_progress(world: World) -> None:
    progress = SweepProgress(world.store._table)
    start = progress.read(1, 0, "2024-09-17")
    first, second = Progress("2024-09-18"), Progress("2024-09-20", Position(5, "PAY-1"))
    assert progress.advance(1, 0, start, first)
    assert progress.advance(1, 0, first, second)
    assert not progress.advance(1, 0, start, first)
    assert not progress.advance(1, 0, first, Progress("2024-09-19"))
    assert progress.read(1, 0, "2024-09-17") == second
    assert progress.read(3, 0, "2024-09-17") == start
