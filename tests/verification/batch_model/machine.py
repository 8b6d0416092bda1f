"""A scenario of batches as a machine: its states, and every step from each."""

from collections.abc import Iterator
from typing import NamedTuple

from payouts.domain.batch import Batch
from payouts.domain.batch_approval import SelfApproval
from payouts.domain.errors import PayoutError
from payouts.services.create_transfer import CreateResult
from tests.verification.batch_model import facts
from tests.verification.batch_model.invariants import check_sent, check_state
from tests.verification.batch_model.outside import BatchWorld
from tests.verification.batch_model.parts import WORK_SECONDS, BatchParts, Content, Work
from tests.verification.batch_model.scenario import BatchScenario, Budget
from tests.verification.model.invariants import Violation, require
from tests.verification.model.outside import Given, Request
from tests.verification.model.runs import Ended, Runs
from tests.verification.model.scenario import BEGAN
from tests.verification.model.world import Effect, Outer

IDLE, GONE = -1, -2
"""States of an actor without a run. GONE: it acts only once."""


class BatchState(NamedTuple):
    """The complete state of an exploration."""

    outer: Outer
    budget: Budget
    actors: tuple[int, ...]
    approved: frozenset[Content]
    """Contents that a person has approved, as that person has seen them. A withdrawal drops them."""
    touched: frozenset[str]
    """Who has changed, submitted or withdrawn the batch."""


Step = tuple[str, BatchState]


class BatchMachine:
    """The steps of a scenario, run by the real code. Raises Violation for a step that breaks an invariant."""

    def __init__(self, scenario: BatchScenario, budget: Budget, parts: BatchParts) -> None:
        self.scenario, self.parts, self.trying = scenario, parts, ""
        self.world = BatchWorld(scenario.deposit, scenario.renames)
        self.runs: Runs[Work, BatchParts] = Runs(parts)
        workers = [f"worker {number + 1}" for number in range(len(scenario.workers))]
        drivers = [f"driver {number + 1}" for number in range(scenario.drivers)]
        people = [f"person {number + 1}" for number in range(scenario.people)] if scenario.decisions else []
        self.names = (*workers, *drivers, *people, *(["merchant"] if scenario.single else []))
        table = self.world.table({pk: self.world.items.number(item) for pk, item in scenario.items().items()})
        outer = Outer(BEGAN, table, self.world.ledgers.number(()))
        approved = {facts.content(self.world, table)} if facts.batch(self.world, table).approvals else set()
        touched = frozenset(facts.batch(self.world, table).involved)
        self.start = BatchState(outer, budget, (IDLE,) * len(self.names), frozenset(approved), touched)
        self._checked: set[tuple[int, int]] = set()

    def steps(self, state: BatchState) -> Iterator[Step]:
        """Yield every possible step from a state."""
        for slot, actor in enumerate(state.actors):
            if actor >= 0:
                yield from self._asks(state, slot, actor)
                if state.budget.faults:
                    spent = state.budget._replace(faults=state.budget.faults - 1)
                    yield f"{self.names[slot]} crashes", _with(state._replace(budget=spent), slot, IDLE)
            elif actor == IDLE:
                for begun, work in self._begins(state, slot):
                    yield from self._asks(begun, slot, self.runs.begin(work, state.outer.now))
        yield from self._time_passes(state)
        yield from self._rows_change(state)

    def check(self, state: BatchState) -> None:
        """Check the invariants of a state."""
        if (state.outer.table, state.outer.ledger) not in self._checked:
            check_state(self.world, state.outer)
            self._checked.add((state.outer.table, state.outer.ledger))

    def apply(self, run: int, request: Request, effect: Effect) -> int:
        """Continue a run with this outcome of its call."""
        return self.runs.go_on(run, Given(effect.outer.now, effect.kind, effect.value), effect.key)

    def _asks(self, state: BatchState, slot: int, run: int) -> Iterator[Step]:
        request = self.runs.next(run)
        if isinstance(request, Ended):
            raise Violation(f"{self.names[slot]} ended without an outside call: {request.result!r}")
        for effect in self.world.effects(request, state.outer):
            if effect.faults <= state.budget.faults:
                work = self.runs.invocation(run)
                self.trying = f"{work.actor} ({work.what} {work.chunk}): {request.what} {request.pk}: {effect.words}"
                if request.what == "transfer-bank" and work.what == "work":
                    check_sent(self.world, state.outer, request, state.approved, self.runs.answers(run))
                budget = state.budget._replace(faults=state.budget.faults - effect.faults)
                moved = state._replace(outer=effect.outer, budget=budget)
                after = self.apply(run, request, effect)
                yield self.trying, self._ended(_with(moved, slot, after), slot, after)

    def _ended(self, state: BatchState, slot: int, run: int) -> BatchState:
        """The state without a run that has ended."""
        ended = self.runs.next(run)
        if not isinstance(ended, Ended):
            return state
        work, result = self.runs.invocation(run), ended.result
        known = result is None or isinstance(result, bool | tuple | Batch | PayoutError | CreateResult)
        require(known, f"{self.names[slot]} ended in {result!r}")
        state = _with(state, slot, GONE if work.what == "single" else IDLE)
        if work.what == "approve":
            return self._approved(state, work, result)
        if not isinstance(result, Batch) or work.what not in ("exclude", "submit", "withdraw"):
            return state
        approved = frozenset[Content]() if work.what == "withdraw" else state.approved
        return state._replace(touched=state.touched | {work.caller}, approved=approved)

    def _approved(self, state: BatchState, work: Work, result: object) -> BatchState:
        if isinstance(result, Batch):
            content = facts.content(self.world, state.outer.table)
            is_seen = content == work.content or self.scenario.budget.changes > 0  # the digest finds those when it pays
            require(is_seen, "I33: another content is approved than the person has seen")
            require(work.caller not in state.touched, "I32: approved by somebody who has changed or submitted it")
            return state._replace(approved=state.approved | {work.content})
        require(work.caller in state.touched or not isinstance(result, SelfApproval), "I32: another person is refused")
        return state

    def _begins(self, state: BatchState, slot: int) -> Iterator[tuple[BatchState, Work]]:
        """What an actor may start now, each with the state after its start."""
        name, budget, rows = self.names[slot], state.budget, self.scenario.chunk_rows
        actor = f"{name}.{sum(budget)}"
        if name.startswith("worker") and budget.deliveries:
            begun = state._replace(budget=budget._replace(deliveries=budget.deliveries - 1))
            yield begun, Work(actor, "work", self.scenario.workers[slot], chunk_rows=rows)
        elif name.startswith("driver") and budget.ticks:
            begun = state._replace(budget=budget._replace(ticks=budget.ticks - 1))
            yield begun, Work(actor, "drive", chunk_rows=rows)
        elif name.startswith("person") and budget.decisions:
            begun = state._replace(budget=budget._replace(decisions=budget.decisions - 1))
            batch, seen = facts.batch(self.world, state.outer.table), facts.content(self.world, state.outer.table)
            for what, who in self.scenario.decisions:
                digest, content = (batch.digest, seen) if what == "approve" else ("", ())
                yield begun, Work(actor, what, caller=who, digest=digest, content=content, chunk_rows=rows)
        elif name == "merchant":
            yield state, Work(name, "single")

    def _time_passes(self, state: BatchState) -> Iterator[Step]:
        """To the end of the next lease. Invocations that have begun too long before that are stopped."""
        outer = state.outer
        ends = [at for at in facts.leases(self.world, outer.table) if at > outer.now]
        if not state.budget.advances or not ends:
            return
        later = state._replace(budget=state.budget._replace(advances=state.budget.advances - 1))
        for slot, run in enumerate(state.actors):
            if run >= 0 and min(ends) - self.runs.began(run) > WORK_SECONDS * 1000:
                later = _with(later, slot, IDLE)
        yield f"{(min(ends) - outer.now) // 1000} seconds pass", later._replace(outer=outer._replace(now=min(ends)))

    def _rows_change(self, state: BatchState) -> Iterator[Step]:
        if state.budget.changes:
            changed = facts.with_another_name(self.world, state.outer.table)
            budget = state.budget._replace(changes=state.budget.changes - 1)
            outer = state.outer._replace(table=changed)
            yield "the stored rows are changed", state._replace(outer=outer, budget=budget)


def _with(state: BatchState, slot: int, actor: int) -> BatchState:
    return state._replace(actors=(*state.actors[:slot], actor, *state.actors[slot + 1 :]))
