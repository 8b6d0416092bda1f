"""Failed rows that another batch pays again: each once, under a new reference, and only while it has not been paid."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from local.in_process.batches import CHECKER, MAKER, Batches
from payouts.domain.batch import Batch
from payouts.domain.batch_rows import BatchRow, Repaid, RowOutcome, seal
from payouts.domain.money import Rupiah
from payouts.domain.observation import Finding, Observation, Source
from payouts.domain.repayment import failed_rows, is_unpaid
from payouts.domain.transfer import Intent, Transfer, record
from payouts.services.repay_batch import FailedRows
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.repayments import RepaymentStore
from payouts.store.table import Table
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import Crash, World, order

INTENT = Intent("B-1", "628115678890", "8377388292", "014", Rupiah(20_000_000), "")


@pytest.fixture
def failed(world: World, batches: Batches) -> str:
    """A batch of four rows: 1 was paid, 2 failed, 3 is not paid, 4 is in doubt."""
    reference = new_batch()
    world.doku.account("014", "5550003", "SUHUT")
    changed = row(beneficiaryAccountNumber="5550003")
    batches.approved(reference, row(), row(), changed, row())
    world.doku.account("014", "5550003", "SOMEBODY ELSE")
    refusal = {"responseCode": "4034302", "execute": False, "partnerReferenceNo": f"{reference}-2"}
    world.doku.fault("transfer", "unknown-code", **refusal)
    world.doku.fault("transfer", "timeout-before", seconds=0.1, partnerReferenceNo=f"{reference}-4")
    batches.pass_time(3)
    return reference


def numbers(batches: Batches, reference: str) -> list[int]:
    return [each["row"] for each in batches.rows(reference)]


def pay(batches: Batches, reference: str) -> None:
    """Check, submit, approve and pay a batch whose names may differ by now."""
    batches.work()
    differing = [each["row"] for each in batches.rows(reference, outcome="NAME_DIFFERS")]
    if differing:
        batches.request("PATCH", f"{reference}/rows", {"rows": differing, "nameConfirmed": True})
    batches.submit(reference)
    batches.approve(reference)
    batches.pass_time(12)


@pytest.mark.covers("I39")
def test_failed_rows_are_paid_again_and_no_other(world: World, batches: Batches, failed: str) -> None:
    assert [each["status"] for each in batches.rows(failed)] == ["SUCCESS", "FAILED", "NOT_PAID", "IN_DOUBT"]
    figures = batches.get(failed)
    fees = [figures["notPaid"]["fees"]["value"], figures["statuses"]["FAILED"]["fees"]["value"]]
    assert fees == ["0.00", "0.00"]  # nothing was taken
    again = new_batch()
    created = batches.repay(failed, again)
    assert (created.status, created.body["status"], created.body["repays"]) == (201, "RECEIVING", failed)
    pay(batches, again)
    found = batches.rows(again)
    assert [(each["row"], each["repays"]) for each in found] == [(2, f"{failed}-2"), (3, f"{failed}-3")]
    assert [each["partnerReferenceNo"] for each in found] == [f"{again}-2", f"{again}-3"]
    assert batches.get(again)["status"] == "DONE"
    assert [len(world.debits(f"{again}-{number}")) for number in (2, 3)] == [1, 1]
    assert [len(world.debits(f"{failed}-{number}")) for number in (1, 2, 3)] == [1, 0, 0]
    assert [each["repaidBy"] for each in batches.rows(failed)] == [None, again, again, None]
    refused = world.get(f"{failed}-2").body
    assert (refused["batchReference"], refused["batchRow"], refused["nextAction"]) == (failed, 2, "CORRECT_AND_RESEND")
    assert f"It is row 2 of batch {failed}: first read there whether a repayment has it" in refused["statusDescription"]
    assert ("REPAID", again) in {(each["action"], each["note"]) for each in batches.get(failed)["history"]}


def test_the_same_request_is_answered_with_the_same_batch(batches: Batches, failed: str) -> None:
    again = new_batch()
    first = batches.repay(failed, again)
    batches.work()
    replay = batches.repay(failed, again)
    assert (replay.status, replay.headers["Idempotency-Replayed"]) == (201, "true")
    assert replay.body["createdAt"] == first.body["createdAt"]
    other = batches.repay(failed, again, remark="another")
    assert (other.status, other.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")
    assert batches.repay(failed, failed).status == 409
    assert sum(each["action"] == "REPAID" for each in batches.get(failed)["history"]) == 1


@pytest.mark.covers("I39")
def test_a_row_is_in_one_repayment_only(batches: Batches, failed: str) -> None:
    first, second, third = new_batch(), new_batch(), new_batch()
    batches.repay(failed, first)
    batches.repay(failed, second)  # before a worker has collected any row
    batches.work()
    assert sorted(numbers(batches, first) + numbers(batches, second)) == [2, 3]
    assert {batches.get(each)["status"] for each in (first, second)} == {"NEEDS_ATTENTION", "EXPIRED"}
    refused = batches.repay(failed, third)
    assert (refused.status, refused.body["response_code"]) == (409, "VALIDATION_ERROR")
    assert batches.request("GET", third).status == 404


@pytest.mark.covers("I39")
def test_two_repayments_at_once_share_no_row(world: World, batches: Batches, failed: str) -> None:
    """The other worker claims the rows after this one has read them."""
    first, second = new_batch(), new_batch()
    batches.repay(failed, first)
    batches.repay(failed, second)
    other = Batches.start(world)

    def overtake() -> None:
        other.deliver(second)

    world.faults.before["PutItem"] = [overtake]
    batches.deliver(first)
    assert numbers(batches, second) == [2, 3]
    assert numbers(batches, first) == []


@pytest.mark.covers("I39")
@pytest.mark.sweep
@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "GetItem"])
@pytest.mark.parametrize("calls", range(5))
def test_a_crash_while_rows_are_collected_loses_and_repeats_none(
    world: World, batches: Batches, failed: str, operation: str, calls: int
) -> None:
    again = new_batch()
    batches.repay(failed, again)
    world.faults.before[operation] = [lambda: None] * calls
    world.faults.crash_after(operation)
    with suppress(Crash):
        batches.deliver(again)
    world.faults.before.clear()
    world.faults.after.clear()
    batches = Batches.start(world)
    batches.pass_time(3)
    assert numbers(batches, again) == [2, 3]
    assert batches.get(again)["rows"] == 2


@pytest.mark.parametrize("end", ["rejected", "cancelled"])
def test_a_repayment_that_sent_nothing_gives_its_rows_back(batches: Batches, failed: str, end: str) -> None:
    first, second = new_batch(), new_batch()
    batches.repay(failed, first)
    batches.work()
    batches.request("PATCH", f"{first}/rows/3", {"nameConfirmed": True})
    digest = batches.submit(first)["digest"]
    assert batches.repay(failed, second).status == 409
    if end == "rejected":
        batches.request("POST", f"{first}/approvals", {"decision": "REJECT", "digest": digest}, CHECKER)
    else:
        batches.request("POST", f"{first}/cancellation")
        batches.pass_time(1)
    assert batches.get(first)["status"] == end.upper()
    assert [each["repaidBy"] for each in batches.rows(failed)] == [None] * 4
    assert batches.repay(failed, second).status == 201
    pay(batches, second)
    assert numbers(batches, second) == [2, 3]
    assert batches.get(second)["status"] == "DONE"


@pytest.mark.covers("I39")
@pytest.mark.parametrize("end", ["DONE", "CANCELLED"])
def test_a_repayment_that_was_released_keeps_its_rows(world: World, batches: Batches, failed: str, end: str) -> None:
    first, second = new_batch(), new_batch()
    batches.repay(failed, first)
    batches.work()
    batches.request("PATCH", f"{first}/rows/3", {"nameConfirmed": True})
    batches.submit(first)
    if end == "CANCELLED":
        world.doku.deposit("0.00")
    batches.approve(first)
    if end == "CANCELLED":
        batches.work()
        batches.request("POST", f"{first}/cancellation")
    batches.pass_time(12)
    assert batches.get(first)["status"] == end
    refused = batches.repay(failed, second)
    assert (refused.status, "repayments have them" in refused.body["response_message"]) == (409, True)
    assert [each["repaidBy"] for each in batches.rows(failed)] == [None, first, first, None]


def test_a_repayment_whose_request_died_is_shown(world: World, batches: Batches, failed: str) -> None:
    again = new_batch()
    world.faults.before["UpdateItem"] = []
    world.faults.crash_before("UpdateItem")
    with suppress(Crash):
        batches.repay(failed, again)
    world.faults.before.clear()
    batches = Batches.start(world.restarted())
    assert not [each for each in batches.get(failed)["history"] if each["action"] == "REPAID"]
    batches.pass_time(2)
    assert [each["note"] for each in batches.get(failed)["history"] if each["action"] == "REPAID"] == [again]
    assert [each["repaidBy"] for each in batches.rows(failed)] == [None, again, again, None]


def test_a_reference_of_a_failed_row_names_its_repayments(world: World, failed: str) -> None:
    refused = world.create(order(partnerReferenceNo=f"{failed}-2"))
    assert (refused.status, refused.body["transfer"]["batchReference"]) == (409, failed)
    assert "unless a repayment of the batch has the row" in refused.body["response_message"]


def test_repeated_payments_are_confirmed_again_in_a_repayment(world: World, batches: Batches) -> None:
    reference, again, own = new_batch(), new_batch(), row()
    batches.create(reference, own, row(beneficiaryAccountNumber=own["beneficiaryAccountNumber"]))
    batches.work()
    batches.request("PATCH", f"{reference}/rows/2", {"duplicateConfirmed": True})
    batches.submit(reference)
    for number in (1, 2):
        refusal = {"responseCode": "4034302", "execute": False, "partnerReferenceNo": f"{reference}-{number}"}
        world.doku.fault("transfer", "unknown-code", **refusal)
    batches.approve(reference)
    batches.pass_time(3)
    batches.repay(reference, again)
    batches.work()
    assert [each["possibleDuplicate"] for each in batches.rows(again)] == [None, f"{again}-1"]
    assert [each["payable"] for each in batches.rows(again)] == [True, False]


def test_a_settled_row_is_paid_again_at_once(world: World, batches: Batches, failed: str) -> None:
    """The figures of the batch still call it DISPUTED."""
    reference = new_batch()
    batches.approved(reference, row())
    batches.pass_time(1)
    for finding in (Finding.FAILED, Finding.SUCCESS):
        observe(world, f"{reference}-1", finding)
    batches.pass_time(12)
    assert batches.get(reference)["statuses"].keys() == {"DISPUTED"}
    version = world.get(f"{reference}-1").body["version"]
    decision = {"verdict": "FAILED", "reason": "DOKU's ticket 4711", "version": version}
    settled = world.request("POST", f"/v1/transfers/{reference}-1/settlement", decision)
    assert (settled.status, settled.body["status"]) == (200, "FAILED")
    assert batches.repay(reference, new_batch()).status == 201


def test_rows_that_fail_later_are_left_to_another_repayment(world: World, batches: Batches, failed: str) -> None:
    """What a repayment has collected stays the same, however often it is collected."""
    again, later = new_batch(), new_batch()
    batches.repay(failed, again)
    batches.work()
    fail(world, f"{failed}-4")
    batches.repay(failed, later)
    batches.work()
    assert (numbers(batches, again), numbers(batches, later)) == ([2, 3], [4])


@pytest.mark.covers("I39")
def test_a_chunk_is_asked_once_by_a_repayment(world: World, failed: str) -> None:
    """A worker that takes over after a crash finds the rows of the first, although another one has failed since."""
    table = Table(world.dynamodb, world.environment["TABLE_NAME"])
    rows = FailedRows(BatchStore(table), ChunkStore(table), world.store, RepaymentStore(table), world.clock)
    ours = BatchStore(table).get(failed)
    assert ours is not None
    first, second = replace(ours, reference=new_batch()), replace(ours, reference=new_batch())
    assert [each.number for each in rows.claim(ours, 0, first)] == [2, 3]
    assert rows.claim(ours, 0, second) == []
    fail(world, f"{failed}-4")
    assert rows.claim(ours, 0, second) == []
    assert [each.number for each in rows.claim(ours, 0, first)] == [2, 3]


@pytest.mark.covers("I39")
@pytest.mark.parametrize("when", ["before the check", "after the approval"])
def test_a_repayment_of_a_repayment_pays_no_row_that_was_paid(
    world: World, batches: Batches, failed: str, when: str
) -> None:
    """DOKU corrects itself about the first batch while the third, which repays the second, is made."""
    second, third = new_batch(), new_batch()
    batches.repay(failed, second)
    batches.work()
    batches.request("PATCH", f"{second}/rows/3", {"nameConfirmed": True})
    batches.submit(second)
    refusal = {"responseCode": "4034302", "execute": False}
    for number in (2, 3):
        world.doku.fault("transfer", "unknown-code", **refusal, partnerReferenceNo=f"{second}-{number}")
    batches.approve(second)
    batches.pass_time(3)
    assert [each["status"] for each in batches.rows(second)] == ["FAILED", "FAILED"]
    batches.repay(second, third)
    if when == "before the check":
        batches.deliver(third)
        observe(world, f"{failed}-2", Finding.SUCCESS)
        batches.work()
        assert [each["outcome"] for each in batches.rows(third)] == ["DUPLICATE", "NAME_DIFFERS"]
        return
    batches.work()
    batches.request("PATCH", f"{third}/rows/3", {"nameConfirmed": True})
    batches.submit(third)
    observe(world, f"{failed}-2", Finding.SUCCESS)
    batches.approve(third)
    batches.pass_time(3)
    paid, other = batches.rows(third)
    assert (paid["status"], paid["repays"]) == ("NOT_PAID", f"{second}-2")
    assert f"{failed}-2" in paid["reason"]["message"]
    assert (world.sent(f"{third}-2"), len(world.sent(f"{third}-3")), other["status"]) == ([], 1, "SUCCESS")


def fail(world: World, reference: str) -> None:
    observe(world, reference, Finding.FAILED)


def observe(world: World, reference: str, finding: Finding) -> None:
    """Record a status check's answer."""
    transfer = world.existing(reference)
    seen = Observation(int(world.clock() * 1000), finding, Source.STATUS_CHECK)
    world.store.update(transfer, lambda current: record(current, seen))


@pytest.mark.covers("I39")
def test_what_was_paid_since_is_a_duplicate_at_the_check(world: World, batches: Batches, failed: str) -> None:
    again = new_batch()
    batches.repay(failed, again)
    batches.deliver(again)
    observe(world, f"{failed}-2", Finding.SUCCESS)
    batches.work()
    assert [each["outcome"] for each in batches.rows(again)] == ["DUPLICATE", "NAME_DIFFERS"]


@pytest.mark.covers("I39")
@pytest.mark.parametrize("paid", ["the transfer itself", "a single transfer"])
def test_what_was_paid_since_the_approval_is_not_paid_again(
    world: World, batches: Batches, failed: str, paid: str
) -> None:
    """DOKU contradicts itself about row 2, or somebody pays row 3 under its old reference."""
    again = new_batch()
    batches.repay(failed, again)
    batches.work()
    batches.request("PATCH", f"{again}/rows/3", {"nameConfirmed": True})
    batches.submit(again)
    batches.approve(again)
    number = 2 if paid == "the transfer itself" else 3
    if number == 2:
        observe(world, f"{failed}-2", Finding.SUCCESS)
    else:
        assert world.create({**row(), "partnerReferenceNo": f"{failed}-3"}).status == 201
    batches.pass_time(12)
    (kept,) = batches.rows(again, status="NOT_PAID")
    assert (kept["row"], kept["reason"]["code"]) == (number, "DUPLICATE")
    assert len(world.sent(f"{again}-{number}")) == 0
    assert len(world.sent(f"{again}-{5 - number}")) == 1


@pytest.mark.covers("I32", "I39")
def test_who_created_the_rows_does_not_approve_their_repayment(batches: Batches, failed: str) -> None:
    again = new_batch()
    batches.repay(failed, again, caller=CHECKER)
    batches.work()
    batches.request("PATCH", f"{again}/rows/3", {"nameConfirmed": True}, caller=CHECKER)
    digest = batches.request("POST", f"{again}/submission", caller=CHECKER).body["digest"]
    for person in (MAKER, CHECKER):
        assert batches.approve(again, person, digest).body["response_code"] == "SELF_APPROVAL"
    assert batches.approve(again, "citra", digest).status == 200


@pytest.mark.parametrize("make", [lambda batches, reference: batches.create(reference, row()), lambda *_: None])
def test_a_batch_that_may_still_pay_is_not_repaid(batches: Batches, make: Callable[..., Any]) -> None:
    reference, again = new_batch(), new_batch()
    created = make(batches, reference) is not None
    assert batches.repay(reference, again).status == (409 if created else 404)
    assert batches.request("GET", again).status == 404


def test_cancelled_rows_are_paid_again(world: World, batches: Batches) -> None:
    reference, again = new_batch(), new_batch()
    batches.approved(reference, row(), row())
    world.doku.deposit("0.00")
    batches.work()
    batches.request("POST", f"{reference}/cancellation")
    batches.pass_time(3)
    world.doku.deposit("10000000.00")
    assert batches.repay(reference, again).status == 201
    pay(batches, again)
    assert batches.get(again)["status"] == "DONE"


@pytest.mark.covers("I39")
def test_a_failed_transfer_of_another_origin_is_not_repaid() -> None:
    """Somebody tried to pay the row by itself, and may know more about it."""
    ended = failed_transfer("OTHER#7")
    assert is_unpaid(ended, "OTHER#7")
    assert not is_unpaid(ended, "BATCH#7")
    assert is_unpaid(None, "BATCH#7")


@pytest.mark.covers("I39")
def test_a_row_that_is_not_decided_is_not_repaid() -> None:
    """A row without a transfer may still be sent unless it has a reason."""
    ours = Batch("BATCH", "", 0, 2)
    undecided = [
        BatchRow(number, replace(INTENT, partner_reference_no=f"B-{number}"), RowOutcome.OK) for number in (1, 2)
    ]
    assert failed_rows(ours, undecided, {}, {2}) == undecided[1:]


def test_an_approval_covers_which_row_is_repaid() -> None:
    approved = BatchRow(1, INTENT, RowOutcome.OK)
    first, second, other = Repaid("A", "B#1"), Repaid("B", "B#1"), Repaid("A", "C#1")
    chains = ((), (first,), (second,), (other,), (first, second))
    assert len({seal([replace(approved, repays=each)]) for each in chains}) == len(chains)


def failed_transfer(origin: str) -> Transfer:
    refused = Observation(2_000, Finding.FAILED, Source.STATUS_CHECK)
    return record(Transfer(INTENT, "1:x", 1_000, ("E1",), origin=origin), refused)


def test_claims_are_written_on_condition_of_their_version(world: World) -> None:
    store, reference = RepaymentStore(Table(world.dynamodb, world.environment["TABLE_NAME"])), new_batch()
    empty = store.read(reference, 0)
    assert store.claim(reference, 0, empty, "A", [1, 2], 0)
    assert not store.claim(reference, 0, empty, "B", [2, 3], 0)
    assert store.claim(reference, 0, store.read(reference, 0), "B", [3], 0)
    claims = store.read(reference, 0)
    assert (claims.of("A"), claims.of("B")) == (frozenset({1, 2}), frozenset({3}))
