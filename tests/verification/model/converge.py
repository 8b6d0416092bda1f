"""I13 and I10: with DOKU healthy again, ticks alone bring every transfer to what DOKU says of it, or to a person."""

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
"""The stated number: so many ticks that find something due."""
APART = 15 * HOUR
"""Milliseconds between two ticks at least: even when most ticks are missed, six of them span three days."""
_ENDS = {Fate.PAID: Status.SUCCESS, Fate.FAILED: Status.FAILED, Fate.REFUNDED: Status.REFUNDED}
_ASKS_A_PERSON = (NextAction.ASK_DOKU, NextAction.SETTLE)


class Convergence:
    """Brings states to their end, with answers that are all true."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._seen: set[tuple[Outer, tuple[str, ...], int]] = set()
        self.most = 0
        """Ticks that were needed at most."""

    def check(self, state: State) -> None:
        """Raises Violation where a transfer has no end, or where a queued notification then changes what was found."""
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
        """After as many ticks as it takes until every transfer has its end."""
        ticks = 0
        while not self._converged(outer, heard):
            ticks += 1
            due = self._due(outer.table)
            require(bool(due), f"{words}I13: no status check will be made: {self._shown(outer)}")
            require(ticks <= TICKS, f"{words}I13: no end after {TICKS} ticks: {self._shown(outer)}")
            now = max(outer.now + (APART if ticks > 1 else 0), min(due))
            outer = self._run(Invocation("poller", release=release), outer._replace(now=now))[0]
        self.most = max(self.most, ticks)
        return outer

    def _due(self, table: int) -> list[int]:
        found = (self._machine.world.items[number] for _, number in self._machine.world.transfers(table))
        return [item["nextCheckAt"] for item in found if "nextCheckAt" in item and item["schema"] <= items.SCHEMA]

    def _converged(self, outer: Outer, heard: dict[str, Heard]) -> bool:
        world = self._machine.world
        ledger = world.ledgers[outer.ledger]
        return all(
            _ended(world.transfer(number), ledger, heard.get(reference, Heard()))
            for reference, number in world.transfers(outer.table)
            if world.items[number]["schema"] <= items.SCHEMA
        )

    def _run(self, invocation: Invocation, outer: Outer) -> tuple[Outer, object]:
        """One invocation from beginning to end: every call goes well, and DOKU says what is."""
        healthy = _Healthy(self._machine, outer, invocation.actor)
        try:
            result: object = invocation.run(healthy, self._machine.parts)
        except Exception as error:  # the result of this run, for the invariants to judge
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
    """Answers every call at once, and truly."""

    def __init__(self, machine: Machine, outer: Outer, actor: str) -> None:
        super().__init__([Given(outer.now, "begin")], actor)
        self.outer = outer
        self._machine = machine

    def ask(self, request: Request) -> Given:
        """The faultless answer, and what it does outside."""
        effect = next(self._machine.world.effects(request, self.outer))
        require(request.what != "transfer-bank", "I1: a transfer is sent by what only asks")
        if effect.written is not None:
            self._machine.check_written(*effect.written)
        self.outer = effect.outer
        return Given(effect.outer.now, effect.kind, effect.value)


def _ended(transfer: Transfer, ledger: Ledger, heard: Heard) -> bool:
    """True if a transfer shows what DOKU says, and finally; or if a person is asked, and has reason to be.

    A reason is a contradiction: of DOKU's words, of its references, of what was published, of a decision or of a
    notification. A person's decision stands where DOKU has nothing to say against it.
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
    """True if it failed because DOKU said so, or said that it executed nothing: believed until it says otherwise."""
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
    """What DOKU was working on is paid."""
    return tuple(sent._replace(fate=Fate.PAID) if sent.fate in (Fate.LATER, Fate.UNPAID) else sent for sent in ledger)
