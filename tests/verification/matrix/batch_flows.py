"""The flows of batches: a batch of one row, whose transfer is the one that the oracle checks."""

from collections.abc import Mapping
from typing import Any

from tests.verification.matrix.cell_run import Answer, CellRun
from tests.verification.matrix.flow import Flow
from tests.verification.matrix.world import API, CHECKER, POLLER, WORKER

_MINUTE = 61
_UNTIL_PAID = 240
_SCHEDULED = 600
_ROUNDS = 30
"""Ticks within which a batch ends once the fault is over. A worker that died keeps its chunk for six of them."""
_ENDS = ("DONE", "DONE_WITH_FAILURES", "CANCELLED")


# --- preparation


def _nothing(_: CellRun) -> None:
    pass


def _created(run: CellRun) -> None:
    run.retry(lambda: _create(run), 201)


def _checked(run: CellRun) -> None:
    _created(run)
    run.world.work()
    _wait_for(run, "READY")


def _submitted(run: CellRun) -> None:
    _checked(run)
    run.retry(lambda: run.call("POST", f"{_path(run)}/submission"), 200)


def _approved(run: CellRun) -> None:
    _submitted(run)
    run.retry(lambda: _approve(run), 200)


def _scheduled(run: CellRun) -> None:
    run.batch["scheduledAt"] = run.world.time(_SCHEDULED)
    _approved(run)
    run.world.tick_batches()
    run.world.advance(_SCHEDULED + 1)


def _sent(run: CellRun) -> None:
    """Everything is sent and paid, and the settlement of its chunk, which ends with the result, waits in the queue."""
    _approved(run)
    run.world.work()
    _wait_for(run, "SETTLING")
    run.world.advance(_UNTIL_PAID)
    run.world.drain()
    run.world.advance(_MINUTE)
    run.world.tick_batches()
    run.oracle.check_now()


# --- the step with the fault


def _create(run: CellRun) -> Answer:
    body = {"batchReference": _reference(run), "transfers": [run.body], **run.batch}
    return run.call("POST", "/v1/batches", body)


def _approve(run: CellRun) -> Answer:
    digest = run.call("GET", _path(run)).body.get("digest", "")
    return _decide(run, digest)


def _decide(run: CellRun, digest: str) -> Answer:
    return run.call("POST", f"{_path(run)}/approvals", {"decision": "APPROVE", "digest": digest}, CHECKER)


def _cancel(run: CellRun) -> Answer:
    return run.call("POST", f"{_path(run)}/cancellation")


def _work(run: CellRun) -> None:
    for error in run.world.work():
        run.note(error)


def _drive(run: CellRun) -> None:
    run.note(f"batches: {run.world.tick_batches()}")


# --- the retry


def _create_again(run: CellRun) -> None:
    run.retry(lambda: _create(run), 200, 201)
    _go_on(run)


def _approve_again(run: CellRun) -> None:
    run.retry(lambda: _approve(run), 200)


def _cancel_again(run: CellRun) -> None:
    run.retry(lambda: _cancel(run), 202)


def _go_on(run: CellRun) -> None:
    """Check, submit and approve what was created."""
    _wait_for(run, "READY", "NEEDS_ATTENTION")
    if _stored(run)["status"] == "NEEDS_ATTENTION":  # DOKU gave no answer about the row
        run.retry(lambda: run.call("POST", f"{_path(run)}/checks"), 202)
        _wait_for(run, "READY")
    run.retry(lambda: run.call("POST", f"{_path(run)}/submission"), 200)
    run.retry(lambda: _approve(run), 200)


# --- the end


def _finish(run: CellRun) -> None:
    """Ticks and messages until the batch is final, its transfer is, and the result says so."""
    _wait_for(run, *_ENDS)
    run.settle()
    for _ in range(_ROUNDS):
        if not _is_behind(run):
            break
        _advance_to_next_drive(run)
        _pass(run)
    _check(run)


def _wait_for(run: CellRun, *statuses: str) -> None:
    for _ in range(_ROUNDS):
        if _stored(run)["status"] in statuses:
            return
        _pass(run)


def _advance_to_next_drive(run: CellRun) -> None:
    run.world.advance(float(_stored(run).get("nextCheckAt", 0)) / 1000 - run.world.clock())


def _pass(run: CellRun) -> None:
    run.world.advance(_MINUTE)
    run.world.drain()
    run.world.tick(run.reference)
    run.world.tick_batches()
    run.world.work()
    run.oracle.check_now()


def _check(run: CellRun) -> None:
    """I33 to I38: the batch has ended, and its figures are those of its row's one transfer."""
    batch, transfers = _stored(run), run.world.items("TRANSFER")
    paid = [item for item in transfers if item["status"] == "SUCCESS"]
    wanted = "CANCELLED" if run.cell.flow == "batch-cancel" else "DONE" if paid else "DONE_WITH_FAILURES"
    if batch["status"] != wanted:
        run.oracle.report("I35", f"the batch is {batch['status']}, not {wanted}")
        return
    if [item["pk"] for item in transfers] != [f"TRANSFER#{run.reference}"] * len(transfers) or len(transfers) > 1:
        run.oracle.report("I37", f"the transfers of one row: {[item['pk'] for item in transfers]}")
    if not transfers and wanted != "CANCELLED":
        run.oracle.report("I35", "the batch is done, and its row has no transfer")
    if batch["releasedAt"] is not None and _is_behind(run):
        run.oracle.report(
            "I36",
            f"the figures are {_counted(run)}, the result is of {batch['resultAt']}, and the transfers are {transfers}",
        )
    if not batch["approvals"] and transfers:
        run.oracle.report("I33", "a row was sent without an approval")


def _is_behind(run: CellRun) -> bool:
    """True if the figures of a batch that was paid are not those of its transfers, or its result is not written."""
    batch = _stored(run)
    if batch["releasedAt"] is None:
        return False
    actual = {item["status"]: 1 for item in run.world.items("TRANSFER")}
    return _counted(run) != actual or (batch["resultAt"] or 0) < batch["events"][-1][0]


def _counted(run: CellRun) -> dict[str, int]:
    summary = next(item for item in run.world.items("BATCH") if "#PAGE#" in item["pk"])["c0"]
    return {status: int(totals[0]) for status, totals in summary["statuses"].items()}


def _stored(run: CellRun) -> dict[str, Any]:
    """The batch's item."""
    return next(item for item in run.world.items("BATCH") if item["pk"] == f"BATCH#{_reference(run)}")


def _reference(run: CellRun) -> str:
    return f"B-{run.reference}"


def _path(run: CellRun) -> str:
    return f"/v1/batches/{_reference(run)}"


BATCH_FLOWS: Mapping[str, Flow] = {
    "batch-create": Flow(API, _nothing, _create, _create_again, finish=_finish),
    "batch-check": Flow(WORKER, _created, _work, _go_on, finish=_finish),
    "batch-approve": Flow(API, _submitted, _approve, _approve_again, finish=_finish),
    "batch-release": Flow(POLLER, _scheduled, _drive, _nothing, finish=_finish),
    "batch-pay": Flow(WORKER, _approved, _work, _nothing, finish=_finish),
    "batch-settle": Flow(WORKER, _sent, _work, _nothing, finish=_finish),
    "batch-cancel": Flow(API, _approved, _cancel, _cancel_again, finish=_finish),
}
