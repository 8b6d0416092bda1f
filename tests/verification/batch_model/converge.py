"""I35 and I36: once nothing fails, ticks and messages alone bring a batch to its end, with every row accounted for."""

from typing import Any

from payouts.domain.batch import FINAL, Batch, BatchStatus
from payouts.domain.schedule import HOUR
from payouts.services.pay_chunk import CONTENT_DIFFERS
from tests.verification.batch_model import facts
from tests.verification.batch_model.invariants import check_end, check_state
from tests.verification.batch_model.machine import BatchMachine, BatchState
from tests.verification.batch_model.outside import BatchWorld
from tests.verification.batch_model.parts import MAKER, Work
from tests.verification.batch_model.scenario import ENOUGH
from tests.verification.model.doku import Fate
from tests.verification.model.invariants import require
from tests.verification.model.outside import Given, Outside, Request
from tests.verification.model.parts import Invocation, Parts
from tests.verification.model.world import Outer

ROUNDS = 14
"""The largest number of ticks."""
_WAITS_FOR_PEOPLE = (BatchStatus.READY, BatchStatus.NEEDS_ATTENTION, BatchStatus.PENDING_APPROVAL)
_MINUTE = 61_000
_APART = 15 * HOUR
"""Between two ticks while a transfer is open, as in the model of transfers: absence takes three days to infer."""


class BatchConvergence:
    """Continues states to their end: enough funds, a healthy DOKU, and a person who resumes a paused batch."""

    def __init__(self, machine: BatchMachine) -> None:
        self._machine, self.most = machine, 0
        self._world = machine.world
        self._healthy = BatchWorld(ENOUGH, faults=False)
        self._healthy.items, self._healthy.tables = self._world.items, self._world.tables
        self._healthy.ledgers = self._world.ledgers
        self._seen: set[tuple[int, int]] = set()

    def check(self, state: BatchState) -> None:
        """Raise Violation if the batch does not end, or if a row is not accounted for."""
        place = (state.outer.table, state.outer.ledger)
        if place not in self._seen and not any(actor >= 0 for actor in state.actors):
            self._seen.add(place)
            self._bring(state.outer)

    def _bring(self, outer: Outer) -> None:
        for rounds in range(ROUNDS):
            batch = facts.batch(self._world, outer.table)
            if batch.status in (*FINAL, *_WAITS_FOR_PEOPLE) or batch.history[-1].note == CONTENT_DIFFERS:
                self.most = max(self.most, rounds)
                self._check(batch, outer)
                return
            outer = self._round(batch, outer)
        status = facts.batch(self._world, outer.table).status
        require(False, f"I35: the batch is {status} after {ROUNDS} ticks")

    def _check(self, batch: Batch, outer: Outer) -> None:
        check_state(self._world, outer)
        if batch.is_final and batch.released_at is not None:
            check_end(self._world, outer)

    def _round(self, batch: Batch, outer: Outer) -> Outer:
        """A tick, once every lease has ended and every transfer is due, and the messages that it sends."""
        rows = self._machine.scenario.chunk_rows
        due = [each.next_check_at or 0 for each in facts.transfers(self._world, outer.table).values()]
        times = (
            outer.now + (_APART if any(due) else _MINUTE),
            *facts.leases(self._world, outer.table),
            batch.next_drive_at or 0,
            *due,
        )
        ledger = self._world.ledgers[outer.ledger]
        paid = tuple(one._replace(fate=Fate.PAID) if one.fate is Fate.UNPAID else one for one in ledger)
        outer = self._world.with_ledger(outer._replace(now=max(times) + 1), paid)
        if batch.status is BatchStatus.PAUSED:
            outer, _ = self._run(Work("later", "resume", caller=MAKER, chunk_rows=rows), outer)
        if any(due):
            outer, _ = self._run(Invocation("poller"), outer)
        outer, enqueued = self._run(Work(f"tick {outer.now}", "drive", chunk_rows=rows), outer)
        for chunk in enqueued:
            outer, _ = self._run(Work(f"later {outer.now} {chunk}", "work", chunk, chunk_rows=rows), outer)
        return outer

    def _run(self, work: Work | Invocation, outer: Outer) -> tuple[Outer, Any]:
        answering = _Answering(self._healthy, outer, work.actor)
        if isinstance(work, Invocation):
            result = work.run(answering, Parts())
        else:
            result = work.run(answering, self._machine.parts)
        return answering.outer, result


class _Answering(Outside):
    """Answers every call at once."""

    def __init__(self, world: BatchWorld, outer: Outer, actor: str) -> None:
        super().__init__([Given(outer.now, "begin")], actor)
        self.outer = outer
        self._world = world

    def ask(self, request: Request) -> Given:
        """The answer without a fault, after its effect on the outside."""
        effect = next(self._world.effects(request, self.outer))
        self.outer = effect.outer
        return Given(effect.outer.now, effect.kind, effect.value)
