"""Check status and merge: the one way in which a transfer's end is learned (DESIGN 2.7). API, notifications and poller
all come here."""

import random
import time
from collections.abc import Callable

from payouts.doku import evidence
from payouts.doku.client import DokuClient
from payouts.doku.outcomes import Outcome
from payouts.doku.transport import NeverSent
from payouts.errors import PayoutError
from payouts.schedule import planned, proof_of_absence
from payouts.store.transfers import TransferStore
from payouts.transfer import FINAL, Finding, Observation, Source, Transfer, merge

_JUST_CHECKED = 10_000
"""Milliseconds within which a transfer is not asked about again for the asking."""


_SILENCE = frozenset({Outcome.IN_DOUBT, Outcome.THROTTLED, Outcome.UNAUTHORIZED})


class DokuSilent(Exception):
    """DOKU can't be asked now, or does not answer as it should. `seen` is what a history says of that."""

    def __init__(self, seen: Observation) -> None:
        super().__init__(seen.message)
        self.seen = seen


class Reconciler:
    """Learns from DOKU what became of a transfer. Raises PayoutError only for the table."""

    def __init__(
        self,
        store: TransferStore,
        doku: DokuClient,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._doku = doku
        self._clock = clock
        self._jitter = jitter

    def refresh(self, transfer: Transfer) -> Transfer:
        """The transfer, checked now if it is open and was not just checked."""
        checked_at = transfer.checked_at
        fresh = checked_at is not None and self._now() - checked_at < _JUST_CHECKED
        return transfer if fresh or transfer.status in FINAL else self.check(transfer)[0]

    def check(self, transfer: Transfer, *hints: Observation) -> tuple[Transfer, Observation]:
        """The transfer with what DOKU says of it now, and that. Where DOKU can't be asked, that is what was observed.

        `hints` are written along with it, in the same write.
        """
        try:
            seen = self.ask(transfer)
        except DokuSilent as silent:
            seen = silent.seen
        return self.record(transfer, *hints, seen), seen

    def record(self, transfer: Transfer, *seen: Observation) -> Transfer:
        """The transfer with what was observed, stored, and with the time of its next check."""
        return self._store.update(transfer, lambda standing: self._learned(standing, *seen))

    def ask(self, transfer: Transfer) -> Observation:
        """What DOKU says of the transfer now, not recorded. Raises DokuSilent."""
        try:
            answer = self._doku.check_status(transfer)
        except NeverSent as error:
            raise DokuSilent(self._unclear(f"DOKU cannot be reached ({error})")) from error
        except PayoutError as error:
            raise DokuSilent(self._unclear(error.message)) from error
        seen = evidence.of_status(transfer, answer, self._now())
        if answer.outcome in _SILENCE:
            raise DokuSilent(seen)
        return seen

    def _unclear(self, message: str) -> Observation:
        return Observation(self._now(), Finding.UNCLEAR, Source.STATUS_CHECK, message=message)

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        learned = merge(standing, *seen)
        proof = proof_of_absence(learned)
        if proof is not None:
            learned = merge(learned, proof)
        return planned(learned, self._now(), self._jitter())

    def _now(self) -> int:
        return int(self._clock() * 1000)
