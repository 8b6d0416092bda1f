"""What the API shows of batches: lists, progress, history, and rows that are not paid."""

from datetime import UTC, datetime

import pytest

from local.in_process.batches import MAKER, Batches
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import World

DAY = 86_400


def test_a_row_shows_few_problems(batches: Batches) -> None:
    """A chunk of rows is one item of at most 400 KB."""
    reference = new_batch()
    created = batches.create(reference, row(**{f"unknown{number}": "x" for number in range(12_000)}), row())
    assert created.status == 201
    batches.work()
    bad, good = batches.rows(reference)
    assert (bad["outcome"], len(bad["problems"]), good["outcome"]) == ("INVALID", 20, "OK")


def test_pending_batches_of_all_months_are_listed(world: World, batches: Batches) -> None:
    references = [new_batch() for _ in range(3)]
    for reference in references:
        batches.create(reference, row())
        batches.work()
        world.clock.advance(40 * DAY)
    for reference in references[:2]:
        batches.submit(reference)
    world.clock.advance(6 * DAY)
    pages = [batches.request("GET", "", query={"status": "PENDING_APPROVAL", "limit": "1"}).body]
    query = {"status": "PENDING_APPROVAL", "limit": "1", "cursor": pages[0]["cursor"]}
    pages.append(batches.request("GET", "", query=query).body)
    found = [[each["batchReference"] for each in page["batches"]] for page in pages]
    assert found == [[references[1]], [references[0]]]
    assert (pages[1]["month"], pages[1]["cursor"]) == (None, None)


@pytest.mark.parametrize(("limit", "status"), [("100", 200), ("101", 422), ("000000001999", 422), ("1999", 422)])
def test_a_limit_is_at_most_100(batches: Batches, limit: str, status: int) -> None:
    assert batches.request("GET", "", query={"limit": limit}).status == status


def test_a_batch_cancelled_before_its_release_paid_no_row(batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row(), row(beneficiaryAccountNumber="12 34"))
    batches.work()
    batches.request("POST", f"{reference}/cancellation")
    cancelled = batches.get(reference)
    assert (cancelled["status"], cancelled["notPaid"]["count"], cancelled["fundsNeeded"]["value"]) == (
        "CANCELLED",
        1,
        "0.00",
    )
    good, bad = batches.rows(reference)
    assert (good["status"], good["reason"]["code"], bad["status"]) == ("NOT_PAID", "CANCELLED", None)


def test_the_history_keeps_who_confirmed_names(world: World, batches: Batches) -> None:
    reference = new_batch()
    world.doku.account("014", "5550002", "PT SUHUT")
    batches.create(reference, row(beneficiaryAccountNumber="5550002"), row())
    batches.work()
    batches.request("PATCH", f"{reference}/rows/1", {"nameConfirmed": True}, "siti")
    for number in range(60):
        batches.request("PATCH", f"{reference}/rows/2", {"excluded": number % 2 == 0}, MAKER)
    history = [(event["action"], event["by"]) for event in batches.get(reference)["history"]]
    assert ("NAMES_CONFIRMED", "siti") in history
    assert len(history) < 60


def test_a_pause_does_not_count_as_time_of_the_payment(world: World, batches: Batches) -> None:
    """The batch has sent nothing for a day: what is left takes as long as what was sent."""
    reference = new_batch()
    batches.approved(reference, *[row() for _ in range(200)])
    world.clock.advance(60)
    batches.deliver(reference, 0)
    batches.request("POST", f"{reference}/pause")
    world.clock.advance(DAY)
    batches.request("POST", f"{reference}/resume")
    progress = batches.get(reference)["progress"]
    eta = datetime.fromisoformat(progress["eta"]).timestamp() - world.clock()
    assert (progress["done"], progress["of"]) == (100, 200)
    assert 50 < eta < 120


def test_a_second_check_promises_no_time(world: World, batches: Batches) -> None:
    """Most rows were checked by the first one, so its speed is not known."""
    reference = new_batch()
    world.doku.fault("inquiry", "error-before")
    batches.create(reference, *[row() for _ in range(101)])
    batches.work()
    again = batches.request("POST", f"{reference}/checks").body
    assert (again["status"], again["progress"]["eta"]) == ("CHECKING", None)


@pytest.mark.covers("I33")
def test_a_batch_that_is_a_week_late_waits_for_a_person(world: World, batches: Batches) -> None:
    reference = new_batch()
    later = datetime.fromtimestamp(world.clock() + 3600, UTC).isoformat()
    assert batches.approved(reference, row(), scheduledAt=later)["status"] == "SCHEDULED"
    world.clock.advance(3600 + 7 * DAY + 1)
    batches.pass_time(2)
    assert batches.get(reference)["status"] == "PAUSED"
    assert world.sent(f"{reference}-1") == []
    batches.request("POST", f"{reference}/resume")
    batches.work()
    assert len(world.sent(f"{reference}-1")) == 1
    assert batches.get(reference)["releasedAt"] is not None
