"""After the conditional create: no error reaches the caller, and nothing starts without time for it."""

import json

import pytest

from payouts.domain.errors import RefusedEarly
from payouts.domain.transfer import Finding, Status
from payouts.services.create_transfer import CreateResult
from tests.verification.model.outside import Given, Outside, Request
from tests.verification.model.parts import Invocation, Parts, order, too_little_time
from tests.verification.model.scenario import BEGAN
from tests.verification.model.world import Outer, World


class Surprise(Exception):
    """Nobody foresaw it."""


class BackingServices(Outside):
    """Everything works until the transfer is sent: then DOKU refuses the token, or a call raises."""

    def __init__(self, surprise: str = "") -> None:
        super().__init__([Given(BEGAN, "begin")], "merchant")
        self.world = World()
        self.surprise = surprise
        self.sent: list[str] = []
        self.outer = Outer(BEGAN, self.world.table({}), self.world.ledgers.number(()))

    def ask(self, request: Request) -> Given:
        if request.what == "transfer-bank":
            self.sent.append(request.external_id)
        if self.sent and request.what == self.surprise:
            raise Surprise
        if request.what == "transfer-bank":
            return Given(BEGAN, "said", (401, json.dumps({"responseCode": "4014301"}).encode()))
        effect = next(self.world.effects(request, self.outer))
        self.outer = effect.outer
        return Given(BEGAN, effect.kind, effect.value)


def test_an_unexpected_error_leaves_the_transfer_in_doubt() -> None:
    outside = BackingServices("transfer-bank")
    submitted = Invocation("merchant", order()).run(outside, Parts())
    assert isinstance(submitted, CreateResult)
    assert submitted.transfer.status is Status.IN_DOUBT
    [(_, number)] = outside.world.transfers(outside.outer.table)
    stored = outside.world.transfer(number)
    assert (stored.status, stored.next_check_at) == (Status.IN_DOUBT, BEGAN + 60_000)
    assert [seen.message for seen in stored.history if seen.finding is Finding.IN_DOUBT] == ["unexpected Surprise"]


def test_an_unexpected_error_while_recording_is_hidden() -> None:
    outside = BackingServices("update")
    submitted = Invocation("merchant", order()).run(outside, Parts())
    assert isinstance(submitted, CreateResult)
    assert isinstance(submitted.unrecorded, Surprise)
    [(_, number)] = outside.world.transfers(outside.outer.table)
    stored = outside.world.transfer(number)
    assert submitted.transfer.status is stored.status is Status.SUBMITTING
    assert stored.next_check_at == BEGAN + 60_000
    assert len(outside.sent) == 1


@pytest.mark.covers(6)
@pytest.mark.parametrize(
    ("remaining", "sent", "durable", "status"),
    [
        ((29.0,), 2, 2, Status.FAILED),
        (too_little_time("to confirm a refusal"), 1, 1, Status.IN_DOUBT),
        (too_little_time("to send again"), 1, 1, Status.FAILED),
        (too_little_time("for a second send"), 1, 2, Status.FAILED),
        (too_little_time("after the create"), 0, 1, Status.FAILED),
    ],
    ids=[
        "enough",
        "too little to confirm the refusal",
        "too little after the refusal",
        "too little after the write",
        "too little after the create",
    ],
)
def test_no_send_is_begun_without_time_for_it(
    remaining: tuple[float, ...], sent: int, durable: int, status: Status
) -> None:
    outside = BackingServices()
    submitted = Invocation("merchant", order(), remaining).run(outside, Parts())
    assert submitted.transfer.status is status
    assert (len(outside.sent), len(submitted.transfer.external_ids)) == (sent, durable)
    assert set(outside.sent) <= set(submitted.transfer.external_ids)


@pytest.mark.covers(6)
@pytest.mark.parametrize("when", ["before the inquiry", "before the limits", "before the create"])
def test_too_little_time_is_refused_before_the_create(when: str) -> None:
    outside = BackingServices()
    with pytest.raises(RefusedEarly, match=r"too little time.*nothing was sent. Send the same request again"):
        Invocation("merchant", order(), too_little_time(when)).run(outside, Parts())
    assert outside.sent == []
    assert list(outside.world.transfers(outside.outer.table)) == []
