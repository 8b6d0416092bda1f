"""Scenarios of batches. Each returns the batchReference."""

from concurrent.futures import Future

from local.aws.event_source import Drained
from local.demo.batch_stage import WORKER, BatchStage, rows
from local.demo.stage import Stage
from payouts.services.row_threads import ROWS_AT_ONCE

_WRONG, _TWIN, _MISSING = 17, 42, 99


def payroll(stage: Stage) -> str:
    """200 rows: a wrong name, a duplicate and an account that does not exist."""
    changes = {
        _WRONG: {"beneficiaryAccountNumber": "9990000317"},  # the simulator's bank has another name there
        _TWIN: {"beneficiaryAccountNumber": "7000041"},  # that of the row before
        _MISSING: {"beneficiaryAccountNumber": "9990000599"},
    }
    batch = BatchStage(stage, "PAYROLL")
    checked = batch.create(rows(200, changes))
    found = {name: totals["count"] for name, totals in checked["outcomes"].items()}
    expected = {"OK": 197, "NAME_DIFFERS": 1, "POSSIBLE_DUPLICATE": 1, "INVALID": 1}
    stage.expect(found == expected, "every name was checked: 197 rows are OK, and three need a decision")
    (wrong,) = batch.rows(outcome="NAME_DIFFERS")
    stage.expect(wrong["row"] == _WRONG, f"row {_WRONG}: the bank has the name {wrong['bankAccountName']}")
    (twin,) = batch.rows(outcome="POSSIBLE_DUPLICATE")
    stage.expect(twin["row"] == _TWIN, f"row {_TWIN}: {twin['possibleDuplicate']} pays the same to the same account")
    stage.expect(batch.call("POST", "submission").status_code == 409, "it cannot be submitted yet")
    decided = batch.call("PATCH", "rows", {"rows": [_WRONG, _TWIN, _MISSING], "excluded": True}).json()
    stage.expect(decided["status"] == "READY", "the three rows are excluded: READY")
    batch.submit_and_approve()
    done = batch.pass_minutes("DONE")
    stage.expect(done["statuses"].get("SUCCESS", {}).get("count") == 197, "DONE: all of the 197 rows are paid")
    batch.expect_one_debit_each(197)
    return batch.reference


def waited_for_funds(stage: Stage) -> str:
    """The balance covers less than the batch, and is topped up."""
    before = stage.doku.ledger()["deposit"]
    batch = BatchStage(stage, "VENDORS")
    batch.create(rows(20, first=7_100_000))
    stage.doku.deposit("10000000.00")
    batch.submit_and_approve()
    stage.stack.drain()
    waiting = batch.pass_minutes("WAITING_FOR_FUNDS")
    stage.expect(waiting["status"] == "WAITING_FOR_FUNDS", f"WAITING_FOR_FUNDS: {waiting['history'][-1]['note']}")
    stage.expect(batch.debits() == {}, "nothing was sent, so nothing failed")
    stage.doku.deposit(before)
    done = batch.pass_minutes("DONE")
    stage.expect(done["status"] == "DONE", "after the top-up it goes on by itself: DONE")
    batch.expect_one_debit_each(20)
    return batch.reference


def worker_crashed(stage: Stage) -> str:
    """kill -9 of the worker in the middle of the rows."""
    batch = BatchStage(stage, "CRASHED")
    batch.create(rows(30, first=7_200_000))
    batch.submit_and_approve()
    working, last = _held(stage, batch, 15)
    stage.kill(WORKER)
    working.result()
    stage.doku.heal()
    stage.expect(len(batch.debits()) == last, f"kill -9 while DOKU is executing rows 15 to {last}")
    done = batch.pass_minutes("DONE")
    stage.expect(done["status"] == "DONE", "once its lease has ended, another worker goes on: DONE")
    batch.expect_one_debit_each(30)
    return batch.reference


def cancelled_halfway(stage: Stage) -> str:
    """Cancelled while a row is being sent."""
    batch = BatchStage(stage, "CANCELLED")
    batch.create(rows(40, first=7_300_000))
    batch.submit_and_approve()
    working, last = _held(stage, batch, 20)
    answer = batch.call("POST", "cancellation")
    stage.expect(answer.status_code == 202, f"202: {answer.json()['status']}, while rows 20 to {last} are being sent")
    stage.doku.heal()
    working.result()
    found = batch.pass_minutes("CANCELLED")
    stage.expect(found["status"] == "CANCELLED", f"CANCELLED: {found['history'][-1]['note']}")
    stage.expect(found["notPaid"]["count"] == 40 - last, "the other rows are NOT_PAID, with the reason CANCELLED")
    batch.expect_one_debit_each(last)
    return batch.reference


def _held(stage: Stage, batch: BatchStage, first: int) -> tuple[Future[Drained], int]:
    """Pay until DOKU holds as many rows as a worker sends at once. Returns what the worker does, and the last row."""
    numbers = range(first, first + ROWS_AT_ONCE)
    for number in numbers:
        stage.doku.fault("transfer", "hold-after", partnerReferenceNo=f"{batch.reference}-{number}")
    working = batch.drain_in_background()
    for number in numbers:
        stage.wait_for_debit(f"{batch.reference}-{number}")
    return working, numbers[-1]


def changed_after_submission(stage: Stage) -> str:
    """Withdrawn, changed and submitted again while the approver reads."""
    batch = BatchStage(stage, "CHANGED")
    batch.create(rows(3, first=7_400_000))
    seen = batch.call("POST", "submission").json()["digest"]
    own = batch.call("POST", "approvals", {"decision": "APPROVE", "digest": seen})
    stage.expect(own.status_code == 403, "whoever submitted it may not approve it: 403")
    batch.call("POST", "withdrawal")
    batch.call("PATCH", "rows/3", {"excluded": True})
    digest = batch.call("POST", "submission").json()["digest"]
    refused = batch.approve(seen)
    met = (refused.status_code, refused.json()["response_code"]) == (409, "CONTENT_CHANGED")
    stage.expect(met, "an approval of what it was before: 409 CONTENT_CHANGED")
    stage.stack.drain()
    stage.expect(batch.debits() == {}, "nothing is sent")
    stage.expect(batch.approve(digest).status_code == 200, "an approval of what it is now: 200")
    batch.pass_minutes("DONE")
    batch.expect_one_debit_each(2)
    return batch.reference
