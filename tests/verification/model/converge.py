"""I13 and I10: once DOKU is healthy, ticks bring every transfer to DOKU's status, or ask for a person."""

from payouts.domain.errors import PayoutError
from payouts.domain.schedule import HOUR
from payouts.domain.transfer import Finding, NextAction, Status, Transfer
from payouts.services.apply_notification import RetryLater
from payouts.store import items
from tests.verification.model import doku
from tests.verification.model.doku import Fate, Ledger
from tests.verification.model.invariants import require
from tests.verification.model.machine import Machine, State
from tests.verification.model.oracle import Heard, transfer_of
from tests.verification.model.outside import Given, Outside, Request
from tests.verification.model.parts import Invocation, Release
from tests.verification.model.world import Outer

TICKS = 12
"""Maximum number of ticks that find a transfer due."""
APART = 15 * HOUR
"""Minimum milliseconds between two ticks: six of them span three days, as if most ticks were missed."""
_ENDS = {Fate.PAID: Status.SUCCESS, Fate.FAILED: Status.FAILED, Fate.REFUNDED: Status.REFUNDED}
_ASKS_A_PERSON = (NextAction.ASK_DOKU, NextAction.SETTLE)


class Convergence:
    """Continues states to their end with true answers only."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._seen: set[tuple[Outer, tuple[str, ...], int]] = set()
        self.most = 0
        """The maximum number of ticks that were needed."""

    def check(self, state: State) -> None:
        """Raise Violation if a transfer does not become final, or if a queued notification then changes its status."""
        if any(actor >= 0 for actor in state.actors) or (state.outer, state.queue, state.oracle) in self._seen:
            return
        self._seen.add((state.outer, state.queue, state.oracle))
        for release in self._machine.scenario.releases:
            self._bring(state, release)

    def _bring(self, state: State, release: Release) -> None:
        world = self._machine.world
        outer = world.with_ledger(state.outer, _healthy(world.ledgers[state.outer.ledger]))
        heard = dict(self._machine.oracles[state.oracle].heard)
        outer = self._ticked(outer, heard, release)
        for message in state.queue:
            before = self._shown(outer)
            reference = transfer_of(message)
            known = heard.get(reference, Heard())
            heard[reference] = known._replace(claims=known.claims | ({message} - known.settled))
            outer, result = self._run(Invocation("processor", message=message, release=release), outer)
            require(isinstance(result, Transfer | RetryLater | PayoutError), f"the processor ended in {result!r}")
            outer = self._ticked(outer, heard, release, f"I10: a notification leads from {before}: ")

    def _ticked(self, outer: Outer, heard: dict[str, Heard], release: Release, words: str = "") -> Outer:
        """The outside after the ticks that make every transfer final."""
        ticks = 0
        while not self._converged(outer, heard):
            ticks += 1
            due = self._due(outer.table)
            require(bool(due), f"{words}I13: no status check will be made: {self._shown(outer)}")
            require(ticks <= TICKS, f"{words}I13: not final after {TICKS} ticks: {self._shown(outer)}")
            now = max(outer.now + (APART if ticks > 1 else 0), min(due))
            tick = Invocation(
                "poller", release=release, day_shards=self._machine.day_shards, leased=self._machine.scenario.leased
            )
            outer = self._run(tick, outer._replace(now=now))[0]
        self.most = max(self.most, ticks)
        return outer

    def _due(self, table: int) -> list[int]:
        found = (self._machine.world.items[number] for _, number in self._machine.world.transfers(table))
        due = [item["nextCheckAt"] for item in found if "nextCheckAt" in item and item["schema"] <= items.SCHEMA]
        return due + self._machine.world.sweep_times(table)

    def _converged(self, outer: Outer, heard: dict[str, Heard]) -> bool:
        world = self._machine.world
        ledger = world.ledgers[outer.ledger]
        return all(
            _ended(world.transfer(number), ledger, heard.get(reference, Heard()))
            for reference, number in world.transfers(outer.table)
            if world.items[number]["schema"] <= items.SCHEMA
        )

    def _run(self, invocation: Invocation, outer: Outer) -> tuple[Outer, object]:
        """Run one invocation in which every call succeeds and DOKU answers truthfully."""
        healthy = _Healthy(self._machine, outer, invocation.actor)
        try:
            result: object = invocation.run(healthy, self._machine.parts)
        except Exception as error:  # the result of this run, which the invariants check
            result = error
        return healthy.outer, result

    def _shown(self, outer: Outer) -> str:
        world = self._machine.world
        found = (world.transfer(number) for _, number in world.transfers(outer.table))
        known = world.ledgers[outer.ledger]
        return ", ".join(
            f"{one.partner_reference_no} {one.status}, DOKU: {doku.fate_of(one.partner_reference_no, known)}"
            for one in found
        )


class _Healthy(Outside):
    """Answers every call at once, truthfully."""

    def __init__(self, machine: Machine, outer: Outer, actor: str) -> None:
        super().__init__([Given(outer.now, "begin")], actor)
        self.outer = outer
        self._machine = machine

    def ask(self, request: Request) -> Given:
        """The answer without a fault, after its effect on the outside."""
        effect = next(self._machine.world.effects(request, self.outer))
        require(request.what != "transfer-bank", "I1: a status check sends a transfer")
        if effect.written is not None:
            self._machine.check_written(*effect.written)
        self.outer = effect.outer
        return Given(effect.outer.now, effect.kind, effect.value)


def _ended(transfer: Transfer, ledger: Ledger, heard: Heard) -> bool:
    """True if a transfer is final with DOKU's status, or if it asks for a person because of a contradiction.

    DOKU's answers, its references, a published status, a decision or a notification may contradict each other. An
    operator's decision is final unless DOKU contradicts it.
    """
    fate = doku.fate_of(transfer.partner_reference_no, ledger)
    status, expected = transfer.status, _ENDS.get(fate, Status.FAILED) if fate else Status.FAILED
    believed = status is expected or _is_decided(status, fate, heard) or _is_denied(transfer, ledger, heard)
    if transfer.is_final and believed:
        return True
    return transfer.next_action in _ASKS_A_PERSON and _is_contradictory(heard, expected, transfer.partner_reference_no)


def _is_decided(status: Status, fate: Fate | None, heard: Heard) -> bool:
    return heard.verdict is not None and fate not in _ENDS and status is heard.verdict[1]


def _is_denied(transfer: Transfer, ledger: Ledger, heard: Heard) -> bool:
    """True if it is FAILED because DOKU said so, or said that it executed nothing."""
    own = [sent for sent in ledger if sent.reference == transfer.partner_reference_no]
    said = heard.present == {Finding.FAILED} or any(sent.is_denied for sent in own)
    return transfer.status is Status.FAILED and said


def _is_contradictory(heard: Heard, expected: Status, reference: str) -> bool:
    said = heard.present | heard.claimed
    return (
        heard.published
        or heard.verdict is not None
        or bool(heard.references - {doku.reference_no(reference)})
        or {Finding.SUCCESS, Finding.FAILED} <= said
        or any(claim.value != expected.value for claim in heard.claimed)
        or (expected is Status.FAILED and bool(said))
    )


def _healthy(ledger: Ledger) -> Ledger:
    """The ledger with every transfer in progress paid."""
    return tuple(sent._replace(fate=Fate.PAID) if sent.fate in (Fate.LATER, Fate.UNPAID) else sent for sent in ledger)
