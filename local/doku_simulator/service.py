"""Serve a merchant's request: route, apply a fault, execute, record."""

import json
from collections.abc import Callable
from contextlib import suppress

from local.doku_simulator.answers import Answer, Json, Operation, RefusedError
from local.doku_simulator.apply_fault import Struck, apply_fault
from local.doku_simulator.auth import Request, verify_call
from local.doku_simulator.call import Call
from local.doku_simulator.clock_formats import day, spring
from local.doku_simulator.faults import Fault, Kind
from local.doku_simulator.fields import parse_object
from local.doku_simulator.ledger import Ledger
from local.doku_simulator.operations.balance import balance
from local.doku_simulator.operations.inquiry import inquire
from local.doku_simulator.operations.status import check_status
from local.doku_simulator.operations.token import grant
from local.doku_simulator.operations.transfer import transfer_bank
from local.doku_simulator.record import Asked, asked, outcome, particulars
from local.doku_simulator.reply import Reply, reply
from local.doku_simulator.settings import Settings
from local.doku_simulator.world import World

_SUFFIXES = {
    "/emoney/bank-account-inquiry": Operation.INQUIRY,
    "/balance-inquiry": Operation.BALANCE,
    "/emoney/transfer-bank": Operation.TRANSFER,
    "/qr/qr-mpm-status": Operation.STATUS,
}
ROUTES = {
    "/authorization/v1/access-token/b2b": Operation.TOKEN,
    **{prefix + suffix: operation for prefix in ("/v1.0", "/snap/v1.1") for suffix, operation in _SUFFIXES.items()},
}
_HANDLERS: dict[Operation, Callable[[Ledger, Settings, Call], Answer]] = {
    Operation.INQUIRY: inquire,
    Operation.BALANCE: balance,
    Operation.TRANSFER: transfer_bank,
    Operation.STATUS: check_status,
}


def serve(world: World, request: Request) -> Reply:
    """The reply to any request outside the control API."""
    operation = ROUTES.get(request.path)
    if operation is None:
        return _spring(world, request, 404, "Not Found", f"No static resource {request.path.lstrip('/')}.")
    if request.method != "POST":
        message = f"Request method '{request.method}' is not supported"
        return _spring(world, request, 405, "Method Not Allowed", message)
    return _serve_operation(world, asked(operation, request, world.clock()))


def _serve_operation(world: World, ask: Asked) -> Reply:
    fault = world.board.take(ask.operation, ask.subject, ask.now)
    number_codes = world.settings.number_codes and ask.operation is not Operation.TOKEN
    if fault is None:
        answer: Answer | None = (honest := _carry_out(world, ask))
        out = reply(honest, number_codes)
    else:
        answer = _carry_out(world, ask) if fault.executes else None
        out = apply_fault(Struck(fault, ask.operation, ask.request.target, ask.reference or "", answer, number_codes))
    entry = outcome(ask, answer, out, fault)
    if fault is not None:
        _afterwards(world, ask, fault, entry)
    if ask.operation is Operation.TOKEN:
        world.ledger.token_requests.append(entry)
    else:
        entry.update(particulars(ask))
        world.ledger.requests.append(entry)
    return out


def _afterwards(world: World, ask: Asked, fault: Fault, entry: Json) -> None:
    """What a fault changes besides the answer."""
    if fault.kind == Kind.DEAD_TOKEN:
        world.tokens.expire_all()
    if fault.kind == Kind.LATE:
        with suppress(RefusedError):  # a request that cannot be verified is never executed
            verify_call(ask.request, world.settings, world.tokens, ask.now)
            at = ask.now + (fault.seconds or 0.0)
            entry["pending"] = True
            world.ledger.postpone(at, lambda: _execute_late(world, ask, at, entry))


def _execute_late(world: World, ask: Asked, at: float, entry: Json) -> None:
    """Execute a request at last. A refusal leaves no trace."""
    entry["pending"] = False
    external_id = ask.request.headers.get("x-external-id", "")
    with suppress(RefusedError):
        transfer_bank(world.ledger, world.settings, Call(ask.body, external_id, at))
        entry["executed"] = True


def _carry_out(world: World, ask: Asked) -> Answer:
    try:
        if ask.operation is Operation.TOKEN:
            return grant(ask.request, world.settings, world.tokens, ask.now)
        return _operate(world, ask)
    except RefusedError as refusal:
        return refusal.answer(ask.operation)


def _operate(world: World, ask: Asked) -> Answer:
    """An authenticated operation, under the ledger's lock. A call refused with 401 uses up no X-EXTERNAL-ID."""
    settings, ledger = world.settings, world.ledger
    verify_call(ask.request, settings, world.tokens, ask.now)
    external_id = ask.request.header("X-EXTERNAL-ID")
    with ledger.lock:
        if not ledger.claim_external_id(settings.client_id, day(ask.now), external_id):
            raise RefusedError(409, "00", "Conflict")
        ledger.settle(ask.now)
        body = parse_object(ask.request.body)
        return _HANDLERS[ask.operation](ledger, settings, Call(body, external_id, ask.now))


def _spring(world: World, request: Request, status: int, error: str, message: str) -> Reply:
    """An error of the framework's, outside any operation: 404 "No static resource ..."."""
    body = {
        "timestamp": spring(world.clock()),
        "status": status,
        "error": error,
        "message": message,
        "path": request.path,
    }
    return Reply(status, json.dumps(body).encode())
