"""Sending a transfer to DOKU: at most once, whatever happens.

`Sender.create_and_send` creates the transfer with a conditional put. Only the invocation whose put succeeded sends, and
it sends once; a second request goes out only after proof that the first was not executed. A crash after the put leaves
a transfer that is only asked about.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from payouts.doku import observations
from payouts.doku.client import TRANSFER_SECONDS, Authority, DokuClient
from payouts.doku.outcomes import Outcome
from payouts.doku.transport import NeverSent
from payouts.domain.errors import PayoutError, Unavailable
from payouts.domain.schedule import ABSENCE_AFTER, with_next_check
from payouts.domain.transfer import Finding, Observation, Source, Transfer, record
from payouts.store.transfers import TransferStore

_RECORD_SECONDS = 2
_CONFIRM_SECONDS = 12
"""For a status check, which may need a new token, and the record of its answer."""

Remaining = Callable[[], float]
"""Seconds until the function is stopped."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """The transfer as stored after the send. `unrecorded`: why the outcome could not be stored; a status check will
    find it again."""

    transfer: Transfer
    unrecorded: Exception | None = None


class Sender:
    """Creates and sends transfers."""

    def __init__(
        self,
        store: TransferStore,
        doku: DokuClient,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        absence_after: int = ABSENCE_AFTER,
    ) -> None:
        self._store = store
        self._doku = doku
        self._clock = clock
        self._jitter = jitter
        self._absence_after = absence_after

    def create_and_send(self, transfer: Transfer, authority: Authority, remaining: Remaining) -> SendResult | Transfer:
        """What was sent, or the transfer that already stands under this reference. Raises PayoutError before the put.

        After a successful put nothing is raised: what cannot be recorded is left to status checks.
        """
        if not _enough(remaining):
            raise Unavailable("too little time was left to send the transfer; send the same request again")
        standing = self._store.create(transfer)
        if standing is not None:
            return standing
        return self._send(replace(transfer, version=1), authority, remaining)

    def _send(self, transfer: Transfer, authority: Authority, remaining: Remaining) -> SendResult:
        try:
            if not _enough(remaining):  # the put may have used up the time; a timeout mid-send would leave it in doubt
                return self._record(transfer, self._not_sent(transfer, "too little time was left to send it"))
            seen, outcome = self._attempt(transfer, authority)
            if seen.finding is Finding.NOT_SENT:
                return self._send_again(transfer, authority, seen, remaining)
            if outcome is Outcome.UNAUTHORIZED and seen.finding is Finding.REFUSED:
                return self._after_unauthorized(transfer, authority, seen, remaining)
            return self._record(transfer, seen)
        except Exception as error:  # an error must not look like "not sent": the request may have left
            return SendResult(transfer, error)

    def _after_unauthorized(
        self, transfer: Transfer, authority: Authority, refused: Observation, remaining: Remaining
    ) -> SendResult:
        """A 401 may be cured by a new token. It proves nothing until DOKU, asked with that token, has no record."""
        try:
            authority = self._doku.renewed(authority)
        except PayoutError as error:
            return self._record(transfer, self._unsure(transfer, f"{refused.message}; {error.message}"))
        confirmed = self._confirmed(transfer, refused, remaining)
        if confirmed != (refused,):
            return self._record(transfer, *confirmed)
        return self._send_again(transfer, authority, refused, remaining)

    def _send_again(
        self, transfer: Transfer, authority: Authority, refused: Observation, remaining: Remaining
    ) -> SendResult:
        """The only second send: once, after proof that the first was not executed, under a new X-EXTERNAL-ID."""
        if not _enough(remaining):
            return self._record(transfer, refused)
        resent = self._store.update(transfer, lambda standing: self._resent(standing, refused))
        if resent.reading.has_sign_of_life:
            return self._record(resent, self._unsure(resent, f"refused, and yet known to DOKU: {refused.message}"))
        if not _enough(remaining):
            return self._record(resent, self._not_sent(resent, "too little time was left to send it again"))
        seen, outcome = self._attempt(resent, authority)
        if outcome is Outcome.UNAUTHORIZED and seen.finding is Finding.REFUSED:
            return self._record(resent, *self._confirmed(resent, seen, remaining))
        return self._record(resent, seen)

    def _confirmed(self, transfer: Transfer, refused: Observation, remaining: Remaining) -> tuple[Observation, ...]:
        """The refusal, if DOKU has no record of the transfer; else doubt, and what DOKU says of it."""
        if remaining() < _CONFIRM_SECONDS:
            return (self._unsure(transfer, f"refused, and no time was left to ask about it: {refused.message}"),)
        try:
            if self._doku.account() != transfer.sent_to:
                return (self._unsure(transfer, f"refused, and the DOKU account was replaced: {refused.message}"),)
            seen = observations.from_status_response(
                transfer, self._doku.check_status(transfer, fresh=True), self._now()
            )
        except (NeverSent, PayoutError) as error:
            return (self._unsure(transfer, f"{refused.message}; DOKU cannot be asked: {error}"),)
        if seen.finding is Finding.NOT_FOUND:
            return (refused,)
        return (
            self._unsure(transfer, f"refused, but DOKU does not say that it has no record: {refused.message}"),
            seen,
        )

    def _attempt(self, transfer: Transfer, authority: Authority) -> tuple[Observation, Outcome]:
        """Send once. Returns what that proves, and what the answer meant."""
        try:
            answer = self._doku.transfer(transfer.intent, transfer.external_ids[-1], authority)
            return observations.from_transfer_response(transfer, answer, self._now()), answer.outcome
        except NeverSent as error:
            seen = self._not_sent(transfer, f"no connection to DOKU ({error}): the request never left")
        except Exception as error:  # whatever it is, the request may have left
            seen = self._unsure(transfer, f"unexpected {type(error).__name__}")
        return seen, Outcome.IN_DOUBT

    def _resent(self, standing: Transfer, refused: Observation) -> Transfer:
        external_id = self._doku.new_external_id()
        message = f"sent again: {refused.message}"
        again = Observation(self._now(), Finding.RESENT, Source.SUBMIT, refused.code, message, external_id=external_id)
        return record(replace(standing, external_ids=(*standing.external_ids, external_id)), refused, again)

    def _record(self, transfer: Transfer, *seen: Observation) -> SendResult:
        return SendResult(self._store.update(transfer, lambda standing: self._learned(standing, *seen)))

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        return with_next_check(record(standing, *seen), self._now(), self._jitter(), self._absence_after)

    def _not_sent(self, transfer: Transfer, message: str) -> Observation:
        return self._of_request(transfer, Finding.NOT_SENT, message, Finding.NOT_SENT)

    def _unsure(self, transfer: Transfer, message: str) -> Observation:
        return self._of_request(transfer, Finding.IN_DOUBT, message)

    def _of_request(self, transfer: Transfer, finding: Finding, message: str, code: str = "") -> Observation:
        external_id = transfer.external_ids[-1]
        return Observation(
            self._now(), finding, Source.SUBMIT, code, message[:200], external_id=external_id, asked=transfer.version
        )

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _enough(remaining: Remaining) -> bool:
    return remaining() >= TRANSFER_SECONDS + _RECORD_SECONDS
