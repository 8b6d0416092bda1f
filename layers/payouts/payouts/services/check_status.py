"""Check a transfer's status at DOKU and record it, for the API, notifications and the poller."""

from collections.abc import Callable

from payouts.doku import observations
from payouts.doku.client import DokuClient
from payouts.doku.outcomes import Outcome
from payouts.doku.time_limits import RECORD_SECONDS, Remaining, unlimited
from payouts.doku.transport import NeverSent
from payouts.domain.errors import PayoutError
from payouts.domain.schedule import infer_absence
from payouts.domain.status import OTHER_ACCOUNT
from payouts.domain.transfer import Finding, Observation, Source, Transfer, record
from payouts.services.check_schedule import CheckSchedule
from payouts.store.transfers import TransferStore

_JUST_CHECKED = 10_000
"""Minimum age of the last check, in milliseconds, before `refresh` asks DOKU again."""

_SILENCE = frozenset({Outcome.IN_DOUBT, Outcome.THROTTLED, Outcome.UNAUTHORIZED})


class DokuSilent(Exception):
    """DOKU can't be asked now, or did not answer the question. `seen` is the observation for the history."""

    def __init__(self, seen: Observation) -> None:
        super().__init__(seen.message)
        self.seen = seen


class StatusChecker:
    """Checks and records the status of transfers. Raises PayoutError only for the table."""

    def __init__(self, store: TransferStore, doku: DokuClient, schedule: CheckSchedule) -> None:
        self._store = store
        self._doku = doku
        self._schedule = schedule

    def refresh(self, transfer: Transfer, remaining: Remaining, may_ask: Callable[[], bool]) -> Transfer:
        """Check the transfer, a final one too. Returns it unchecked if it was checked in the last ten seconds, or if
        `may_ask` returns False: too many requests go to DOKU."""
        checked_at = transfer.checked_at
        if checked_at is not None and 0 <= self._schedule.now() - checked_at < _JUST_CHECKED:
            return transfer
        return self.check(transfer, remaining=remaining)[0] if may_ask() else transfer

    def check(
        self, transfer: Transfer, *hints: Observation, remaining: Remaining = unlimited
    ) -> tuple[Transfer, Observation]:
        """Check the transfer and record the answer and `hints` in one write. Returns the transfer and the answer."""
        try:
            seen = self.ask(transfer, remaining)
        except DokuSilent as silent:
            seen = silent.seen
        return self.record(transfer, *hints, seen), seen

    def record(self, transfer: Transfer, *seen: Observation) -> Transfer:
        """Store the observations and the time of the next check. Returns the transfer as stored."""
        return self._store.update(transfer, lambda standing: self._learned(standing, *seen))

    def ask(self, transfer: Transfer, remaining: Remaining = unlimited) -> Observation:
        """DOKU's answer about the transfer, not recorded, with time left to record it. Raises DokuSilent.

        A transfer that was sent with another host, client id or path prefix is not asked about: DOKU would not know
        it there, and "not found" would be taken for its absence.
        """
        try:
            if transfer.sent_to is not None and transfer.sent_to != self._doku.account():
                return self._unclear(transfer, "sent with another DOKU host, client id or path prefix", OTHER_ACCOUNT)
            answer = self._doku.check_status(transfer, lambda: remaining() - RECORD_SECONDS)
        except NeverSent as error:
            raise DokuSilent(self._unclear(transfer, f"DOKU cannot be reached ({error})")) from error
        except PayoutError as error:
            raise DokuSilent(self._unclear(transfer, error.message)) from error
        seen = observations.from_status_response(transfer, answer, self._schedule.now())
        if answer.outcome in _SILENCE and not answer.crossed:
            raise DokuSilent(seen)
        return seen

    def _unclear(self, transfer: Transfer, message: str, code: str = "") -> Observation:
        return Observation(
            self._schedule.now(), Finding.UNCLEAR, Source.STATUS_CHECK, code, message, asked=transfer.version
        )

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        learned = record(standing, *seen)
        absence = infer_absence(learned, self._schedule.absence_after)
        if absence is not None:
            learned = record(learned, absence)
        return self._schedule.with_next_check(learned)
