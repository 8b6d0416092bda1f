"""One scenario as a machine: its states, and every step from each."""

from collections.abc import Iterator
from typing import NamedTuple

from payouts.errors import Mismatch, PayoutError
from payouts.notified import NotYet
from payouts.poll import Tick
from payouts.schedule import needs_review
from payouts.submit import Submitted
from payouts.transfer import Status, Transfer
from proofs.model import doku
from proofs.model.callbacks import Callbacks
from proofs.model.invariants import (
    Violation,
    check_acknowledged,
    check_ledger,
    check_sent,
    check_submitted,
    check_transfer,
    check_write,
    require,
)
from proofs.model.outside import Given, Request
from proofs.model.parts import Invocation, Parts
from proofs.model.runs import Ended, Runs
from proofs.model.scenario import BEGAN, LIFETIME, Budget, Scenario
from proofs.model.world import Effect, Outer, World

IDLE, GONE, ACKNOWLEDGED = -1, -2, -3
"""Of an actor that is not under way; every other number is a run. GONE: crashed, or refused."""
WEEK = 7 * 24 * 3600_000
_QUEUE_LENGTH = 2


class State(NamedTuple):
    """Everything that the future depends on."""

    outer: Outer
    queue: tuple[str, ...]
    budget: Budget
    actors: tuple[int, ...]


Step = tuple[str, State]


class Machine:
    """Steps of a scenario, taken by the real code. Raises Violation for a step that breaks an invariant."""

    def __init__(self, scenario: Scenario, budget: Budget, parts: Parts) -> None:
        self.scenario = scenario
        self.world = World(scenario.patient, scenario.words)
        self.runs = Runs(parts)
        self.callbacks = Callbacks(self.runs)
        names = [f"poller {number + 1}" for number in range(scenario.pollers)]
        self.names = (*(one.actor for one in scenario.submitters), *names, "processor", "operator")
        table = self.world.table({item["pk"]: self.world.items.number(dict(item)) for item in scenario.items})
        outer = Outer(BEGAN, table, self.world.ledgers.number(()))
        self.start = State(outer, (), budget, (IDLE,) * len(self.names))
        orders = [one.order for one in scenario.submitters if one.order is not None]
        self.trying = ""
        """The step that is being made, for the trace of one that breaks something."""
        self._keys = {one.intent.partner_reference_no: one.idempotency_key for one in orders if one.idempotency_key}
        self._good: set[tuple[int, int]] = set()

    def steps(self, state: State) -> Iterator[Step]:
        """Every step that can be taken; checked as it is made."""
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
        yield from self._calls_back(state)

    def check(self, state: State) -> None:
        """What must hold in every state."""
        outer = state.outer
        for one, actor in zip(self.scenario.submitters, state.actors, strict=False):
            if actor == ACKNOWLEDGED and one.order is not None:
                stored = self.transfer(outer.table, one.order.intent.partner_reference_no)
                check_acknowledged(one.order.fingerprint, stored)
        if (outer.table, outer.ledger) in self._good:
            return
        ledger = self.world.ledgers[outer.ledger]
        check_ledger(ledger, self._keys)
        for _, number in self.world.transfers(outer.table):
            in_index = {"nextCheckAt", "dueShard"} <= self.world.items[number].keys()
            check_transfer(self.world.transfer(number), in_index, ledger, self.scenario.patient)
        self._good.add((outer.table, outer.ledger))

    def transfer(self, table: int, reference: str) -> Transfer | None:
        """What the table has under a reference."""
        number = dict(self.world.transfers(table)).get(reference)
        return None if number is None else self.world.transfer(number)

    def apply(self, run: int, request: Request, effect: Effect) -> int:
        """The run after its call went this way; what was sent or written is checked."""
        if request.what == "transfer-bank":
            reference = doku.reference_in(request)
            number = dict(self.world.transfers(effect.outer.table)).get(reference)
            item = None if number is None else self.world.items[number]
            check_sent(self.runs.invocation(run), request, item)
        if effect.written is not None:
            before, after = effect.written
            check_write(None if before is None else self.world.transfer(before), self.world.transfer(after))
        return self.runs.go_on(run, Given(effect.outer.now, effect.kind, effect.value), effect.key)

    def _asks(self, state: State, slot: int, run: int) -> Iterator[Step]:
        request = self.runs.next(run)
        if isinstance(request, Ended):
            raise Violation(f"{self.names[slot]} ended without asking for anything: {request.result!r}")
        for effect in self.world.effects(request, state.outer):
            if effect.faults <= state.budget.faults:
                self.trying = f"{self.names[slot]}: {_words(request)}: {effect.words}"
                after = self.apply(run, request, effect)
                budget = state.budget._replace(faults=state.budget.faults - effect.faults)
                moved = State(effect.outer, state.queue, budget, _with(state.actors, slot, after))
                yield self.trying, self._ended(moved, slot, after)

    def _ended(self, state: State, slot: int, run: int) -> State:
        """The state with a run that has ended taken out."""
        ended = self.runs.next(run)
        if not isinstance(ended, Ended):
            return state
        invocation, result, actor = self.runs.invocation(run), ended.result, IDLE
        if invocation.order is not None:
            check_submitted(invocation, result, self.world.ledgers[state.outer.ledger])
            actor = ACKNOWLEDGED if isinstance(result, Submitted) else GONE
        elif invocation.message:
            require(isinstance(result, Transfer | NotYet | PayoutError), f"the processor ended in {result!r}")
            if not isinstance(result, Transfer):
                state = state._replace(queue=_queued(state.queue, invocation.message))
        elif invocation.reference:
            require(isinstance(result, Transfer | Mismatch | PayoutError), f"the operator got {result!r}")
        else:
            require(isinstance(result, Tick), f"a poller ended in {result!r}")
        return state._replace(actors=_with(state.actors, slot, actor))

    def _crashed(self, state: State, slot: int, run: int) -> State:
        budget = state.budget._replace(faults=state.budget.faults - 1)
        return self._stopped(state, slot, run)._replace(budget=budget)

    def _stopped(self, state: State, slot: int, run: int) -> State:
        """Without an invocation. What it took from the queue is there again; its merchant may send again as another."""
        invocation = self.runs.invocation(run)
        queue = _queued(state.queue, invocation.message) if invocation.message else state.queue
        actor = GONE if invocation.order is not None else IDLE
        return state._replace(queue=queue, actors=_with(state.actors, slot, actor))

    def _begins(self, state: State, slot: int) -> Iterator[tuple[State, int]]:
        budget, now = state.budget, state.outer.now
        if slot < len(self.scenario.submitters):
            yield state, self.runs.begin(self.scenario.submitters[slot], now)
        elif self.names[slot].startswith("poller"):
            if budget.ticks and self.world.is_due(state.outer.table, now):
                begun = state._replace(budget=budget._replace(ticks=budget.ticks - 1))
                yield begun, self.runs.begin(Invocation("poller"), now)
        elif self.names[slot] == "processor":
            for message in set(state.queue) if budget.deliveries else ():
                queue = tuple(one for one in state.queue if one is not message)
                begun = state._replace(queue=queue, budget=budget._replace(deliveries=budget.deliveries - 1))
                yield begun, self.runs.begin(Invocation("processor", message=message), now)
        elif budget.words:
            begun = state._replace(budget=budget._replace(words=budget.words - 1))
            for reference, number in self.world.transfers(state.outer.table):
                transfer = self.world.transfer(number)
                if transfer.status is Status.DISPUTED or needs_review(transfer, now):
                    for verdict in (Status.SUCCESS, Status.FAILED):
                        word = Invocation("operator", reference=reference, verdict=verdict)
                        yield begun, self.runs.begin(word, now)

    def _time_passes(self, state: State) -> Iterator[Step]:
        outer, budget = state.outer, state.budget
        if budget.advances and (times := self.world.next_times(outer.table, outer.now)):
            later = state._replace(budget=budget._replace(advances=budget.advances - 1))
            yield f"{(times[0] - outer.now) // 1000} seconds pass", self._at(later, times[0])
        if budget.weeks:
            later = state._replace(budget=budget._replace(weeks=budget.weeks - 1))
            yield "a week passes", self._at(later, outer.now + WEEK)

    def _at(self, state: State, now: int) -> State:
        for slot, run in enumerate(state.actors):
            if run >= 0 and now - self.runs.began(run) > LIFETIME:
                state = self._stopped(state, slot, run)
        ledger = doku.expired(self.world.ledgers[state.outer.ledger], now)
        return state._replace(outer=self.world.with_ledger(state.outer._replace(now=now), ledger))

    def _doku_moves(self, state: State) -> Iterator[Step]:
        ledger = self.world.ledgers[state.outer.ledger]
        for index, sent in enumerate(ledger):
            for fate in doku.moves(sent, state.outer.now):
                changed = (*ledger[:index], sent._replace(fate=fate), *ledger[index + 1 :])
                outer = self.world.with_ledger(state.outer, changed)
                yield f"DOKU: {sent.reference} is {fate}", state._replace(outer=outer)

    def _calls_back(self, state: State) -> Iterator[Step]:
        ledger = self.world.ledgers[state.outer.ledger]
        if not state.budget.callbacks or not ledger or len(state.queue) >= _QUEUE_LENGTH:
            return
        budget = state.budget._replace(callbacks=state.budget.callbacks - 1)
        for words, message in self.callbacks.received(ledger[0].reference, state.outer.now):
            queue = _queued(state.queue, message)
            yield words, state._replace(queue=queue, budget=budget)


def _with(actors: tuple[int, ...], slot: int, actor: int) -> tuple[int, ...]:
    return (*actors[:slot], actor, *actors[slot + 1 :])


def _queued(queue: tuple[str, ...], message: str) -> tuple[str, ...]:
    return tuple(sorted((*queue, message)))


def _words(request: Request) -> str:
    return f"{request.what} {request.pk}".rstrip()
