"""Every open transfer converges by ticks alone (I3, I12, I13, I19)."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from payouts.domain.schedule import DAY, HOUR, MINUTE
from payouts.store import items
from tests.support.harness import PAGES, Page, World, crashing, new_reference, order

UNPAID = {"beneficiaryAccountNumber": "9912345678", "channelCode": "07"}


def create(world: World, count: int, **changes: Any) -> list[str]:
    return [str(world.create(order(**changes)).body["partnerReferenceNo"]) for _ in range(count)]


def status_of(world: World, reference: str) -> str:
    return str(world.existing(reference).status)


def asked(world: World) -> Counter[str]:
    """Status checks that reached DOKU, by transfer."""
    requests = world.doku.ledger()["requests"]
    return Counter(one["partnerReferenceNo"] for one in requests if one["operation"] == "status")


def test_a_tick_asks_about_what_is_due_and_about_nothing_else(world: World) -> None:
    (reference,) = create(world, 1)
    assert world.tick()["learned"] == 0
    world.clock.advance(61)
    assert world.tick() | {"oldestDueSeconds": 0} == {
        "learned": 1,
        "taken": 0,
        "silent": 0,
        "unclear": 0,
        "otherAccount": 0,
        "newer": 0,
        "skipped": 0,
        "statuses": {"SUCCESS": 1},
        "review": 0,
        "looks": 0,
        "oldestDueSeconds": 0,
        "oldestLookSeconds": 0,
        "busy": False,
        "finished": True,
        "circuitOpen": False,
    }
    assert status_of(world, reference) == "SUCCESS"
    assert world.tick()["learned"] == 0


def test_another_path_prefix_is_not_asked_about(world: World) -> None:
    (reference,) = create(world, 1)
    elsewhere = replace(world, environment={**world.environment, "DOKU_PATH_PREFIX": "/snap/v1.1"}).restarted()
    world.clock.advance(61)
    assert elsewhere.tick()["otherAccount"] == 1
    assert asked(world)[reference] == 0
    assert elsewhere.get(reference).body["nextAction"] == "ASK_DOKU"


@pytest.mark.covers(22)
def test_a_transfer_paid_late_is_checked_after_1_3_and_7_days(world: World) -> None:
    (reference,) = create(world, 1)
    world.clock.advance(2 * 86_400)
    for days in (0, 1, 2, 4):
        world.clock.advance(days * 86_400)
        tick = world.tick()
        assert (tick["learned"], tick["looks"]) == (1, 0)
    assert world.existing(reference).next_check_at is None


@pytest.mark.covers(22)
def test_a_late_refund_without_notification_is_noticed(world: World) -> None:
    (reference,) = create(world, 1, beneficiaryAccountNumber="7746555134")
    world.clock.advance(61)
    world.tick()
    assert status_of(world, reference) == "SUCCESS"
    world.clock.advance(2 * 86_400 + 900)
    assert world.tick()["statuses"] == {"REFUNDED": 1}


@pytest.mark.covers(21)
def test_a_disputed_transfer_is_checked_until_refunded(world: World) -> None:
    create(world, 1)
    world.clock.advance(61)
    world.tick()
    world.doku.fault("status", "status-says", latestTransactionStatus="06")
    world.clock.advance(2 * 86_400 + 900)
    assert world.tick()["statuses"] == {"DISPUTED": 1}
    world.clock.advance(86_400)
    assert world.tick()["statuses"] == {"DISPUTED": 1}
    world.doku.fault("status", "status-says", latestTransactionStatus="04")
    world.clock.advance(86_400)
    assert world.tick()["statuses"] == {"REFUNDED": 1}


@pytest.mark.covers(49, "I12")
def test_overlapping_ticks_ask_once_a_slot(world: World) -> None:
    references = create(world, 9)
    world.clock.advance(61)
    worlds = [world.restarted() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        ticks = list(pool.map(World.tick, worlds))
    assert sum(tick["learned"] for tick in ticks) == 9
    assert asked(world) == dict.fromkeys(references, 1)


@pytest.mark.covers(49, "I12")
def test_a_second_invocation_ends_at_once(world: World) -> None:
    """It comes while the first is at work, here in its first question."""
    (reference,) = create(world, 1)
    world.clock.advance(61)
    rival, ticks = world.restarted(), list[dict[str, Any]]()
    world.faults.before["GetItem"] = [lambda: ticks.append(rival.tick())]
    assert world.tick()["learned"] == 1
    assert [(tick["busy"], tick["learned"], tick["finished"]) for tick in ticks] == [(True, 0, False)]
    assert asked(world)[reference] == 1


@pytest.mark.covers(49, "I12")
def test_pollers_of_two_divisions_end_in_one_result(world: World) -> None:
    """While `Pollers` changes, poller 0 of 1 and poller 1 of 2 may ask about one transfer at once."""
    reference = next(name for name in (new_reference() for _ in range(99)) if int(items.shard(name, 8)) % 2 == 1)
    create(world, 1, **UNPAID, partnerReferenceNo=reference)
    world.clock.advance(61)
    rival, ticks = world.restarted(), list[dict[str, Any]]()
    world.faults.before["UpdateItem"] = [lambda: None, lambda: ticks.append(rival.tick(1, of=2))]
    assert world.tick()["learned"] == ticks[0]["learned"] == 1
    assert asked(world)[reference] == 2
    stored = world.stored(reference)
    assert stored is not None
    assert [seen.finding for seen in stored.history] == ["SUBMITTING", "UNPAID", "UNPAID", "UNPAID"]
    assert len({seen.seq for seen in stored.history}) == 4


@pytest.mark.covers("I12", "I13")
def test_a_lease_ends_with_its_invocation(world: World) -> None:
    (reference,) = create(world, 1)
    world.clock.advance(61)
    world.faults.crash_before("GetItem")
    with crashing():
        world.tick(remaining=lambda: 50_000)
    after = world.restarted()
    assert after.tick()["busy"] is True
    world.clock.advance(50)
    assert after.tick()["statuses"] == {"SUCCESS": 1}
    assert status_of(world, reference) == "SUCCESS"


@pytest.mark.covers("I13")
def test_a_lease_of_a_wrong_clock_stops_nobody(world: World) -> None:
    create(world, 1)
    world.clock.advance(61)
    ahead = world.restarted(skew=86_400)
    ahead.faults.crash_before("GetItem")
    with crashing():
        ahead.tick()
    assert world.tick()["learned"] == 1


@pytest.mark.covers(14, "I13")
@pytest.mark.parametrize("moment", ["take", "release"])
def test_a_lease_that_fails_stops_no_check(world: World, moment: str) -> None:
    (reference,) = create(world, 1)
    world.clock.advance(61)
    world.faults.before["UpdateItem"] = [lambda: None] * (0 if moment == "take" else 2)
    world.faults.throttle("UpdateItem")
    assert world.tick()["learned"] == 1
    assert status_of(world, reference) == "SUCCESS"


@pytest.mark.covers(50, "I12")
def test_a_duplicated_tick_asks_nothing_again(world: World) -> None:
    references = create(world, 5, **UNPAID)
    world.clock.advance(61)
    assert world.tick()["learned"] == 5
    assert world.tick()["learned"] == 0
    assert asked(world) == dict.fromkeys(references, 1)


@pytest.mark.covers("I12")
def test_pollers_divide_the_shards(world: World) -> None:
    references = create(world, 16)
    world.clock.advance(61)
    worlds = [world.restarted() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        ticks = list(pool.map(lambda number: worlds[number].tick(number, of=4), range(4)))
    assert sum(tick["learned"] for tick in ticks) == 16
    assert sum(tick["taken"] for tick in ticks) == 0
    assert all(tick["learned"] for tick in ticks)
    assert asked(world) == dict.fromkeys(references, 1)


@pytest.mark.parametrize(("number", "of"), [(1, 1), (-1, 2), (4, 4)])
def test_a_poller_that_is_not_one_of_them_is_an_error(world: World, number: int, of: int) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        world.tick(number, of)


@pytest.mark.covers(51)
def test_a_tick_without_time_leaves_everything_to_the_next(world: World) -> None:
    references = create(world, 3)
    world.clock.advance(61)
    late = world.tick(remaining=lambda: 10_000)
    assert (late["learned"], late["finished"]) == (0, False)
    assert world.tick()["learned"] == len(references)


@pytest.mark.covers(51)
def test_the_oldest_are_asked_about_first(world: World) -> None:
    world.environment = {**world.environment, "POLL_CONCURRENCY": "1"}
    one_by_one = world.restarted()
    references = []
    for _ in range(6):
        references += create(world, 1)
        world.clock.advance(7)
    world.clock.advance(61)
    one_by_one.tick()
    requests = world.doku.ledger()["requests"]
    assert [one["partnerReferenceNo"] for one in requests if one["operation"] == "status"] == references


@pytest.mark.covers(52)
def test_doku_down_opens_the_circuit(world: World) -> None:
    world.environment = {**world.environment, "POLL_CONCURRENCY": "4"}
    poller = world.restarted()
    references = create(world, 30)
    world.clock.advance(61)
    world.doku.fault("status", "error-before", times=None)
    tick = poller.tick()
    assert (tick["circuitOpen"], tick["finished"]) == (True, False)
    assert 4 <= tick["silent"] <= 8
    first = set(asked(world))
    for _ in range(5):
        poller.tick()
    assert first < set(asked(world))  # the next ticks go on with others
    world.doku.heal()
    world.clock.advance(301)
    assert poller.tick()["statuses"] == {"SUCCESS": 30}
    assert {status_of(world, reference) for reference in references} == {"SUCCESS"}


def test_one_broken_answer_blocks_no_other(world: World) -> None:
    references = create(world, 10)
    world.doku.fault("status", "garbage", partnerReferenceNo=references[0], times=None)
    world.clock.advance(61)
    tick = world.tick()
    assert (tick["learned"], tick["silent"], tick["circuitOpen"]) == (9, 1, False)
    broken = world.existing(references[0])
    assert broken.history[-1].finding == "UNCLEAR"
    assert broken.next_check_at == broken.created_at + 2 * MINUTE


@pytest.mark.covers(30)
def test_a_newer_item_blocks_no_other(world: World) -> None:
    references = create(world, 3)
    day = world.get(references[0]).body["createdAt"][:10]
    world.write_attribute(references[0], "schema", {"N": "2"})
    world.clock.advance(61)
    tick = world.tick()
    assert (tick["learned"], tick["newer"], tick["finished"]) == (2, 1, True)
    world.clock.advance(3600)
    later = world.tick()
    assert later["newer"] == 1
    assert later["oldestDueSeconds"] >= 3600, "its slot stays due, which an alarm watches"
    assert world.get(references[0]).body["status"] == "ACCEPTED"
    assert world.request("POST", f"/v1/transfers/{references[0]}/status-checks").status == 503
    listed = world.request("GET", "/v1/transfers", query={"day": day}).body["transfers"]
    assert references[0] in [one["partnerReferenceNo"] for one in listed]


def _throttled(world: World, operation: str) -> None:
    world.faults.throttle(operation)


def _answered_with(page: Page) -> Callable[[World, str], None]:
    return lambda world, operation: world.faults.answer_with_a_page(operation, page)


@pytest.mark.covers(14, 23)
@pytest.mark.parametrize("strike", [_throttled, _answered_with(PAGES[0])], ids=["throttled", "a page"])
def test_a_failed_read_or_write_loses_nothing(world: World, strike: Callable[[World, str], None]) -> None:
    (reference,) = create(world, 1)
    world.clock.advance(61)
    strike(world, "GetItem")
    assert world.tick()["skipped"] == 1
    world.faults.before["UpdateItem"] = [lambda: None]  # the lease
    strike(world, "UpdateItem")
    tick = world.tick()
    assert (tick["learned"], tick["skipped"]) == (1, 1)
    assert status_of(world, reference) == "ACCEPTED"
    world.clock.advance(301)
    assert world.tick()["statuses"] == {"SUCCESS": 1}


@pytest.mark.covers(14)
def test_a_transfer_that_cannot_be_recorded_is_put_off(world: World) -> None:
    """It must not be the first of every tick."""
    (reference,) = create(world, 1)
    world.clock.advance(61)
    world.faults.before["UpdateItem"] = [lambda: None]  # the lease
    world.faults.throttle("UpdateItem")
    world.tick()
    assert world.tick()["learned"] == 0
    stored = world.stored(reference)
    assert stored is not None
    assert stored.next_check_at is not None
    assert 4 * MINUTE < stored.next_check_at - world.clock() * 1000 <= 5 * MINUTE


def test_a_check_that_has_moved_is_not_put_off(world: World) -> None:
    (reference,) = create(world, 1, **UNPAID)
    read = world.stored(reference)
    assert read is not None
    world.clock.advance(61)
    world.tick()
    moved = world.stored(reference)
    assert moved is not None
    world.due_index.put_off(read, int(world.clock() * 1000) + 9 * MINUTE)
    assert world.stored(reference) == moved


@pytest.mark.covers(14, "I13")
def test_a_table_that_takes_no_write_leaves_all_due(world: World) -> None:
    (reference,) = create(world, 1)
    world.clock.advance(61)
    world.faults.throttle("UpdateItem", times=4)  # the lease, the answer, the delay, the lease
    assert world.tick()["skipped"] == 1
    assert world.tick()["statuses"] == {"SUCCESS": 1}
    assert status_of(world, reference) == "SUCCESS"


@pytest.mark.covers(23)
def test_one_unreadable_shard_holds_up_no_other(world: World) -> None:
    references = create(world, 20)
    world.clock.advance(61)
    world.faults.throttle("Query")
    world.faults.before["Query"].insert(0, lambda: None)  # the batches' partition is read first
    tick = world.tick()
    assert 0 < tick["learned"] < len(references)
    assert tick["finished"] is False
    assert world.tick()["learned"] == len(references) - tick["learned"]


@pytest.mark.covers(52)
def test_without_a_token_a_tick_ends_soon(world: World) -> None:
    """The threads do not queue for a token that DOKU refuses."""
    create(world, 16)
    world.clock.advance(1000)
    before = len(world.doku.ledger()["tokenRequests"])
    world.doku.fault("token", "error-before", times=None)
    assert world.restarted().tick()["circuitOpen"] is True
    assert len(world.doku.ledger()["tokenRequests"]) - before == 1
    world.doku.heal()
    world.clock.advance(HOUR / 1000)  # what was silent is due within the hour
    assert world.restarted().tick()["statuses"] == {"SUCCESS": 16}


@pytest.mark.covers("I3", "I13")
def test_a_crash_before_recording_repeats_the_check(world: World) -> None:
    (reference,) = create(world, 1)
    world.clock.advance(61)
    world.faults.before["UpdateItem"] = [lambda: None]  # the lease
    world.faults.crash_before("UpdateItem")
    with crashing():
        world.tick()
    world.clock.advance(61)
    assert world.restarted().tick()["statuses"] == {"SUCCESS": 1}
    assert asked(world)[reference] == 2
    assert status_of(world, reference) == "SUCCESS"


@pytest.mark.covers(25, "I12")
def test_a_stale_index_slot_is_not_asked_about_again(world: World) -> None:
    (reference,) = create(world, 1, **UNPAID)
    world.clock.advance(61)
    (slot,), _ = world.due_index.due(world.shard_of(reference), world.existing(reference).next_check_at or 0, 10)
    world.tick()
    assert world.due_index.read(slot) is None


@pytest.mark.covers(53, "I3", "I20")
def test_a_transfer_open_for_seven_days_is_in_review(world: World) -> None:
    (reference,) = create(world, 1)
    world.doku.fault("status", "status-says", latestTransactionStatus="03", times=None)
    for _ in range(60):
        stored = world.existing(reference)
        assert stored.next_check_at is not None
        world.clock.advance(max(0.0, stored.next_check_at / 1000 - world.clock()))
        tick = world.tick()
        if tick["review"]:
            break
    assert stored.created_at + 7 * DAY <= world.clock() * 1000 < stored.created_at + 9 * DAY
    assert world.get(reference).body["review"] is True
    assert world.get(reference).body["nextCheckAt"] is not None


@pytest.mark.covers(51, "I13")
def test_the_schedule_converges_within_8_ticks(world: World) -> None:
    """What is due, however late, is asked about in the next tick; absence is inferred after 72 hours and six checks."""
    paid = create(world, 10)
    world.doku.fault("transfer", "reset-before", times=5)
    lost = create(world, 5)
    world.clock.advance(HOUR / 1000)  # no tick for an hour
    world.tick()
    assert {status_of(world, reference) for reference in paid} == {"SUCCESS"}
    ticks = 1
    while {status_of(world, reference) for reference in lost} != {"FAILED"}:
        world.clock.advance(12 * HOUR / 1000)
        world.tick()
        ticks += 1
        assert ticks <= 8
    assert all(count <= 8 for count in asked(world).values())


@pytest.mark.covers("I19")
def test_what_succeeded_is_what_doku_debited(world: World) -> None:
    create(world, 5)
    create(world, 3, **UNPAID)
    create(world, 3, **UNPAID, beneficiaryBankCode="002")
    create(world, 2, beneficiaryAccountNumber="7746555134")
    world.doku.fault("transfer", "timeout-after", seconds=0.1, times=2)
    create(world, 2)
    references = {debit["partnerReferenceNo"] for debit in world.doku.ledger()["debits"]}
    for _ in range(12):
        world.clock.advance(8 * 3600)
        world.tick()
    kept = sum(float(debit["amount"]) for debit in world.doku.ledger()["debits"] if not debit["returned"])
    stored = [world.stored(reference) for reference in references]
    succeeded = sum(one.intent.amount.sen for one in stored if one is not None and one.status == "SUCCESS")
    assert succeeded / 100 == kept == 2_000_000
