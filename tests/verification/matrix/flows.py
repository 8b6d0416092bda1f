"""The flows: how each begins in a healthy world, what it does, and what is done again afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.doku_simulator.resend import resend
from tests.verification.matrix.play import Answer, Play
from tests.verification.matrix.world import API, POLLER, PROCESSOR, RECEIVER

_REFUND_ACCOUNT = "7746555134"  # paid at once, refunded after five minutes
_UNTIL_PAID, _UNTIL_REFUNDED = 240, 300


@dataclass(frozen=True)
class Flow:
    """`begin` sets the scene, `act` is what is broken, `again` what a sensible client sends afterwards."""

    function: str
    """Whose calls are broken."""
    begin: Callable[[Play], None]
    act: Callable[[Play], Answer | None]
    again: Callable[[Play], None]
    keeps_token: bool = False
    """Whether a cold start finds a token in the table."""


def play(subject: Play) -> None:
    """Play a cell to its end. What it found is in the judge's `broken`."""
    flow = FLOWS[subject.cell.flow]
    flow.begin(subject)
    if subject.cell.cold:
        subject.world.kill(flow.function)
        if not flow.keeps_token:
            subject.world.forget_token()
    subject.run(flow.act, flow.function)
    flow.again(subject)
    subject.settle()
    subject.judge.conclude()


# --- the scene


def _nothing(_: Play) -> None:
    pass


def _warm_api(subject: Play) -> None:
    """So that the worker has a token and the secret."""
    subject.insist(lambda: subject.call("GET", "/v1/balance"), 200)


def _with_session(subject: Play) -> None:
    """The account inquiry that the transfer refers to. It warms the API as well."""
    subject.body["sessionId"] = subject.insist(subject.inquire, 200).body["sessionId"]


def _with_key(subject: Play) -> None:
    _warm_api(subject)
    subject.key = f"key-of-{subject.reference}"


def _replayed(subject: Play) -> None:
    _with_session(subject)
    subject.key = f"key-of-{subject.reference}"
    _created(subject)


def _with_dead_token(subject: Play) -> None:
    _with_session(subject)
    subject.world.doku.tokens.expire_all()


def _created(subject: Play) -> None:
    subject.insist(subject.create, 201)


def _called_back(subject: Play) -> None:
    """A callback about a refund that never was: it warms receiver and processor, and changes nothing."""
    _created(subject)
    resend(subject.world.doku, {"kind": "refund", "partnerReferenceNo": subject.reference})
    subject.world.drain()
    subject.judge.look()


def _paid_message(subject: Play) -> None:
    _called_back(subject)
    subject.world.advance(_UNTIL_PAID)


def _refund_message(subject: Play) -> None:
    subject.body["beneficiaryAccountNumber"] = _REFUND_ACCOUNT
    _called_back(subject)
    subject.world.advance(_UNTIL_REFUNDED)


def _due(subject: Play) -> None:
    """Asked about once, which warms the poller, and due again."""
    _created(subject)
    for _ in range(2):
        item = subject.world.item(subject.reference)
        assert item is not None
        subject.world.advance(float(item["nextCheckAt"]) / 1000 - subject.world.clock())
        if not any(seen["source"] == "STATUS_CHECK" for seen in item["history"]):
            subject.world.tick(subject.reference)


# --- what is broken


def _inquire(subject: Play) -> Answer:
    return subject.inquire()


def _create(subject: Play) -> Answer:
    return subject.create()


def _refresh(subject: Play) -> Answer:
    return subject.call("GET", f"/v1/transfers/{subject.reference}?refresh=true")


def _check(subject: Play) -> Answer:
    return subject.call("POST", f"/v1/transfers/{subject.reference}/status-checks")


def _callback(subject: Play) -> None:
    subject.world.advance(_UNTIL_PAID)


def _process(subject: Play) -> None:
    for error in subject.world.drain():
        subject.note(error)


def _tick(subject: Play) -> None:
    subject.note(f"tick: {subject.world.tick(subject.reference)}")


# --- what is done again


def _inquire_again(subject: Play) -> None:
    subject.insist(subject.inquire, 200)


def _refresh_again(subject: Play) -> None:
    subject.insist(lambda: _refresh(subject), 200)


def _create_again(subject: Play) -> None:
    """The same request under the same key, and another one under it."""
    stood, sent = subject.world.item(subject.reference) is not None, subject.judge.sent()
    subject.insist(subject.create, 201, 202)
    if stood:
        subject.judge.after_a_replay(sent)
    before = subject.world.item(subject.reference)
    other: dict[str, Any] = {**subject.body, "amount": {"value": "300000.00", "currency": "IDR"}}
    answer = subject.call("POST", "/v1/transfers", other)
    if answer.status != 409 or subject.world.item(subject.reference) != before:
        subject.judge.breaks("I8", f"another body under the same key: {answer.status} {answer.body}")


FLOWS: Mapping[str, Flow] = {
    "inquire": Flow(API, _warm_api, _inquire, _inquire_again),
    "submit": Flow(API, _warm_api, _create, _create_again),
    "submit-session": Flow(API, _with_session, _create, _create_again),
    "submit-key": Flow(API, _with_key, _create, _create_again),
    "submit-refused": Flow(API, _with_dead_token, _create, _create_again, keeps_token=True),
    "replay": Flow(API, _replayed, _create, _create_again),
    "refresh": Flow(API, _created, _refresh, _refresh_again),
    "status-check": Flow(API, _created, _check, _refresh_again),
    "receive": Flow(RECEIVER, _called_back, _callback, _nothing),
    "process": Flow(PROCESSOR, _paid_message, _process, _nothing),
    "process-refund": Flow(PROCESSOR, _refund_message, _process, _nothing),
    "poll": Flow(POLLER, _due, _tick, _nothing),
}
