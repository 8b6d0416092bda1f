"""Hundreds of notifications at once, many of them twice and in any order, while the table is throttled (I10, I11)."""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from local.aws.event_source import Drained
from tests.integration.receiver.notifications import signed
from tests.support.harness import Answer, World, order

_OUTCOMES: tuple[dict[str, str], ...] = (
    {"beneficiaryAccountNumber": "0012345678"},  # UNPAID, then paid
    {"beneficiaryAccountNumber": "0012345678", "beneficiaryBankCode": "002"},  # UNPAID, then failed
    {"beneficiaryAccountNumber": "7746555134"},  # paid, then refunded
    {},  # paid at once
)
_STATUS = {"PAID": "SUCCESS", "FAILED": "FAILED", "REFUNDED": "REFUNDED", "UNPAID": "UNPAID"}
_SAID = {"PAID": "50", "FAILED": "35", "UNPAID": "20"}
_UNKNOWN = 5
_WAVE = 50
"""Notifications between two rounds of the processor."""
_SIZE = int(os.environ.get("BURST", "250"))
"""Notifications in all, about a fifth as many transfers; `make burst` sends 1,000."""


@dataclass(frozen=True)
class Notification:
    """A notification as DOKU sends it."""

    kind: str
    body: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """The result of a burst."""

    transfers: int
    sent: int
    refused: int
    """Not acknowledged, since SQS was throttled, and sent again."""
    deliveries: Drained
    asked: int
    """Check status calls that reached DOKU."""
    left: int
    """Messages still in the queue."""
    dead: int
    wrong: dict[str, tuple[str, str]]
    """By reference: the ledger's status and ours, where they differ."""
    ends: Counter[str]
    noted_twice: int
    """Transfers whose history holds one announcement more than once."""
    seconds: float

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {status}" for status, count in sorted(self.ends.items()))
        tried = self.deliveries.succeeded + self.deliveries.failed
        return (
            f"burst: {self.sent} notifications over {self.transfers} transfers in {self.seconds:.1f} s: {ends}; "
            f"{self.refused} refused and sent again, {tried} deliveries ({self.deliveries.failed} put off), "
            f"{self.asked} status checks, {self.left} in the queue, {self.dead} dead, {len(self.wrong)} wrong"
        )


def burst(world: World, notifications: int, transfers: int, seed: int = 20240917) -> Outcome:
    """Send so many notifications about so many transfers and process them until the queue is empty.

    A third are exact copies, some lie, some come too early and some are about transfers that never were; queue and
    table are throttled for part of it. Everything is drawn from `seed`.
    """
    began, chance = time.perf_counter(), random.Random(seed)
    references = [str(world.create(order(**fields)).body["partnerReferenceNo"]) for fields in _fates(transfers)]
    headers = [signed(world, f"{seed}-{number:04d}") for number in range(notifications)]
    early, late = _plan(world, references, headers, notifications, chance)
    refused, drained = _play(world, early)
    world.clock.advance(2 * 3600)  # everything comes to its end at DOKU
    more = _play(world, late(), throttled=True)
    drained = drained + more[1] + _settle(world)
    return _outcome(world, references, len(headers), refused + more[0], drained, began)


def _fates(transfers: int) -> Iterator[dict[str, str]]:
    """Two of five UNPAID and then paid, one of five of each other kind."""
    for number in range(transfers):
        yield _OUTCOMES[max(0, number % 5 - 1)]


def _plan(
    world: World, references: Sequence[str], headers: list[dict[str, str]], notifications: int, chance: random.Random
) -> Any:
    """The notifications to send at once, and a function for those to send after DOKU has finished all transfers."""
    unused = iter(headers)
    numbers = {one["partnerReferenceNo"]: one["referenceNo"] for one in world.doku.ledger()["transfers"]}
    unique = notifications - notifications // 3

    def anything(reference: str) -> Notification:
        if chance.random() < 0.2:
            return _refund(numbers[reference], next(unused))
        return _unpaid(reference, numbers[reference], chance.choice(["50", "50", "35", "20"]), next(unused))

    early = [anything(chance.choice(references)) for _ in range(unique // 8)]

    def late() -> list[Notification]:
        final = [
            _refund(one["referenceNo"], next(unused))
            if one["state"] == "REFUNDED"
            else _unpaid(one["partnerReferenceNo"], one["referenceNo"], _SAID[one["state"]], next(unused))
            for one in world.doku.ledger()["transfers"]
        ]
        final += [_refund(f"DK-UNKNOWN-{number}", next(unused)) for number in range(_UNKNOWN)]
        true = final[: len(references)]
        while len(early) + len(final) < unique:
            again = replace(chance.choice(true), headers=next(unused))  # the same body under another requestId
            final.append(anything(chance.choice(references)) if chance.random() < 0.2 else again)
        copies = chance.choices(final + early, k=notifications - unique)
        return chance.sample(final + copies, len(final) + len(copies))

    return early, late


def _unpaid(reference: str, number: str, status: str, headers: dict[str, str]) -> Notification:
    body = {"sendTrxId": reference, "transactionId": number, "transactionStatus": status, "activityCode": "200"}
    return Notification("unpaid", json.dumps(body), headers)


def _refund(number: str, headers: dict[str, str]) -> Notification:
    return Notification("refund", json.dumps({"transactionId": number, "activityCode": "200"}), headers)


def _play(world: World, sent: Sequence[Notification], throttled: bool = False) -> tuple[int, Drained]:
    """Send in waves, each followed by a round of the processor; in every second wave, the table is throttled."""
    refused, drained = 0, Drained()
    for start in range(0, len(sent), _WAVE):
        if throttled and start // _WAVE % 2:
            world.faults.throttle("SendMessage", 5)
            for operation in ("GetItem", "UpdateItem", "Query", "ChangeMessageVisibility"):
                world.faults.throttle(operation, 5)
        for notification in sent[start : start + _WAVE]:
            while _delivered(world, notification).status != 200:
                refused += 1
        drained += world.pump()
    return refused, drained


def _delivered(world: World, notification: Notification) -> Answer:
    answer = world.notify(notification.kind, notification.body, notification.headers)
    assert answer.status in (200, 503)
    return answer


def _settle(world: World) -> Drained:
    """Let time pass until the queue is empty: what is unknown is dropped by then."""
    drained = Drained()
    for _ in range(12):
        if not world.messages():
            break
        world.clock.advance(4501)
        drained += world.pump()
    return drained


def _outcome(
    world: World, references: Sequence[str], sent: int, refused: int, drained: Drained, began: float
) -> Outcome:
    ledger = world.doku.ledger()
    expected = {one["partnerReferenceNo"]: _STATUS[one["state"]] for one in ledger["transfers"]}
    stored = {reference: world.stored(reference) for reference in references}
    found = {reference: str(one.status) if one else "MISSING" for reference, one in stored.items()}
    hints = [Counter((h.finding, h.code, h.at) for h in one.history) for one in stored.values() if one]
    return Outcome(
        transfers=len(references),
        sent=sent,
        refused=refused,
        deliveries=drained,
        asked=sum(one["operation"] == "status" for one in ledger["requests"]),
        left=world.messages(),
        dead=world.messages("DEAD_LETTER_QUEUE_URL"),
        wrong={one: (expected[one], found[one]) for one in references if expected.get(one) != found[one]},
        ends=Counter(found.values()),
        noted_twice=sum(max(one.values()) > 1 for one in hints),
        seconds=time.perf_counter() - began,
    )


@pytest.mark.sweep
@pytest.mark.covers(23, 33, 34, "I10", "I11")
def test_a_burst_ends_as_dokus_books(world: World, caplog: pytest.LogCaptureFixture) -> None:
    transfers = _SIZE // 5
    outcome = burst(world, _SIZE, transfers)
    dropped = [record for record in caplog.records if record.getMessage() == "notification dropped"]
    print(outcome)  # noqa: T201
    assert outcome.wrong == {}
    assert (outcome.sent, outcome.transfers) == (_SIZE, transfers)
    fifth = transfers // 5
    assert outcome.ends == {"SUCCESS": 3 * fifth, "FAILED": fifth, "REFUNDED": fifth}
    assert outcome.left == 0
    assert outcome.deliveries.succeeded == outcome.sent  # each is applied or dropped, and none is dead
    assert outcome.dead == 0
    assert outcome.deliveries.errors == ()
    assert outcome.refused > 0  # it was throttled indeed
    assert outcome.deliveries.failed > 0
    assert outcome.noted_twice == 0
    assert _UNKNOWN <= len(dropped) < 5 * _UNKNOWN  # those about transfers that never were, and their copies
