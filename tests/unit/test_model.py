"""The model check holds at a small bound, and finds every bug that is put in."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from notification_receiver.authenticator import Authenticator
from payouts.doku.client import Authority
from payouts.notified import NotificationApplier, Received
from payouts.reconcile import Reconciler
from payouts.schedule import NOT_RECEIVED
from payouts.store import items
from payouts.store.claims import Claims
from payouts.store.requests import RequestIds
from payouts.store.transfers import TransferStore
from payouts.submit import Order, Remaining, Submitted, Submitter
from payouts.transfer import Finding, Observation, Source, Transfer, merge
from proofs.model.explore import explore
from proofs.model.expressions import holds, updated
from proofs.model.parts import Parts
from proofs.model.scenario import Budget, Scenario
from proofs.model.scenarios import SCENARIOS

SMALL = Budget(ticks=1, advances=1)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
TWICE = BY_NAME["the same order twice"]
OTHER_BODY = BY_NAME["another order under the same reference"]
ONE_KEY = BY_NAME["two orders with one Idempotency-Key"]
CALLBACKS = BY_NAME["callbacks, true, altered and twice"]
ALONE = BY_NAME["half an hour of not found"]


@pytest.mark.parametrize(
    "scenario", [scenario for scenario in SCENARIOS if scenario.small is not None], ids=lambda scenario: scenario.name
)
def test_everything_holds_within_a_small_bound(scenario: Scenario) -> None:
    explored = explore(scenario, budget=scenario.small)
    assert (explored.violation, explored.trace) == ("", ())
    assert explored.states > 100


class OpenDoor(TransferStore):
    """Puts over what stands there."""

    def create(self, transfer: Transfer) -> Transfer | None:
        item = {**items.fixed(transfer), **items.changing(transfer), **items.due(transfer, 1), "version": 1}
        self._table.put(item, "", {}, {})
        return None


class BlindWrites(TransferStore):
    """Writes without looking at the version."""

    def _write(self, transfer: Transfer) -> None:
        setting = {**items.changing(transfer), **items.due(transfer, 1), "version": transfer.version + 1}
        names = {f"#{name}": name for name in setting}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in setting)
        values = {f":{name}": value for name, value in setting.items()}
        self._table.update(items.key(transfer.reference), expression, "", names, values)


class Forgetful(TransferStore):
    """Stores transfers in doubt as if nothing were expected of them."""

    def update(self, transfer: Transfer, change: Callable[[Transfer], Transfer]) -> Transfer:
        return super().update(transfer, lambda standing: replace(change(standing), next_check_at=None))


class LastWord(Reconciler):
    """Believes what it heard last and forgets the rest."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        return replace(super()._learned(standing, *seen), history=seen)


class Hasty(Reconciler):
    """Takes one "not found" for a proof."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        learned = super()._learned(standing, *seen)
        missing = [one for one in seen if one.finding is Finding.NOT_FOUND]
        return merge(learned, *(Observation(one.at, Finding.FAILED, one.source, NOT_RECEIVED) for one in missing))


class FailsOnTimeout(Submitter):
    """Takes silence for a refusal."""

    def _attempt(self, transfer: Transfer, authority: Authority) -> tuple[Observation, bool]:
        seen, refused = super()._attempt(transfer, authority)
        return replace(seen, finding=Finding.FAILED) if seen.finding is Finding.IN_DOUBT else seen, refused


class SendsAgain(FailsOnTimeout):
    """Sends once more whenever the first answer was not clear."""

    def _attempt(self, transfer: Transfer, authority: Authority) -> tuple[Observation, bool]:
        seen, refused = super()._attempt(transfer, authority)
        return seen, refused or seen.finding is Finding.FAILED


class SendsFirst(Submitter):
    """Sends before the intent is durable."""

    def _through_the_door(self, transfer: Transfer, remaining: Remaining) -> Submitted:
        self._attempt(transfer, self._doku.authority())
        return super()._through_the_door(transfer, remaining)


class NoFingerprint(Submitter):
    """Answers any order under a known reference with what stands there."""

    def submit(self, order: Order, remaining: Remaining) -> Submitted:
        standing = self._store.get(order.intent.partner_reference_no)
        return super().submit(order, remaining) if standing is None else Submitted(standing, replayed=True)


class UnboundKeys(Claims):
    """Does not bind an Idempotency-Key to a reference."""

    def claim_key(self, idempotency_key: str, reference: str) -> None:
        """Nothing."""


class Trusting(Authenticator):
    """Lets everybody in."""

    def is_doku(self, headers: object, source: str) -> bool:
        return True


class ForgetsRequests(RequestIds):
    """Remembers no requestId."""

    def bind(self, request_id: str, content: bytes, now: float) -> bool:
        return True


class AcceptsReplays(RequestIds):
    """Remembers a requestId, and accepts another body under it."""

    def bind(self, request_id: str, content: bytes, now: float) -> bool:
        super().bind(request_id, content, now)
        return True


class Believing(NotificationApplier):
    """Takes a notification for evidence."""

    def apply(self, received: Received) -> Transfer:
        transfer = self._find(received.notification)
        if transfer is None:
            return super().apply(received)
        said = {"50": Finding.SUCCESS, "35": Finding.FAILED, "40": Finding.REFUNDED}
        finding = said[received.notification.transaction_status]
        return self._reconciler.record(transfer, Observation(received.at, finding, Source.NOTIFICATION))


@pytest.mark.parametrize(
    ("scenario", "parts", "budget", "invariant"),
    [
        (TWICE, Parts(store=OpenDoor), Budget(), "I4"),
        (OTHER_BODY, Parts(store=OpenDoor), Budget(), "I"),
        (TWICE, Parts(store=BlindWrites), SMALL, "I"),
        (TWICE, Parts(store=Forgetful), Budget(), "I3"),
        (ALONE, Parts(reconciler=LastWord), Budget(ticks=1, advances=1), "I5"),
        (ALONE, Parts(reconciler=Hasty), Budget(ticks=1, advances=1), "I6"),
        (ALONE, Parts(submitter=FailsOnTimeout), Budget(), "I6"),
        (ALONE, Parts(submitter=SendsAgain), Budget(), "I1"),
        (ALONE, Parts(submitter=SendsFirst), Budget(), "I4"),
        (OTHER_BODY, Parts(submitter=NoFingerprint), Budget(), "I8"),
        (ONE_KEY, Parts(claims=UnboundKeys), Budget(), "I2"),
        (CALLBACKS, Parts(authenticator=Trusting), Budget(callbacks=1), "I9"),
        (CALLBACKS, Parts(request_ids=ForgetsRequests), Budget(callbacks=1), "I9"),
        (CALLBACKS, Parts(request_ids=AcceptsReplays), Budget(callbacks=1), "I9"),
        (CALLBACKS, Parts(applier=Believing), Budget(callbacks=1, deliveries=1), "I"),
    ],
)
def test_a_bug_is_found_with_the_way_to_it(scenario: Scenario, parts: Parts, budget: Budget, invariant: str) -> None:
    explored = explore(scenario, parts, budget)
    assert explored.violation.startswith(invariant), explored
    assert explored.trace


def test_conditions_of_dynamodb_are_understood() -> None:
    condition = "attribute_not_exists(a) AND (#b = :b OR c < :c)"
    assert holds(condition, {"#b": "b"}, {":b": 1, ":c": 5}, {"b": 1})
    assert holds(condition, {"#b": "b"}, {":b": 1, ":c": 5}, {"c": 4})
    assert not holds(condition, {"#b": "b"}, {":b": 1, ":c": 5}, {"a": 0, "b": 1})
    assert not holds(condition, {"#b": "b"}, {":b": 1, ":c": 5}, None)
    assert updated("SET #a = :a REMOVE b, c", {"#a": "a"}, {":a": 2}, {"a": 1, "b": 1}) == {"a": 2}
    with pytest.raises(ValueError, match="size"):
        holds("size(a) < :c", {}, {":c": 5}, {})
