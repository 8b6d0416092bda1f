"""The flows: how each is prepared, the step in which a call fails, and the client's retry."""

from collections.abc import Mapping
from typing import Any

from local.doku_simulator.resend import resend
from tests.verification.matrix.batch_flows import BATCH_FLOWS
from tests.verification.matrix.cell_run import Answer, CellRun
from tests.verification.matrix.flow import Flow
from tests.verification.matrix.world import API, POLLER, PROCESSOR, RECEIVER, SENDER

_REFUND_ACCOUNT = "7746555134"  # paid at once, refunded after five minutes
_UNPAID_ACCOUNT = "8812345001"  # pending at first: being accepted is no event
_UNTIL_PAID, _UNTIL_REFUNDED = 240, 300


def run_cell(run: CellRun) -> None:
    """Run a cell to its end. Broken invariants are in `run.oracle.broken`."""
    flow = FLOWS[run.cell.flow]
    flow.prepare(run)
    if run.cell.cold:
        run.world.kill(flow.function)
        if not flow.keeps_token:
            run.world.delete_token()
    run.act(flow.act, flow.function)
    flow.retry(run)
    flow.finish(run)
    run.oracle.check_at_the_end(run.reports)


# --- preparation


def _nothing(_: CellRun) -> None:
    pass


def _warm_api(run: CellRun) -> None:
    """Let the function read the secret and request a token."""
    run.retry(lambda: run.call("GET", "/v1/balance"), 200)


def _with_session(run: CellRun) -> None:
    """Make the account inquiry whose session the transfer uses. It also warms the API."""
    run.body["sessionId"] = run.retry(run.inquire, 200).body["sessionId"]


def _with_key(run: CellRun) -> None:
    _warm_api(run)
    run.key = f"key-of-{run.reference}"


def _replayed(run: CellRun) -> None:
    _with_session(run)
    run.key = f"key-of-{run.reference}"
    _created(run)


def _with_dead_token(run: CellRun) -> None:
    _with_session(run)
    run.world.doku.tokens.expire_all()


def _created(run: CellRun) -> None:
    run.retry(run.create, 201)


def _notified(run: CellRun) -> None:
    """Send a notification of a refund that never happened: it warms receiver and processor and changes nothing."""
    _created(run)
    resend(run.world.doku, {"kind": "refund", "partnerReferenceNo": run.reference})
    run.world.drain()
    run.oracle.check_now()


def _paid_message(run: CellRun) -> None:
    _notified(run)
    run.world.advance(_UNTIL_PAID)


def _refund_message(run: CellRun) -> None:
    run.body["beneficiaryAccountNumber"] = _REFUND_ACCOUNT
    _notified(run)
    run.world.advance(_UNTIL_REFUNDED)


def _due(run: CellRun) -> None:
    """Check the transfer once, which warms the poller, and wait until it is due again.

    A tick before that leaves no look at paid transfers to the tick with the fault: its calls are the same in each cell.
    """
    _created(run)
    run.world.tick(run.reference)
    for _ in range(2):
        item = run.world.item(run.reference)
        assert item is not None
        run.world.advance(float(item["nextCheckAt"]) / 1000 - run.world.clock())
        if {seen["is"] for seen in item["history"]} <= {"SUBMITTING", "ACCEPTED"}:
            run.world.tick(run.reference)


def _reported(run: CellRun) -> None:
    """Deliver the first webhook, which warms the sender, and let the payment of the transfer wait for its own."""
    run.reports = True
    run.body["beneficiaryAccountNumber"] = _UNPAID_ACCOUNT
    _created(run)
    run.world.deliver()
    run.world.advance(_UNTIL_PAID)
    run.world.drain()
    run.oracle.check_now()


def _with_open_breaker(run: CellRun) -> None:
    _reported(run)
    run.world.open_breaker()


def _set_aside(run: CellRun) -> None:
    _with_open_breaker(run)
    run.world.deliver()


# --- the step with the fault


def _inquire(run: CellRun) -> Answer:
    return run.inquire()


def _create(run: CellRun) -> Answer:
    return run.create()


def _refresh(run: CellRun) -> Answer:
    return run.call("GET", f"/v1/transfers/{run.reference}?refresh=true")


def _check(run: CellRun) -> Answer:
    return run.call("POST", f"/v1/transfers/{run.reference}/status-checks")


def _notify(run: CellRun) -> None:
    run.world.advance(_UNTIL_PAID)


def _process(run: CellRun) -> None:
    for error in run.world.drain():
        run.note(error)


def _tick(run: CellRun) -> None:
    run.note(f"tick: {run.world.tick(run.reference)}")


def _deliver(run: CellRun) -> None:
    for error in run.world.deliver():
        run.note(error)


def _catch_up(run: CellRun) -> None:
    """A probe, which closes the breaker, and the move of what was set aside."""
    for _ in range(2):
        run.note(f"catch up: {run.world.catch_up()}")


# --- the retry


def _inquire_again(run: CellRun) -> None:
    run.retry(run.inquire, 200)


def _refresh_again(run: CellRun) -> None:
    run.retry(lambda: _refresh(run), 200)


def _create_again(run: CellRun) -> None:
    """Send the same request with the same key, then another body with that key."""
    exists, sent = run.world.item(run.reference) is not None, run.oracle.sent()
    run.retry(run.create, 201, 202)
    if exists:
        run.oracle.after_a_replay(sent)
    before = run.world.item(run.reference)
    other: dict[str, Any] = {**run.body, "amount": {"value": "300000.00", "currency": "IDR"}}
    answer = run.call("POST", "/v1/transfers", other)
    if answer.status != 409 or run.world.item(run.reference) != before:
        run.oracle.report("I8", f"another body under the same key: {answer.status} {answer.body}")


FLOWS: Mapping[str, Flow] = {
    "inquire": Flow(API, _warm_api, _inquire, _inquire_again),
    "submit": Flow(API, _warm_api, _create, _create_again),
    "submit-session": Flow(API, _with_session, _create, _create_again),
    "submit-key": Flow(API, _with_key, _create, _create_again),
    "submit-refused": Flow(API, _with_dead_token, _create, _create_again, keeps_token=True),
    "replay": Flow(API, _replayed, _create, _create_again),
    "refresh": Flow(API, _created, _refresh, _refresh_again),
    "status-check": Flow(API, _created, _check, _refresh_again),
    "receive": Flow(RECEIVER, _notified, _notify, _nothing),
    "process": Flow(PROCESSOR, _paid_message, _process, _nothing),
    "process-refund": Flow(PROCESSOR, _refund_message, _process, _nothing),
    "poll": Flow(POLLER, _due, _tick, _nothing),
    "deliver": Flow(SENDER, _reported, _deliver, _nothing),
    "set-aside": Flow(SENDER, _with_open_breaker, _deliver, _nothing),
    "catch-up": Flow(SENDER, _set_aside, _catch_up, _nothing),
    **BATCH_FLOWS,
}
