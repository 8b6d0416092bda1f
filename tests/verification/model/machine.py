"""One scenario as a machine: its states, and every step from each."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from payouts.domain.errors import Mismatch, PayoutError
from payouts.domain.schedule import DAY, needs_review
from payouts.domain.transfer import Status, Transfer
from payouts.services.apply_notification import RetryLater
from payouts.services.create_transfer import CreateResult
from payouts.services.poll_result import PollResult
from payouts.services.prepare_transfer import TransferRequest
from payouts.store import items
from tests.verification.model import doku
from tests.verification.model.interned import Interned
from tests.verification.model.invariants import (
    Violation,
    check_acknowledged,
    check_item,
    check_ledger,
    check_progress,
    check_sent,
    check_submitted,
    check_transfer,
    check_write,
    require,
)
from tests.verification.model.notifications import Notifications
from tests.verification.model.oracle import Oracle
from tests.verification.model.outside import Given, Request
from tests.verification.model.parts import Invocation, Parts
from tests.verification.model.runs import Ended, Runs
from tests.verification.model.scenario import BEGAN, LIFETIME, Budget, Scenario
from tests.verification.model.world import Effect, Outer, World

IDLE, GONE, ACKNOWLEDGED = -1, -2, -3
"""States of an actor without a run; every other number is a run. GONE: crashed or refused."""
WEEK = 7 * DAY
_QUEUE_LENGTH = 2


class State(NamedTuple):
    """The complete state of an exploration."""

    outer: Outer
    queue: tuple[str, ...]
    budget: Budget
    actors: tuple[int, ...]
    oracle: int
    """Number of the interned oracle."""


Step = tuple[str, State]


class Machine:
    """The steps of a scenario, run by the real code. Raises Violation for a step that breaks an invariant."""

    def __init__(self, scenario: Scenario, budget: Budget, parts: Parts) -> None:
        self.scenario = scenario
        self.world = World(scenario.patient, scenario.words, scenario.sweeps)
        self.parts = parts
        self.runs: Runs[Invocation, Parts] = Runs(parts)
        self.notifications = Notifications(self.runs)
        self.oracles: Interned[Oracle] = Interned()
        names = [f"poller {number + 1}" for number in range(len(scenario.pollers))]
        self.names = (*(one.actor for one in scenario.submitters), *names, "processor", "operator")
        table = self.world.table({item["pk"]: self.world.items.number(dict(item)) for item in scenario.items})
        outer = Outer(BEGAN, table, self.world.ledgers.number(scenario.sent))
        self.start = State(outer, (), budget, (IDLE,) * len(self.names), self.oracles.number(Oracle()))
        references = {one.intent.partner_reference_no for one in self._orders(scenario)}
        references |= {items.reference(str(item["pk"])) for item in scenario.items}
        self.day_shards = tuple(sorted({int(items.shard(each, items.DAY_SHARDS)) for each in references}))
        """The shards of the days that have transfers."""
        self._ahead = sorted({0, *scenario.pollers, *(one.clock_ahead for one in scenario.submitters)})
        orders = self._orders(scenario)
        self.trying = ""
        """The current step, for the trace of a violation."""
        self._keys = {one.intent.partner_reference_no: one.idempotency_key for one in orders if one.idempotency_key}
        self._good: set[tuple[int, int, int]] = set()
        self._written: set[tuple[int | None, int]] = set()

    @staticmethod
    def _orders(scenario: Scenario) -> list[TransferRequest]:
        return [one.order for one in scenario.submitters if one.order is not None]

    def steps(self, state: State) -> Iterator[Step]:
        """Yield every possible step from a state, and check its invariants."""
        for slot, actor in enumerate(state.actors):
            if actor >= 0:
                yield from self._asks(state, slot, actor)
                if state.budget.faults:
                    yield f"{self.names[slot]} crashes", self._crashed(state, slot, actor)
            elif actor == IDLE:
                for begun, run in self._begins(state, slot):
                    yield from self._asks(begun, slot, run)
        yield from self._time_passes(state)
        yield from self._doku_moves(state)
        yield from self._notifies(state)

    def check(self, state: State) -> None:
        """Check the invariants of a state."""
        outer = state.outer
        for one, actor in zip(self.scenario.submitters, state.actors, strict=False):
            if actor == ACKNOWLEDGED and one.order is not None:
                stored = self.transfer(outer.table, one.order.intent.partner_reference_no)
                check_acknowledged(one.order.fingerprint, stored)
        if (outer.table, outer.ledger, state.oracle) in self._good:
            return
        ledger, oracle = self.world.ledgers[outer.ledger], self.oracles[state.oracle]
        check_ledger(ledger, self._keys)
        for reference, number in self.world.transfers(outer.table):
            item = self.world.items[number]
            if item["schema"] <= items.SCHEMA:
                in_index = {"nextCheckAt", "dueShard"} <= item.keys()
                transfer, heard = self.world.transfer(number), oracle.of(reference)
                check_transfer(transfer, in_index, ledger, self.scenario.patient, heard)
        self._good.add((outer.table, outer.ledger, state.oracle))

    def transfer(self, table: int, reference: str) -> Transfer | None:
        """The transfer stored under a reference."""
        number = dict(self.world.transfers(table)).get(reference)
        return None if number is None else self.world.transfer(number)

    def apply(self, run: int, request: Request, effect: Effect) -> int:
        """Continue a run with this outcome of its call, and check the request or the write."""
        if request.what == "transfer-bank":
            reference = doku.reference_in(request)
            number = dict(self.world.transfers(effect.outer.table)).get(reference)
            item = None if number is None else self.world.items[number]
            check_sent(self.runs.invocation(run), request, item)
        if effect.written is not None:
            self.check_written(*effect.written)
        return self.runs.go_on(run, Given(effect.outer.now, effect.kind, effect.value), effect.key)

    def check_written(self, before: int | None, after: int) -> None:
        """Check a write of a transfer, each pair of items once."""
        if (before, after) not in self._written:
            found, world = None if before is None else self.world.transfer(before), self.world
            check_item(None if before is None else world.items[before], world.items[after])
            check_write(found, world.transfer(after))
            self._written.add((before, after))

    def _asks(self, state: State, slot: int, run: int) -> Iterator[Step]:
        request = self.runs.next(run)
        if isinstance(request, Ended):
            raise Violation(f"{self.names[slot]} ended without an outside call: {request.result!r}")
        for effect in self.world.effects(request, state.outer):
            if effect.faults <= state.budget.faults:
                self.trying = f"{self.names[slot]}: {_words(request)}: {effect.words}"
                after = self.apply(run, request, effect)
                self._check_progress(state, slot, request, effect)
                budget = state.budget._replace(faults=state.budget.faults - effect.faults)
                oracle = self._listened(state, slot, run, request, effect)
                moved = State(effect.outer, state.queue, budget, _with(state.actors, slot, after), oracle)
                yield self.trying, self._ended(moved, slot, after)

    def _check_progress(self, state: State, slot: int, request: Request, effect: Effect) -> None:
        """Check a step of the sweep's progress against what DOKU was asked."""
        if not request.pk.startswith("SWEEP#") or effect.outer.table == state.outer.table:
            return
        world, oracle = self.world, self.oracles[state.oracle]
        before, after = (dict(world.tables[table]).get(request.pk) for table in (state.outer.table, effect.outer.table))
        assert after is not None
        for reference, number in world.transfers(state.outer.table):
            paid, standing = world.items[number], None if before is None else world.items[before]
            if paid["status"] == "SUCCESS" and "nextCheckAt" not in paid and paid["day"].endswith(request.pk[-2:]):
                answered_at = oracle.last_answer(slot, reference)
                check_progress(int(request.pk.split("#")[1]), standing, world.items[after], paid, answered_at)

    def _listened(self, state: State, slot: int, run: int, request: Request, effect: Effect) -> int:
        """The oracle after a call, with DOKU's answer or what was recorded."""
        oracle = self.oracles[state.oracle]
        if effect.said is not None:
            if request.what == "bank-account-inquiry":
                return state.oracle
            reference = doku.reference_in(request)
            submitted = request.what == "transfer-bank"
            asked = self._version(state.outer.table, reference)
            oracle = oracle.answered(slot, reference, effect.said, asked, state.outer.now, submitted)
        elif effect.written is not None:
            before, after = effect.written
            written = self.world.transfer(after)
            message = self.runs.invocation(run).message
            if self.runs.invocation(run).reference:
                read = self.runs.first_answer(run)["version"]
                require(written.version == read + 1, "I5: a decision is recorded on another version than was read")
            oracle = oracle.wrote(slot, None if before is None else self.world.transfer(before), written, message)
        elif request.writes and effect.kind == "throttled" and request.pk.startswith(items.key("")):
            oracle = oracle.dropped(slot, items.reference(request.pk))
        return self.oracles.number(oracle)

    def _version(self, table: int, reference: str) -> int:
        number = dict(self.world.transfers(table)).get(reference)
        return 0 if number is None else int(self.world.items[number]["version"])

    def _ended(self, state: State, slot: int, run: int) -> State:
        """The state without a run that has ended."""
        ended = self.runs.next(run)
        if not isinstance(ended, Ended):
            return state
        invocation, result, actor = self.runs.invocation(run), ended.result, IDLE
        if invocation.order is not None:
            check_submitted(invocation, result, self.world.ledgers[state.outer.ledger])
            actor = ACKNOWLEDGED if isinstance(result, CreateResult) else GONE
        elif invocation.message:
            require(isinstance(result, Transfer | RetryLater | PayoutError), f"the processor ended in {result!r}")
            if not isinstance(result, Transfer):
                state = state._replace(queue=_queued(state.queue, invocation.message))
        elif invocation.reference:
            require(isinstance(result, Transfer | Mismatch | PayoutError), f"the operator got {result!r}")
        else:
            require(isinstance(result, PollResult), f"a poller ended in {result!r}")
        oracle = self.oracles[state.oracle].ended(slot, lambda reference: self._version(state.outer.table, reference))
        return state._replace(actors=_with(state.actors, slot, actor), oracle=self.oracles.number(oracle))

    def _crashed(self, state: State, slot: int, run: int) -> State:
        budget = state.budget._replace(faults=state.budget.faults - 1)
        return self._stopped(state, slot, run)._replace(budget=budget)

    def _stopped(self, state: State, slot: int, run: int) -> State:
        """The state without a stopped invocation. Its message returns to the queue."""
        invocation = self.runs.invocation(run)
        queue = _queued(state.queue, invocation.message) if invocation.message else state.queue
        actor = GONE if invocation.order is not None else IDLE
        oracle = self.oracles.number(self.oracles[state.oracle].dropped(slot))
        return state._replace(queue=queue, actors=_with(state.actors, slot, actor), oracle=oracle)

    def _begins(self, state: State, slot: int) -> Iterator[tuple[State, int]]:
        for begun, invocation in self._invocations(state, slot):
            for release in self.scenario.releases:
                yield begun, self.runs.begin(replace(invocation, release=release), state.outer.now)

    def _invocations(self, state: State, slot: int) -> Iterator[tuple[State, Invocation]]:
        """Invocations that an actor may start now, each with the state after its start."""
        budget, first_poller = state.budget, len(self.scenario.submitters)
        if slot < first_poller:
            yield state, self.scenario.submitters[slot]
        elif self.names[slot].startswith("poller"):
            ahead = self.scenario.pollers[slot - first_poller]
            if budget.ticks and self.world.is_due(state.outer.table, state.outer.now + ahead):
                begun = state._replace(budget=budget._replace(ticks=budget.ticks - 1))
                swept, leased = self.day_shards if self.scenario.sweeps else (), self.scenario.leased
                yield begun, Invocation("poller", clock_ahead=ahead, day_shards=swept, leased=leased)
        elif self.names[slot] == "processor":
            for message in sorted(set(state.queue)) if budget.deliveries else ():
                rest = list(state.queue)
                rest.remove(message)
                begun = state._replace(queue=tuple(rest), budget=budget._replace(deliveries=budget.deliveries - 1))
                yield begun, Invocation("processor", message=message)
        elif budget.decisions:
            begun = state._replace(budget=budget._replace(decisions=budget.decisions - 1))
            yield from ((begun, decision) for decision in self._decisions(state.outer))

    def _decisions(self, outer: Outer) -> Iterator[Invocation]:
        for reference, number in self.world.transfers(outer.table):
            ahead = self.scenario.operator
            if needs_review(self.world.transfer(number), outer.now + ahead):
                for verdict in (Status.SUCCESS, Status.FAILED):
                    yield Invocation("operator", reference=reference, verdict=verdict, clock_ahead=ahead)

    def _time_passes(self, state: State) -> Iterator[Step]:
        outer, budget = state.outer, state.budget
        if budget.advances and (times := self.world.next_times(outer.table, outer.now, self._ahead)):
            later = state._replace(budget=budget._replace(advances=budget.advances - 1))
            yield f"{(times[0] - outer.now) // 1000} seconds pass", self._at(later, times[0])
        if budget.days:
            later = state._replace(budget=budget._replace(days=budget.days - 1))
            yield "a day passes", self._at(later, outer.now + DAY)
        if budget.weeks:
            later = state._replace(budget=budget._replace(weeks=budget.weeks - 1))
            yield "a week passes", self._at(later, outer.now + WEEK)

    def _at(self, state: State, now: int) -> State:
        for slot, run in enumerate(state.actors):
            if run >= 0 and now - self.runs.began(run) > LIFETIME:
                state = self._stopped(state, slot, run)
        ledger = doku.expired(self.world.ledgers[state.outer.ledger], now, self.scenario.patient)
        return state._replace(outer=self.world.with_ledger(state.outer._replace(now=now), ledger))

    def _doku_moves(self, state: State) -> Iterator[Step]:
        ledger = self.world.ledgers[state.outer.ledger]
        for index, sent in enumerate(ledger):
            for fate in doku.moves(sent, state.outer.now, self.scenario.fickle):
                changed = (*ledger[:index], sent._replace(fate=fate), *ledger[index + 1 :])
                outer = self.world.with_ledger(state.outer, changed)
                yield f"DOKU: {sent.reference} is {fate}", state._replace(outer=outer)

    def _notifies(self, state: State) -> Iterator[Step]:
        ledger = self.world.ledgers[state.outer.ledger]
        if not state.budget.notifications or not ledger or len(state.queue) >= _QUEUE_LENGTH:
            return
        budget = state.budget._replace(notifications=state.budget.notifications - 1)
        for reference in {sent.reference for sent in ledger}:
            for words, message in self.notifications.received(reference, state.outer.now):
                yield words, state._replace(queue=_queued(state.queue, message), budget=budget)


def _with(actors: tuple[int, ...], slot: int, actor: int) -> tuple[int, ...]:
    return (*actors[:slot], actor, *actors[slot + 1 :])


def _queued(queue: tuple[str, ...], message: str) -> tuple[str, ...]:
    return tuple(sorted((*queue, message)))


def _words(request: Request) -> str:
    return f"{request.what} {request.pk}".rstrip()
