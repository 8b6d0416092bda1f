"""The model check holds at a small bound and finds every seeded bug."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import pytest

from notification_receiver.authenticator import Authenticator
from payouts.doku.client import Authority, Question
from payouts.doku.outcomes import Outcome
from payouts.doku.queued_notification import QueuedNotification
from payouts.doku.responses import DokuResponse
from payouts.doku.time_limits import Remaining, unlimited
from payouts.domain import schedule
from payouts.domain.days import day_after
from payouts.domain.observation import Finding, Observation, Source
from payouts.domain.schedule import MINUTE, NOT_RECEIVED
from payouts.domain.status import LIFE, Reading, Status
from payouts.domain.transfer import Intent, Transfer, record
from payouts.services import settle
from payouts.services.apply_notification import NotificationApplier
from payouts.services.check_status import StatusChecker
from payouts.services.create_transfer import CreateResult, TransferCreator
from payouts.services.poll_result import PollResult
from payouts.services.prepare_transfer import TransferRequest
from payouts.services.send_transfer import SendResult, TransferSender
from payouts.services.sweep import Sweep
from payouts.services.tick_state import TickState
from payouts.store import items
from payouts.store.creation_index import Entry
from payouts.store.due_index import DueIndex, Slot
from payouts.store.idempotency_keys import IdempotencyKeys
from payouts.store.leases import Leases
from payouts.store.notification_ids import NotificationIds
from payouts.store.sweep_progress import Progress
from payouts.store.table import ConditionFailed
from payouts.store.transfers import TransferStore
from tests.verification.model.explore import Explored, explore
from tests.verification.model.expressions import holds, updated
from tests.verification.model.outside import ModelDoku
from tests.verification.model.parts import Parts
from tests.verification.model.scenario import Budget, Scenario
from tests.verification.model.scenarios import AHEAD, EIGHT, SCENARIOS, SIXTEEN

SMALL = Budget(ticks=1, advances=1)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
TWICE = BY_NAME["the same order twice"]
OTHER_BODY = BY_NAME["another order under the same reference"]
REPLAY = BY_NAME["an order and its replay during a status check"]
ONE_KEY = BY_NAME["two orders with one Idempotency-Key"]
NOTIFICATIONS = BY_NAME["notifications: true, altered and twice"]
NOTIFICATION = BY_NAME["a notification, and every finding"]
SILENCE = BY_NAME["an order, a poller, and a fault"]
ABSENCE = BY_NAME["absence is inferred, and a notification arrives"]
LATE = BY_NAME["absence is inferred, DOKU executes it after all, and an operator decides"]
APART = BY_NAME["clocks ten minutes apart over three days of not found"]
ANY_ORDER = BY_NAME["clocks ten minutes apart, and DOKU's answers in any order"]
FICKLE = BY_NAME["DOKU pays what it has failed"]
VERSIONS = BY_NAME["items of a newer version of the code"]
SHARDS = BY_NAME["8 shards read and 8 written beside 16 and 8"]
SWEEP = BY_NAME["a sweep, a fault, and a refund"]
LEASE = BY_NAME["two invocations of one poller, and a fault"]
DAYS = BY_NAME["three days of not found"]


@pytest.mark.parametrize(
    "scenario", [scenario for scenario in SCENARIOS if scenario.small is not None], ids=lambda scenario: scenario.name
)
def test_everything_holds_within_a_small_bound(scenario: Scenario) -> None:
    explored = explore(scenario, budget=scenario.small)
    assert (explored.violation, explored.trace) == ("", ())
    assert explored.states > 50


class UnconditionalPut(TransferStore):
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
        self._table.update(items.key(transfer.partner_reference_no), expression, "", names, values)


class Forgetful(TransferStore):
    """Stores transfers in doubt as if nothing were expected of them."""

    def update(self, transfer: Transfer, change: Callable[[Transfer], Transfer]) -> Transfer:
        return super().update(transfer, lambda standing: replace(change(standing), next_check_at=None))


class LastWord(StatusChecker):
    """Believes what it heard last and forgets the rest."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        learned = super()._learned(standing, *seen)
        return replace(learned, history=learned.history[-len(seen) :])


class Hasty(StatusChecker):
    """Takes one "not found" for a proof."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        learned = super()._learned(standing, *seen)
        missing = [one for one in seen if one.finding is Finding.NOT_FOUND]
        return record(
            learned, *(Observation(one.at, Finding.NOT_RECEIVED, one.source, NOT_RECEIVED) for one in missing)
        )


class HalfAnHour(StatusChecker):
    """Infers absence from three answers over half an hour."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        learned = super()._learned(standing, *seen)
        missing = learned.reading.missing()
        if len(missing) < 3 or missing[-1].at - missing[0].at < 30 * MINUTE:
            return learned
        return record(learned, Observation(missing[-1].at, Finding.NOT_RECEIVED, Source.STATUS_CHECK, NOT_RECEIVED))


class IgnoresLife(StatusChecker):
    """Believes no sign of life after a failure."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        kept = [one for one in seen if standing.status is not Status.FAILED or one.finding not in LIFE]
        return super()._learned(standing, *kept)


class ForgetsPublished(StatusChecker):
    """Forgets that FAILED was published."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        return replace(super()._learned(standing, *seen), failed_published=False)


class DropsForeign(StatusChecker):
    """Drops the observations that it does not know."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        learned = super()._learned(standing, *seen)
        return replace(learned, history=tuple(one for one in learned.history if isinstance(one.finding, Finding)))


class FailsOnTimeout(TransferSender):
    """Takes silence for a refusal."""

    def _attempt(self, transfer: Transfer, authority: Authority) -> tuple[Observation, Outcome]:
        seen, outcome = super()._attempt(transfer, authority)
        return replace(seen, finding=Finding.REFUSED) if seen.finding is Finding.IN_DOUBT else seen, outcome


class SendsAgain(TransferSender):
    """Sends once more whenever the first answer was not clear."""

    def _attempt(self, transfer: Transfer, authority: Authority) -> tuple[Observation, Outcome]:
        seen, outcome = super()._attempt(transfer, authority)
        return replace(seen, finding=Finding.NOT_SENT) if seen.finding is Finding.IN_DOUBT else seen, outcome


class ResendsUnasked(TransferSender):
    """Sends again after a 401, and does not ask first."""

    def _confirmed(self, transfer: Transfer, refused: Observation, remaining: Remaining) -> tuple[Observation, ...]:
        return (refused,)


class SendsFirst(TransferSender):
    """Sends before the intent is durable."""

    def create_and_send(self, transfer: Transfer, authority: Authority, remaining: Remaining) -> SendResult | Transfer:
        self._attempt(transfer, authority)
        return super().create_and_send(transfer, authority, remaining)


class NoFingerprint(TransferCreator):
    """Answers any order under a known reference with what stands there."""

    def create(self, request: TransferRequest, remaining: Remaining) -> CreateResult:
        standing = self._store.get(request.intent.partner_reference_no)
        return super().create(request, remaining) if standing is None else CreateResult(standing, replayed=True)


class UnboundKeys(IdempotencyKeys):
    """Does not bind an Idempotency-Key to a reference."""

    def bind(self, key: str, reference: str) -> None:
        """Nothing."""


class ReadsAnything(DueIndex):
    """Puts off a slot, whichever version of the code wrote the transfer."""

    def read(self, slot: Slot) -> Transfer | None:
        values = {":slot": slot.at, ":until": slot.at + MINUTE}
        expression, condition = "SET nextCheckAt = :until", "nextCheckAt = :slot"
        return items.decode(self._table.update(items.key(slot.reference), expression, condition, {}, values, True))


class Trusting(Authenticator):
    """Lets everybody in."""

    def is_doku(self, headers: object, source: str) -> bool:
        return True


class BelievesCrossed(ModelDoku):
    """Does not see that an answer is about another transfer."""

    def _ours(self, question: Question, answer: DokuResponse) -> DokuResponse:
        return answer


class TakesAny429ForARefusal(ModelDoku):
    """Does not ask who says that there are too many requests."""

    def transfer(self, intent: Intent, with_external_id: str, authority: Authority) -> DokuResponse:
        answer = super().transfer(intent, with_external_id, authority)
        if answer.outcome is not Outcome.THROTTLED:
            return answer
        return DokuResponse(replace(answer.verdict, outcome=Outcome.REJECTED), answer.body)


class OneReference(ModelDoku):
    """Does not look at DOKU's reference."""

    def check_status(
        self, transfer: Transfer, remaining: Remaining = unlimited, *, fresh: bool = False
    ) -> DokuResponse:
        answer = super().check_status(transfer, remaining, fresh=fresh)
        return DokuResponse(answer.verdict, {**answer.body, "originalReferenceNo": ""})


class StoresProgressFirst(Sweep):
    """Stores the progress of a page before its answers are recorded."""

    def _reached(self, walk: Any, standing: Progress, state: TickState, threads: Executor) -> Progress:
        begun, entries = self._next_page(walk, standing, state.now)
        if entries:
            self._progress.advance(walk.look, walk.shard, standing, Progress(day_after(begun.day)))
        return super()._reached(walk, standing, state, threads)


class ForgetsAnswers(Sweep):
    """Counts a transfer as done whether its answer was recorded or not."""

    def _look(self, entry: Entry, since: int, state: TickState) -> bool:
        super()._look(entry, since, state)
        return True


class SkipsAShard(Sweep):
    """Leaves out the first shard."""

    def run(self, shards: Iterable[int], result: PollResult, remaining: Callable[[], float], pollers: int = 1) -> None:
        super().run(list(shards)[1:], result, remaining, pollers)


class NeverEnds(Leases):
    """Takes leases that never end."""

    def take(self, name: str, now: int, until: int) -> bool:
        try:
            self._table.update(
                f"LEASE#{name}", "SET heldUntil = :until", "attribute_not_exists(heldUntil)", {}, {":until": until}
            )
        except ConditionFailed:
            return False
        return True


class ForgetsRequests(NotificationIds):
    """Remembers no requestId."""

    def bind(self, request_id: str, content: bytes, now: float) -> bool:
        return True


class AcceptsReplays(NotificationIds):
    """Remembers a requestId, and accepts another body under it."""

    def bind(self, request_id: str, content: bytes, now: float) -> bool:
        super().bind(request_id, content, now)
        return True


class Believing(NotificationApplier):
    """Takes a notification for evidence."""

    def apply(self, queued: QueuedNotification, remaining: Remaining = unlimited) -> Transfer:
        transfer = self._find(queued.notification)
        if transfer is None:
            return super().apply(queued)
        said = {"50": Finding.SUCCESS, "20": Finding.UNPAID, "35": Finding.FAILED, "40": Finding.REFUNDED}
        finding = said[queued.notification.transaction_status]
        return self._status_checker.record(transfer, Observation(queued.received_at, finding, Source.STATUS_CHECK))


@pytest.mark.parametrize(
    ("scenario", "parts", "budget", "invariant"),
    [
        (TWICE, Parts(store=UnconditionalPut), Budget(), "I7, I8"),
        (OTHER_BODY, Parts(store=UnconditionalPut), Budget(), "I"),
        (REPLAY, Parts(store=BlindWrites), SMALL, "I"),
        (TWICE, Parts(store=Forgetful), Budget(), "I3"),
        (SILENCE, Parts(status_checker=LastWord), SMALL, "I"),
        (SILENCE, Parts(status_checker=Hasty), SMALL, "I6"),
        (DAYS, Parts(status_checker=HalfAnHour), Budget(ticks=2, advances=1, days=1), "I6"),
        (
            LATE,
            Parts(status_checker=IgnoresLife),
            Budget(ticks=2, advances=2),
            "I5: FAILED is final, and DOKU's latest",
        ),
        (LATE, Parts(status_checker=ForgetsPublished), Budget(ticks=2, advances=2), "I5"),
        (SILENCE, Parts(sender=FailsOnTimeout), Budget(), "I6"),
        (SILENCE, Parts(sender=SendsAgain), Budget(), "I1"),
        (SILENCE, Parts(sender=SendsFirst), Budget(), "I4"),
        (TWICE, Parts(sender=ResendsUnasked), Budget(), "I1"),
        (OTHER_BODY, Parts(transfer_creator=NoFingerprint), Budget(), "I8"),
        (ONE_KEY, Parts(keys=UnboundKeys), Budget(), "I2"),
        (NOTIFICATIONS, Parts(authenticator=Trusting), Budget(notifications=1), "I9"),
        (SILENCE, Parts(doku=BelievesCrossed), Budget(faults=1, ticks=1, advances=1), "I5: SUCCESS, and DOKU never"),
        (TWICE, Parts(doku=TakesAny429ForARefusal), Budget(), "I6: FAILED, and DOKU moves the money"),
        (FICKLE, Parts(doku=OneReference), Budget(faults=1, ticks=2, advances=2), "I5: a second reference"),
        (VERSIONS, Parts(due_index=ReadsAnything), SMALL, "versions: an item"),
        (VERSIONS, Parts(status_checker=DropsForeign), SMALL, "versions: an observation"),
        (SWEEP, Parts(sweep=StoresProgressFirst), SMALL, "I31"),
        (SWEEP, Parts(sweep=ForgetsAnswers), Budget(faults=1, ticks=1, advances=1), "I31"),
        (SWEEP, Parts(sweep=SkipsAShard), SMALL, "I13"),
        (LEASE, Parts(leases=NeverEnds), Budget(faults=1, ticks=1), "I13"),
        (NOTIFICATIONS, Parts(request_ids=ForgetsRequests), Budget(notifications=1), "I9"),
        (NOTIFICATIONS, Parts(request_ids=AcceptsReplays), Budget(notifications=1), "I9"),
        (NOTIFICATIONS, Parts(applier=Believing), Budget(notifications=1, deliveries=1), "I"),
    ],
)
def test_a_bug_is_found_with_the_way_to_it(scenario: Scenario, parts: Parts, budget: Budget, invariant: str) -> None:
    assert_found(explore(scenario, parts, budget), invariant)


def test_shards_that_grow_in_one_release_lose_a_transfer() -> None:
    assert_found(explore(replace(SHARDS, releases=(EIGHT, SIXTEEN))), "I13")


def test_clocks_without_tolerance_infer_absence_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "CLOCK_TOLERANCE", 0)
    assert_found(explore(APART), "I6: absence inferred")


def test_a_notification_that_inference_ignores_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reading, "has_sign_of_life", property(lambda reading: bool(reading._words)))
    monkeypatch.setattr(Reading, "_failure_is_contradicted", property(lambda reading: reading.tip - {Finding.FAILED}))
    assert_found(explore(ABSENCE), "I")


def test_a_decision_ordered_by_clocks_hides_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    def contradicts(reading: Reading, decision: Observation) -> bool:
        return any(word.finding != decision.finding for word in reading._words if word.at > decision.at)

    monkeypatch.setattr(Reading, "_contradicts", contradicts)
    scenario = replace(LATE, operator=AHEAD)
    assert_found(explore(scenario, budget=Budget(decisions=1, notifications=1, deliveries=1)), "I5")


def test_a_decision_that_overrides_what_came_meanwhile_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "_check_version", lambda *_: None)
    monkeypatch.setattr(settle, "_check_need", lambda *_: None)
    assert_found(explore(LATE), "I5: a decision is recorded on another version")


def test_words_that_are_ordered_by_clocks_keep_what_is_outdated(monkeypatch: pytest.MonkeyPatch) -> None:
    def tip(reading: Reading) -> frozenset[Finding | str]:
        latest = max((word.at for word in reading._words), default=0)
        return frozenset(word.finding for word in reading._words if word.at == latest)

    monkeypatch.setattr(Reading, "tip", property(tip))
    assert_found(explore(ANY_ORDER), "I")


def test_contradicting_notifications_that_vanish_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reading, "contradicting_notifications", property(lambda _: ()))
    assert_found(explore(NOTIFICATION), "I5: ")


def test_a_pending_notification_after_a_refusal_is_not_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reading, "lacks_word", property(lambda _: False))
    assert_found(explore(NOTIFICATION), "I5: FAILED is final, and a notification says UNPAID")


def test_a_decided_payment_pending_at_doku_is_not_final(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reading, "_is_payment_in_question", property(lambda _: False))
    assert_found(explore(LATE), "I5: SUCCESS is final, and DOKU's latest word is UNPAID")


def assert_found(explored: Explored, invariant: str) -> None:
    """The bug was found, with a trace."""
    assert explored.violation.startswith(invariant), explored
    assert explored.trace


def test_conditions_of_dynamodb_are_understood() -> None:
    condition = "attribute_not_exists(a) AND (#b = :b OR c < :c)"
    assert holds(condition, {"#b": "b"}, {":b": 1, ":c": 5}, {"b": 1})
    assert holds(condition, {"#b": "b"}, {":b": 1, ":c": 5}, {"c": 4})
    assert not holds(condition, {"#b": "b"}, {":b": 1, ":c": 5}, {"a": 0, "b": 1})
    assert not holds(condition, {"#b": "b"}, {":b": 1, ":c": 5}, None)
    assert holds("a <= :b", {}, {":b": 1}, {"a": 1})
    assert updated("SET #a = :a REMOVE b, c", {"#a": "a"}, {":a": 2}, {"a": 1, "b": 1}) == {"a": 2}
    with pytest.raises(ValueError, match="size"):
        holds("size(a) < :c", {}, {":c": 5}, {})
