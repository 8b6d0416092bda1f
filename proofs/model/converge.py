"""I13 and I10: DOKU healthy again, ticks alone bring every transfer to what DOKU says of it."""

from payouts.errors import PayoutError
from payouts.notified import NotYet
from payouts.transfer import Finding, Status, Transfer
from proofs.model import doku
from proofs.model.doku import Fate, Ledger
from proofs.model.invariants import Violation, require
from proofs.model.machine import Machine, State
from proofs.model.outside import Request
from proofs.model.parts import Invocation
from proofs.model.runs import Ended
from proofs.model.world import Outer

TICKS = 12
"""The stated number: so many ticks that have something to do, each at the time at which it is due."""
_ENDS = {Fate.PAID: Status.SUCCESS, Fate.FAILED: Status.FAILED, Fate.REFUNDED: Status.REFUNDED}


class Convergence:
    """Brings states to their end, with answers that are all true."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._seen: set[tuple[Outer, tuple[str, ...]]] = set()
        self.most = 0
        """Ticks that were needed at most."""

    def check(self, state: State) -> None:
        """Raises Violation where nobody finds out, or where a kept notification then changes what was found."""
        if any(actor >= 0 for actor in state.actors) or (state.outer, state.queue) in self._seen:
            return
        self._seen.add((state.outer, state.queue))
        world = self._machine.world
        outer = world.with_ledger(state.outer, _healthy(world.ledgers[state.outer.ledger]))
        ticks = 0
        while not self._converged(outer):
            times = world.next_times(outer.table, 0)
            ticks += 1
            require(bool(times) and ticks <= TICKS, f"I13: no end after {ticks - 1} ticks: {self._shown(outer)}")
            due = [self._due(number) for _, number in world.transfers(outer.table) if self._due(number)]
            require(bool(due), f"I13: nobody asks any more: {self._shown(outer)}")
            outer = self._run(Invocation("poller"), outer._replace(now=max(outer.now, min(due))))[0]
        self.most = max(self.most, ticks)
        for message in state.queue:
            before = self._shown(outer)
            outer, result = self._run(Invocation("processor", message=message), outer)
            require(isinstance(result, Transfer | NotYet | PayoutError), f"the processor ended in {result!r}")
            require(self._converged(outer), f"I10: a notification leads from {before} to {self._shown(outer)}")

    def _due(self, number: int) -> int:
        found: int = self._machine.world.items[number].get("nextCheckAt", 0)
        return found

    def _converged(self, outer: Outer) -> bool:
        world = self._machine.world
        ledger = world.ledgers[outer.ledger]
        return all(_ended(world.transfer(number), ledger) for _, number in world.transfers(outer.table))

    def _run(self, invocation: Invocation, outer: Outer) -> tuple[Outer, object]:
        """One invocation from beginning to end: every call goes well, and DOKU says what is."""
        machine = self._machine
        run = machine.runs.begin(invocation, outer.now)
        while not isinstance(asked := machine.runs.next(run), Ended):
            assert isinstance(asked, Request)
            effect = next(machine.world.effects(asked, outer))
            if effect.faults:
                raise Violation(f"the model has no faultless answer to {asked.what}")
            outer = effect.outer
            run = machine.apply(run, asked, effect)
        return outer, asked.result

    def _shown(self, outer: Outer) -> str:
        world = self._machine.world
        found = (world.transfer(number) for _, number in world.transfers(outer.table))
        known = world.ledgers[outer.ledger]
        return ", ".join(f"{one.reference} {one.status}, DOKU: {doku.fate_of(one.reference, known)}" for one in found)


def _ended(transfer: Transfer, ledger: Ledger) -> bool:
    """Whether a transfer shows what DOKU says. DISPUTED where DOKU has said both, or something else than a person.

    A person's word stands where DOKU has nothing to say against it.
    """
    fate = doku.fate_of(transfer.reference, ledger)
    status, settlement = transfer.status, transfer.settlement
    if status is (_ENDS.get(fate, Status.FAILED) if fate else Status.FAILED):
        return True
    if settlement is not None:
        return status is Status.DISPUTED or (fate not in _ENDS and status is Status(settlement.finding))
    both = {Finding.SUCCESS, Finding.FAILED} <= {seen.finding for seen in transfer.history}
    return status is Status.DISPUTED and both


def _healthy(ledger: Ledger) -> Ledger:
    """What DOKU was working on is paid."""
    return tuple(sent._replace(fate=Fate.PAID) if sent.fate in (Fate.LATER, Fate.UNPAID) else sent for sent in ledger)
