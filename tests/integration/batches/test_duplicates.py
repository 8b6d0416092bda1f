"""Payments that look like another one, and lists that were submitted before: each needs a confirmation."""

from contextlib import suppress
from typing import Any

import pytest

from local.in_process.batches import CHECKER, MAKER, Batches
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import Crash, World, new_reference


def outcomes(batches: Batches, reference: str) -> list[tuple[str, str | None]]:
    """The outcome of each row, and the reference of what it may duplicate."""
    return [(each["outcome"], each["possibleDuplicate"]) for each in batches.rows(reference)]


def again(own: dict[str, Any]) -> dict[str, Any]:
    """Another row that pays the same."""
    return row(beneficiaryAccountNumber=own["beneficiaryAccountNumber"])


def confirm(batches: Batches, reference: str, number: int) -> Any:
    return batches.request("PATCH", f"{reference}/rows/{number}", {"duplicateConfirmed": True})


@pytest.mark.covers(69, "I33")
def test_a_row_that_pays_the_same_as_another_is_confirmed(world: World, batches: Batches) -> None:
    reference, own = new_batch(), row()
    batches.create(reference, own, again(own), row(amount={"value": "1000000.00", "currency": "IDR"}))
    batches.work()
    assert outcomes(batches, reference) == [("OK", None), ("POSSIBLE_DUPLICATE", f"{reference}-1"), ("OK", None)]
    found = batches.get(reference)
    assert (found["status"], found["outcomes"]["POSSIBLE_DUPLICATE"]["count"]) == ("NEEDS_ATTENTION", 1)
    assert batches.request("POST", f"{reference}/submission").status == 409
    assert confirm(batches, reference, 1).status == 422
    ready = confirm(batches, reference, 2).body
    assert (ready["status"], ready["payable"]["count"]) == ("READY", 3)
    assert (ready["history"][-1]["action"], ready["history"][-1]["by"]) == ("DUPLICATES_CONFIRMED", MAKER)
    batches.submit(reference)
    (shown,) = batches.request(
        "GET", f"{reference}/rows", caller=CHECKER, query={"outcome": "POSSIBLE_DUPLICATE"}
    ).body["rows"]
    assert (shown["possibleDuplicate"], shown["duplicateConfirmed"]) == (f"{reference}-1", True)
    batches.approve(reference)
    batches.work()
    assert [len(world.sent(f"{reference}-{number}")) for number in (1, 2)] == [1, 1]


def test_an_excluded_duplicate_needs_no_confirmation(batches: Batches) -> None:
    reference, own = new_batch(), row()
    batches.create(reference, own, again(own))
    batches.work()
    assert batches.request("PATCH", f"{reference}/rows/2", {"excluded": True}).body["status"] == "READY"


def test_an_unknown_name_and_a_duplicate_are_both_confirmed(world: World, batches: Batches) -> None:
    reference, own = new_batch(), row()
    world.doku.account("014", own["beneficiaryAccountNumber"], "PT SUHUT")
    batches.create(reference, own, again(own))
    batches.work()
    assert outcomes(batches, reference) == [("NAME_DIFFERS", None), ("NAME_DIFFERS", f"{reference}-1")]
    named = batches.request("PATCH", f"{reference}/rows", {"rows": [1, 2], "nameConfirmed": True}).body
    assert named["status"] == "NEEDS_ATTENTION"
    assert confirm(batches, reference, 2).body["status"] == "READY"


@pytest.mark.covers(69, "I33")
def test_a_confirmation_does_not_count_for_a_later_payment(world: World, batches: Batches) -> None:
    """A row that could not be checked is confirmed beside another row; at the next check it is beside a transfer."""
    reference, earlier, own = new_batch(), new_reference(), row()
    world.doku.fault("inquiry", "error-before", times=2)
    batches.create(reference, own, again(own))
    batches.work()
    assert outcomes(batches, reference)[1] == ("COULD_NOT_CHECK", f"{reference}-1")
    confirm(batches, reference, 2)
    assert world.create({**own, "partnerReferenceNo": earlier}).status == 201
    batches.request("POST", f"{reference}/checks")
    batches.work()
    found = batches.rows(reference)[1]
    assert (found["outcome"], found["possibleDuplicate"]) == ("POSSIBLE_DUPLICATE", earlier)
    assert (found["duplicateConfirmed"], found["payable"]) == (False, False)


@pytest.mark.covers(69, "I33")
@pytest.mark.parametrize(("days", "is_duplicate"), [(0, True), (6, True), (8, False)])
def test_a_transfer_within_seven_days_is_a_possible_duplicate(
    world: World, batches: Batches, days: int, is_duplicate: bool
) -> None:
    reference, earlier, own = new_batch(), new_reference(), row()
    assert world.create({**own, "partnerReferenceNo": earlier}).status == 201
    world.clock.advance(days * 86_400)
    batches.create(reference, again(own), row(beneficiaryAccountNumber=own["beneficiaryAccountNumber"], **_OTHER))
    batches.work()
    expected = ("POSSIBLE_DUPLICATE", earlier) if is_duplicate else ("OK", None)
    assert outcomes(batches, reference) == [expected, ("OK", None)]


_OTHER = {"amount": {"value": "300000.00", "currency": "IDR"}}


def test_a_failed_transfer_duplicates_nothing(world: World, batches: Batches) -> None:
    reference, earlier, own = new_batch(), new_reference(), row()
    world.doku.fault("transfer", "unknown-code", responseCode="4034302", execute=False)
    assert world.create({**own, "partnerReferenceNo": earlier}).body["status"] == "FAILED"
    batches.create(reference, again(own))
    batches.work()
    assert outcomes(batches, reference) == [("OK", None)]


def test_a_change_is_exactly_one_decision(batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row())
    batches.work()
    both = {"duplicateConfirmed": True, "nameConfirmed": True}
    assert batches.request("PATCH", f"{reference}/rows/1", both).status == 400
    assert batches.request("PATCH", f"{reference}/rows/1", {}).status == 400


def checked(batches: Batches, *rows: dict[str, Any]) -> str:
    reference = new_batch()
    batches.create(reference, *rows)
    batches.work()
    return reference


@pytest.mark.covers(69, "I33")
def test_the_same_list_again_is_confirmed_and_shown(batches: Batches) -> None:
    rows = [row(), row()]
    first, second = checked(batches, *rows), checked(batches, *reversed(rows))
    batches.submit(first)
    refused = batches.request("POST", f"{second}/submission")
    assert (refused.status, refused.body["response_code"]) == (409, "SAME_LIST")
    assert first in refused.body["response_message"]
    assert batches.get(second)["status"] == "READY"
    for _ in range(2):  # the second is a repetition of the same request
        found = batches.request("POST", f"{second}/submission", {"sameListConfirmed": True}).body
        assert (found["status"], found["sameListAs"]) == ("PENDING_APPROVAL", first)
    (event,) = [each for each in found["history"] if each["action"] == "SUBMITTED"]
    assert (event["by"], first in event["note"]) == (MAKER, True)


def test_a_submission_that_died_shows_the_same_list_later(world: World, batches: Batches) -> None:
    rows = [row()]
    first, second = checked(batches, *rows), checked(batches, *rows)
    batches.submit(first)
    world.faults.crash_before("UpdateItem")
    with suppress(Crash):
        batches.request("POST", f"{second}/submission", {"sameListConfirmed": True})
    batches = Batches.start(world.restarted())
    assert batches.get(second)["status"] == "READY"
    assert batches.request("POST", f"{second}/submission").status == 409
    found = batches.request("POST", f"{second}/submission", {"sameListConfirmed": True}).body
    assert found["sameListAs"] == first


def test_a_submission_again_is_not_the_same_list(batches: Batches) -> None:
    reference = checked(batches, row())
    batches.submit(reference)
    batches.request("POST", f"{reference}/withdrawal")
    assert (batches.submit(reference)["status"], batches.get(reference)["sameListAs"]) == ("PENDING_APPROVAL", None)


def test_a_rejected_list_may_be_submitted_again(batches: Batches) -> None:
    rows = [row()]
    first, second, third = (checked(batches, *rows) for _ in range(3))
    digest = batches.submit(first)["digest"]
    batches.request("POST", f"{first}/approvals", {"decision": "REJECT", "digest": digest, "comment": "no"}, CHECKER)
    assert batches.submit(second)["status"] == "PENDING_APPROVAL"
    assert second in batches.request("POST", f"{third}/submission").body["response_message"]


def test_another_list_needs_no_confirmation(batches: Batches) -> None:
    own = row()
    first, second = checked(batches, own), checked(batches, {**own, **_OTHER})
    batches.submit(first)
    assert batches.submit(second)["status"] == "PENDING_APPROVAL"


def test_a_list_counts_for_35_days_after_its_confirmation(world: World, batches: Batches) -> None:
    rows = [row()]
    first, second, third, fourth = (checked(batches, *rows) for _ in range(4))
    batches.submit(first)
    world.clock.advance(34 * 86_400)
    assert batches.request("POST", f"{second}/submission", {"sameListConfirmed": True}).status == 200
    world.clock.advance(34 * 86_400)
    assert batches.request("POST", f"{third}/submission").status == 409
    world.clock.advance(2 * 86_400)
    assert batches.submit(fourth)["status"] == "PENDING_APPROVAL"
