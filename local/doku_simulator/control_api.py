"""The control API under /_simulator: look into the books, move the clock, order faults. JSON, unauthenticated."""

import json
from collections.abc import Callable
from typing import Any

from local.doku_simulator.answers import Json, RefusedError
from local.doku_simulator.auth import Request, load_public_key
from local.doku_simulator.faults import parse_fault
from local.doku_simulator.fields import parse_object
from local.doku_simulator.money import parse_amount, wire
from local.doku_simulator.reply import Reply
from local.doku_simulator.resend import resend
from local.doku_simulator.world import World

PREFIX = "/_simulator"
_SECRETS = {
    "clientSecret": "client_secret",
    "publicKey": "public_key",
    "agentKey": "agent_key",
    "notificationKey": "notification_key",
}


def control(world: World, request: Request) -> Reply:
    """The reply to a control request; 400 {"error": ...} says what is wrong with it."""
    action = _ACTIONS.get((request.method, request.path.removeprefix(PREFIX)))
    if action is None:
        return _json(404, {"error": f"no such control: {request.method} {request.path}"})
    try:
        return _json(200, action(world, parse_object(request.body) if request.body else {}))
    except RefusedError:
        return _json(400, {"error": "the body must be a JSON object"})
    except ValueError as problem:
        return _json(400, {"error": str(problem)})


def _json(status: int, body: Json) -> Reply:
    return Reply(status, json.dumps(body).encode())


def _string(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is needed, a string")
    return value


def _health(world: World, _: Json) -> Json:
    return {"status": "ok", "now": world.clock()}


def _ledger(world: World, _: Json) -> Json:
    return world.ledger.snapshot(world.clock())


def _clock(world: World, _: Json) -> Json:
    return {"now": world.clock()}


def _advance(world: World, body: Json) -> Json:
    seconds = body.get("advanceSeconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 10**9:
        raise ValueError("advanceSeconds is needed, a number of seconds from 0")
    return {"now": world.advance(seconds)}


def _faults(world: World, _: Json) -> Json:
    return {"faults": world.board.waiting(world.clock())}


def _add_fault(world: World, body: Json) -> Json:
    fault = parse_fault(body, world.clock())
    world.board.add(fault)
    return fault.as_json()


def _clear_faults(world: World, _: Json) -> Json:
    world.board.clear()
    return {"faults": []}


def _deposit(world: World, body: Json) -> Json:
    sen = parse_amount(_string(body, "value"))
    with world.ledger.lock:
        world.ledger.deposit = sen
    return {"deposit": wire(sen)}


def _account(world: World, body: Json) -> Json:
    bank, number = _string(body, "bankCode"), _string(body, "accountNumber")
    name = None if body.get("exists") is False else _string(body, "name")
    with world.ledger.lock:
        world.ledger.accounts.register(bank, number, name)
    return {"bankCode": bank, "accountNumber": number, "name": name}


def _expire_tokens(world: World, _: Json) -> Json:
    world.tokens.expire_all()
    return {}


def _settings(world: World, body: Json) -> Json:
    world.switch(body)
    return world.settings.switches()


def _secret(world: World, body: Json) -> Json:
    secrets = {_SECRETS[name]: _string(body, name) for name in _SECRETS.keys() & body.keys()}
    if not secrets or body.keys() - _SECRETS.keys():
        raise ValueError(f"some of {', '.join(_SECRETS)} are needed, and nothing else")
    if "public_key" in secrets:
        load_public_key(secrets["public_key"])
    world.rotate(secrets)
    return {}


def _reset(world: World, _: Json) -> Json:
    world.reset()
    return {}


_ACTIONS: dict[tuple[str, str], Callable[[World, dict[str, Any]], Json]] = {
    ("GET", "/health"): _health,
    ("GET", "/ledger"): _ledger,
    ("GET", "/clock"): _clock,
    ("POST", "/clock"): _advance,
    ("GET", "/faults"): _faults,
    ("POST", "/faults"): _add_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/deposit"): _deposit,
    ("POST", "/accounts"): _account,
    ("POST", "/tokens/expire"): _expire_tokens,
    ("GET", "/settings"): _settings,
    ("POST", "/settings"): _settings,
    ("POST", "/secret"): _secret,
    ("POST", "/reset"): _reset,
    ("POST", "/notifications/send"): resend,
}
