"""A batch from its creation to its last transfer, and what stops it on the way."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest

from local.in_process.batches import QUEUE, Batches
from payouts.domain.batch import BatchStatus
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import Crash, World


def debits(world: World, reference: str, rows: int) -> list[int]:
    """How often each row was debited."""
    return [len(world.debits(f"{reference}-{number}")) for number in range(1, rows + 1)]


@pytest.mark.covers("I33", "I35", "I36")
def test_a_batch_is_checked_approved_paid_and_done(world: World, batches: Batches) -> None:
    reference = new_batch()
    created = batches.create(reference, row(), row(), expectedCount=2)
    assert (created.status, created.body["status"]) == (201, "CHECKING")
    batches.work()
    ready = batches.get(reference)
    assert (ready["status"], ready["payable"]["count"]) == ("READY", 2)
    assert batches.submit(reference)["status"] == "PENDING_APPROVAL"
    assert batches.approve(reference).body["status"] == "PAYING"
    batches.work()
    assert batches.get(reference)["status"] == "SETTLING"
    assert {each["status"] for each in batches.rows(reference)} == {"ACCEPTED"}
    batches.pass_time(12)
    done = batches.get(reference)
    assert done["status"] == "DONE"
    assert done["statuses"]["SUCCESS"]["amount"]["value"] == "400000.00"
    assert debits(world, reference, 2) == [1, 1]


@pytest.mark.covers("I33")
def test_a_redelivered_chunk_pays_no_row_twice(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row(), row())
    world.faults.crash_after("PutItem")  # the first transfer, or what is stored before it
    with suppress(Crash):
        batches.deliver(reference)
    world.clock.advance(400)  # the lease of the worker that died
    batches = Batches.start(world)
    for _ in range(3):
        batches.deliver(reference)
    batches.pass_time(15)
    assert debits(world, reference, 3) == [1, 1, 1]
    assert batches.get(reference)["status"] == "DONE"


@pytest.mark.covers(65, "I35")
@pytest.mark.sweep
@pytest.mark.parametrize("operation", ["UpdateItem", "GetItem", "BatchGetItem", "PutItem"])
@pytest.mark.parametrize("calls", range(0, 14, 3))
def test_a_crash_at_any_call_leaves_every_row_accounted_for(
    world: World, batches: Batches, operation: str, calls: int
) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row())
    world.faults.before[operation] = [lambda: None] * calls
    world.faults.crash_before(operation)
    with suppress(Crash):
        batches.deliver(reference)
    world.faults.before.clear()
    world.clock.advance(400)
    batches = Batches.start(world)
    batches.pass_time(12)
    found = batches.get(reference)
    assert found["status"] == "DONE"
    assert found["statuses"]["SUCCESS"]["count"] == 2
    assert debits(world, reference, 2) == [1, 1]


@pytest.mark.covers("I37")
def test_two_workers_on_one_chunk_pay_once(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row())
    other = Batches.start(world)

    def overtake() -> None:
        other.deliver(reference)

    world.faults.before["PutItem"] = [lambda: None, overtake]
    batches.deliver(reference)
    batches.pass_time(12)
    assert debits(world, reference, 2) == [1, 1]


@pytest.mark.covers("I37")
def test_a_reference_of_a_single_transfer_is_no_replay(world: World, batches: Batches) -> None:
    """At the check, and again at the payment if it was taken in between."""
    reference = new_batch()
    taken, later = f"{reference}-A", f"{reference}-B"
    assert world.create({**row(), "partnerReferenceNo": taken}).status == 201
    batches.create(reference, row(partnerReferenceNo=taken), row(partnerReferenceNo=later))
    batches.work()
    assert [each["outcome"] for each in batches.rows(reference)] == ["DUPLICATE", "OK"]
    batches.request("PATCH", f"{reference}/rows/1", {"excluded": True})
    batches.submit(reference)
    assert world.create({**row(), "partnerReferenceNo": later}).status == 201
    batches.approve(reference)
    batches.work()
    excluded, paid = batches.rows(reference)
    assert (excluded["outcome"], excluded["status"]) == ("EXCLUDED", None)
    assert (paid["status"], paid["reason"]["code"]) == ("NOT_PAID", "DUPLICATE")
    assert [len(world.debits(each)) for each in (taken, later)] == [1, 1]


@pytest.mark.covers("I37")
def test_the_same_rows_in_two_batches_are_paid_once(world: World, batches: Batches) -> None:
    """Both were checked before either was paid, and their rows are alike to the last field."""
    first, second = new_batch(), new_batch()
    same = row(partnerReferenceNo=f"{first}-X")
    for reference in (first, second):
        batches.create(reference, same)
    batches.work()
    for reference in (first, second):
        batches.request("POST", f"{reference}/submission", {"sameListConfirmed": True})
        assert batches.approve(reference).body["status"] == "PAYING"
        batches.work()
    (paid,), (refused,) = batches.rows(first), batches.rows(second)
    assert (paid["status"], refused["status"], refused["reason"]["code"]) == ("ACCEPTED", "NOT_PAID", "DUPLICATE")
    assert len(world.debits(same["partnerReferenceNo"])) == 1


@pytest.mark.covers("I37")
def test_a_batchs_transfer_is_no_replay_for_a_single_request(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    batches.work()
    answer = world.create({**row(), "partnerReferenceNo": f"{reference}-1"})
    assert (answer.status, answer.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")


@pytest.mark.covers("I35")
def test_a_name_that_changed_since_approval_is_not_paid(world: World, batches: Batches) -> None:
    reference = new_batch()
    world.doku.account("014", "5550001", "SUHUT")
    batches.approved(reference, row(beneficiaryAccountNumber="5550001"), row())
    world.doku.account("014", "5550001", "SOMEBODY ELSE")
    batches.work()
    changed, paid = batches.rows(reference)
    assert (changed["status"], changed["reason"]["code"]) == ("NOT_PAID", "NAME_CHANGED")
    assert paid["status"] == "ACCEPTED"
    batches.pass_time(12)
    assert batches.get(reference)["status"] == "DONE_WITH_FAILURES"
    assert debits(world, reference, 2) == [0, 1]


@pytest.mark.covers(67, "I38")
def test_after_a_cancellation_no_further_row_is_sent(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row(), row())
    cancelling: list[int] = []

    def cancel() -> None:
        cancelling.append(batches.request("POST", f"{reference}/cancellation").status)

    world.faults.before["PutItem"] = [lambda: None] * 2 + [cancel]  # while the first row, alone, is created
    batches.deliver(reference)
    assert cancelling == [202]
    sent = sum(len(world.sent(f"{reference}-{number}")) for number in (1, 2, 3))
    batches.pass_time(3)
    found = batches.get(reference)
    assert found["status"] == "CANCELLED"
    assert sent == 1
    assert sum(each["count"] for each in found["statuses"].values()) == sent
    assert found["notPaid"]["count"] == 3 - sent
    assert {each["reason"]["code"] for each in batches.rows(reference, status="NOT_PAID")} == {"CANCELLED"}
    batches.deliver(reference)
    assert sum(len(world.sent(f"{reference}-{number}")) for number in (1, 2, 3)) == sent


@pytest.mark.covers("I36")
def test_rows_sent_before_a_cancellation_are_followed(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row(), row())
    world.faults.before["PutItem"] = [lambda: None] * 3 + [lambda: _cancel(batches, reference)]
    batches.deliver(reference)
    batches.pass_time(12)
    found = batches.get(reference)
    assert (found["status"], set(found["statuses"])) == ("CANCELLED", {"SUCCESS"})
    assert found["history"][-1]["action"] == "CANCELLED"
    assert world.messages(QUEUE) == 0


def _cancel(batches: Batches, reference: str) -> None:
    assert batches.request("POST", f"{reference}/cancellation").status == 202


@pytest.mark.covers("I38")
def test_a_batch_is_not_cancelled_while_a_worker_has_a_chunk(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    world.faults.crash_before("BatchGetItem")
    with suppress(Crash):
        batches.deliver(reference)
    assert batches.request("POST", f"{reference}/cancellation").body["status"] == "CANCELLING"
    batches.pass_time(4)
    assert batches.get(reference)["status"] == "CANCELLING"
    batches.pass_time(4)
    assert batches.get(reference)["status"] == "CANCELLED"


def test_what_was_sent_completely_is_too_late_to_stop(batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    batches.work()
    for name in ("cancellation", "pause"):
        answer = batches.request("POST", f"{reference}/{name}")
        assert (answer.status, answer.body["response_code"]) == (409, "TOO_LATE")


def test_a_paused_batch_goes_on_when_it_is_resumed(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    assert batches.request("POST", f"{reference}/pause").body["status"] == "PAUSED"
    batches.pass_time(3)
    assert world.sent(f"{reference}-1") == []
    assert batches.request("POST", f"{reference}/resume").status == 202
    batches.work()
    assert len(world.sent(f"{reference}-1")) == 1


@pytest.mark.covers(66, "I35")
def test_a_batch_waits_for_funds_and_goes_on_after_a_top_up(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row())
    world.doku.deposit("250000.00")
    batches.work()
    waiting = batches.get(reference)
    assert (waiting["status"], waiting["fundsNeeded"]["value"]) == ("WAITING_FOR_FUNDS", "409000.00")
    batches.pass_time(3)
    assert batches.get(reference)["status"] == "WAITING_FOR_FUNDS"
    assert [len(world.sent(f"{reference}-{number}")) for number in (1, 2)] == [0, 0]
    world.doku.deposit("1000000.00")
    batches.pass_time(12)
    assert batches.get(reference)["status"] == "DONE"


@pytest.mark.covers(66)
def test_a_refused_row_needs_no_funds_any_more(world: World, batches: Batches) -> None:
    """Nor the fee that was quoted for it: a batch that waits for such a fee would never go on."""
    reference = new_batch()
    batches.approved(reference, row(), row(), row())
    world.doku.fault("transfer", "unknown-code", responseCode="4034302", execute=False)
    batches.work()
    batches.pass_time(12)
    found = batches.get(reference)
    assert (found["status"], found["fundsNeeded"]["value"]) == ("DONE_WITH_FAILURES", "0.00")
    fees = {each["status"]: each["fee"] for each in batches.rows(reference)}
    assert (fees["FAILED"], fees["SUCCESS"]["value"]) == (None, "4500.00")


@pytest.mark.covers(66)
@pytest.mark.parametrize("fee", ["2500.00", "6500.00"])
def test_another_fee_at_the_payment_leaves_nothing_to_wait_for(world: World, batches: Batches, fee: str) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row())
    world.doku.settings(fee=fee)
    batches.work()
    batches.pass_time(12)
    found = batches.get(reference)
    assert (found["status"], found["fundsNeeded"]["value"]) == ("DONE", "0.00")
    assert found["statuses"]["SUCCESS"]["fees"]["value"] == f"{2 * float(fee):.2f}"


@pytest.mark.covers(66)
def test_without_a_top_up_the_batch_is_cancelled(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    world.doku.deposit("1000.00")
    batches.work()
    world.clock.advance(72 * 3600)
    batches.pass_time(3)
    assert batches.get(reference)["status"] == "CANCELLED"


def test_five_refusals_in_a_row_pause_the_batch(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, *[row() for _ in range(8)])
    world.doku.fault("transfer", "unknown-code", responseCode="4034302", execute=False, times=20)
    batches.work()
    found = batches.get(reference)
    assert found["status"] == "PAUSED"
    assert sum(len(world.sent(f"{reference}-{number}")) > 0 for number in range(1, 9)) == 5


def test_rows_before_too_many_refusals_may_be_sent_later(world: World, batches: Batches) -> None:
    """Four accounts that the bank refuses, then a transfer that DOKU refuses: the cause is hardly the rows."""
    reference = new_batch()
    rows = [row(beneficiaryAccountNumber=f"55500{number}") for number in range(4)]
    for number in range(4):
        world.doku.account("014", f"55500{number}", "SUHUT")
    batches.approved(reference, *rows, row())
    world.doku.fault("inquiry", "unknown-code", responseCode="4034218", times=4)
    world.doku.fault("transfer", "unknown-code", responseCode="4034302", execute=False)
    batches.work()
    assert batches.get(reference)["status"] == "PAUSED"
    assert [each["status"] for each in batches.rows(reference)] == [None] * 4 + ["FAILED"]
    batches.request("POST", f"{reference}/resume")
    batches.pass_time(12)
    assert debits(world, reference, 5) == [1, 1, 1, 1, 0]


@pytest.mark.covers("I35")
@pytest.mark.parametrize("kind", ["timeout-after", "error-after"])
def test_five_unclear_answers_in_a_row_pause_the_batch(world: World, batches: Batches, kind: str) -> None:
    reference = new_batch()
    batches.approved(reference, *[row() for _ in range(8)])
    world.doku.fault("transfer", kind, times=None, seconds=0.1)
    batches.work()
    found = batches.get(reference)
    assert (found["status"], found["statuses"]["IN_DOUBT"]["count"]) == ("PAUSED", 5)


def test_a_stop_of_transfers_holds_up_the_batch(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    world = World.start({**world.environment, "ACCEPT_TRANSFERS": "false"}, world.clock, world.doku)
    stopped = Batches.start(world)
    stopped.pass_time(2)
    assert world.sent(f"{reference}-1") == []
    assert stopped.get(reference)["status"] == "PAYING"


def test_the_daily_limit_is_taken_once_and_for_the_whole_batch(world: World) -> None:
    limits = {"DAILY_COUNT_LIMIT": "3", "TABLE_NAME": world.new_table()}
    world = World.start({**world.environment, **limits}, world.clock, world.doku)
    batches = Batches.start(world)
    first, second = new_batch(), new_batch()
    batches.approved(first, row(), row())
    batches.work()
    assert batches.approved(second, row(), row())["status"] == "WAITING_FOR_LIMIT"
    batches.pass_time(2)
    assert world.sent(f"{second}-1") == []
    world.clock.advance(86_400)
    batches.pass_time(2)
    assert len(world.sent(f"{second}-1")) == 1


def test_a_batch_is_paid_at_its_time(world: World, batches: Batches) -> None:
    reference = new_batch()
    at = world.clock() + 3600
    scheduled = batches.approved(reference, row(), scheduledAt=datetime.fromtimestamp(at, UTC).isoformat())
    assert scheduled["status"] == BatchStatus.SCHEDULED
    batches.pass_time(2)
    assert world.sent(f"{reference}-1") == []
    world.clock.advance(3600)
    batches.pass_time(1)
    assert len(world.sent(f"{reference}-1")) == 1


def test_a_pause_does_not_bring_a_payment_forward(world: World, batches: Batches) -> None:
    reference, at = new_batch(), world.clock() + 3600
    batches.approved(reference, row(), scheduledAt=datetime.fromtimestamp(at, UTC).isoformat())
    batches.request("POST", f"{reference}/pause")
    for _ in range(2):  # the second is a repetition of the same request
        resumed = batches.request("POST", f"{reference}/resume")
        assert (resumed.status, resumed.body["status"]) == (202, "SCHEDULED")
    batches.pass_time(2)
    assert world.sent(f"{reference}-1") == []
    world.clock.advance(3600)
    batches.pass_time(1)
    assert len(world.sent(f"{reference}-1")) == 1


def test_a_worker_waits_for_the_time_that_was_approved(world: World, batches: Batches) -> None:
    """The clock of the poller, which releases the batch, is fast."""
    reference, at = new_batch(), world.clock() + 180
    batches.approved(reference, row(), scheduledAt=datetime.fromtimestamp(at, UTC).isoformat())
    world.restarted(skew=200).tick()
    batches.work()
    assert (batches.get(reference)["status"], world.sent(f"{reference}-1")) == ("PAYING", [])
    world.clock.advance(180)
    batches.pass_time(2)
    assert len(world.sent(f"{reference}-1")) == 1


@pytest.mark.covers("I35")
def test_the_figures_of_a_cancelled_batch_follow_its_transfers(world: World) -> None:
    """Without results, whose writing renews the figures too."""
    world.environment["BATCH_BUCKET"] = ""
    world = world.restarted()
    batches, reference = Batches.start(world), new_batch()
    batches.approved(reference, row(), row(), row())

    def cancel() -> None:
        batches.request("POST", f"{reference}/cancellation")

    world.faults.before["PutItem"] = [lambda: None] * 2 + [cancel]  # while the first row, alone, is created
    batches.deliver(reference)
    batches.work()
    cancelled = batches.get(reference)
    assert (cancelled["status"], cancelled["statuses"]["ACCEPTED"]["count"]) == ("CANCELLED", 1)
    batches.pass_time(12)
    later = batches.get(reference)
    assert (later["status"], later["statuses"]["SUCCESS"]["count"]) == ("CANCELLED", 1)
    assert later["figuresAt"] > cancelled["figuresAt"]
