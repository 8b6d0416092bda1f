"""Send a transfer to DOKU at most once.

Only the invocation whose conditional create succeeded sends, and it sends once. A second request goes out only if no
byte of the first has left, or if DOKU refused the first with 401 and then has no record of it; neither of these two
would be enough alone. A crash after the create leaves a transfer that status checks settle.
"""

from dataclasses import dataclass, replace

from payouts.doku import observations
from payouts.doku.client import Authority, DokuClient
from payouts.doku.outcomes import Outcome
from payouts.doku.time_limits import RECORD_SECONDS, SEND_SECONDS, Remaining
from payouts.doku.transport import NeverSent
from payouts.domain.errors import PayoutError, RefusedEarly
from payouts.domain.transfer import Finding, Observation, Source, Transfer, record
from payouts.services.check_schedule import CheckSchedule
from payouts.store.transfers import TransferStore

_CONFIRM_SECONDS = 12
"""For a status check, which may need a new token, and the write that records its answer."""
_TOO_LATE = "too little time was left to send the transfer; nothing was sent. Send the same request again"


@dataclass(frozen=True, slots=True)
class SendResult:
    """The transfer as stored after the send. `unrecorded` is the error if the outcome could not be stored."""

    transfer: Transfer
    unrecorded: Exception | None = None


class TransferSender:
    """Creates and sends transfers. `create_and_send`, `_send` and `_resend` hold the at-most-once rule."""

    def __init__(self, store: TransferStore, doku: DokuClient, schedule: CheckSchedule) -> None:
        self._store = store
        self._doku = doku
        self._schedule = schedule

    def create_and_send(self, transfer: Transfer, authority: Authority, remaining: Remaining) -> SendResult | Transfer:
        """Create the transfer and send it, or return the one that exists. Raises PayoutError before the send only.

        After the create no error is raised, since it would look like "not sent": the request may have left.
        """
        check_time(remaining)
        existing = self._store.create(transfer)  # the conditional put
        if existing is not None:
            return existing
        created = replace(transfer, version=1)
        try:
            return self._send(created, authority, remaining)
        except Exception as error:
            return SendResult(created, error)

    def _send(self, transfer: Transfer, authority: Authority, remaining: Remaining) -> SendResult:
        """Send once. Resend if the request never left, or if DOKU refused the token and has no record of it."""
        if not _enough(remaining):  # the put may have used up the time; a timeout mid-send leaves the outcome unknown
            return self._record(transfer, self._not_sent(transfer, "too little time was left to send it"))
        first, outcome = self._attempt(transfer, authority)
        if outcome is Outcome.UNAUTHORIZED and first.finding is Finding.REFUSED:
            return self._resend_with_new_token(transfer, authority, first, remaining)
        if first.finding is Finding.NOT_SENT:
            return self._resend(transfer, authority, first, remaining)
        return self._record(transfer, first)

    def _resend(
        self, transfer: Transfer, authority: Authority, unexecuted: Observation, remaining: Remaining
    ) -> SendResult:
        """Send the only second request, under a new X-EXTERNAL-ID that is stored first. It is never repeated."""
        if not _enough(remaining):
            return self._record(transfer, unexecuted)
        stored = self._store.update(transfer, lambda current: self._with_new_external_id(current, unexecuted))
        if stored.reading.has_sign_of_life:
            message = f"not executed, and yet known to DOKU: {unexecuted.message}"
            return self._record(stored, self._in_doubt(stored, message))
        if not _enough(remaining):
            return self._record(stored, self._not_sent(stored, "too little time was left to send it again"))
        second, outcome = self._attempt(stored, authority)
        if outcome is Outcome.UNAUTHORIZED and second.finding is Finding.REFUSED:
            return self._record(stored, *self._confirmed(stored, second, remaining))
        return self._record(stored, second)

    def _resend_with_new_token(
        self, transfer: Transfer, authority: Authority, refused: Observation, remaining: Remaining
    ) -> SendResult:
        """Resend after a 401 if DOKU, asked with a new token, has no record of the transfer."""
        try:
            authority = self._doku.renewed(authority)
        except PayoutError as error:
            return self._record(transfer, self._in_doubt(transfer, f"{refused.message}; {error.message}"))
        confirmed = self._confirmed(transfer, refused, remaining)
        refusal_stands = confirmed == (refused,)
        if not refusal_stands:
            return self._record(transfer, *confirmed)
        return self._resend(transfer, authority, refused, remaining)

    def _confirmed(self, transfer: Transfer, refused: Observation, remaining: Remaining) -> tuple[Observation, ...]:
        """Return the refusal if DOKU has no record of the transfer, else doubt and DOKU's answer to the check."""
        if remaining() < _CONFIRM_SECONDS:
            return (self._in_doubt(transfer, f"refused, and no time was left to ask about it: {refused.message}"),)
        try:
            if self._doku.account() != transfer.sent_to:
                return (self._in_doubt(transfer, f"refused, and the DOKU account was replaced: {refused.message}"),)
            answer = self._doku.check_status(transfer, lambda: remaining() - RECORD_SECONDS, fresh=True)
        except (NeverSent, PayoutError) as error:
            return (self._in_doubt(transfer, f"{refused.message}; DOKU cannot be asked: {error}"),)
        checked = observations.from_status_response(transfer, answer, self._schedule.now())
        if checked.finding is Finding.NOT_FOUND:
            return (refused,)
        message = f"refused, but DOKU does not say that it has no record: {refused.message}"
        return self._in_doubt(transfer, message), checked

    def _attempt(self, transfer: Transfer, authority: Authority) -> tuple[Observation, Outcome]:
        """Send one request. Returns what its answer proves, and its classification."""
        try:
            answer = self._doku.transfer(transfer.intent, transfer.external_ids[-1], authority)
            return observations.from_transfer_response(transfer, answer, self._schedule.now()), answer.outcome
        except NeverSent as error:
            seen = self._not_sent(transfer, f"no connection to DOKU ({error}): the request never left")
        except Exception as error:  # any other error leaves open whether the request left
            seen = self._in_doubt(transfer, f"unexpected {type(error).__name__}")
        return seen, Outcome.IN_DOUBT

    def _with_new_external_id(self, transfer: Transfer, unexecuted: Observation) -> Transfer:
        external_id = self._doku.new_external_id()
        resent = Observation(
            self._schedule.now(),
            Finding.RESENT,
            Source.SUBMIT,
            unexecuted.code,
            f"a second request was prepared: {unexecuted.message}",
            external_id=external_id,
        )
        again = replace(transfer, external_ids=(*transfer.external_ids, external_id))
        return record(again, unexecuted, resent)

    def _record(self, transfer: Transfer, *seen: Observation) -> SendResult:
        return SendResult(self._store.update(transfer, lambda current: self._learned(current, *seen)))

    def _learned(self, transfer: Transfer, *seen: Observation) -> Transfer:
        return self._schedule.with_next_check(record(transfer, *seen))

    def _not_sent(self, transfer: Transfer, message: str) -> Observation:
        return observations.of_request(transfer, Finding.NOT_SENT, message, self._schedule.now(), code=Finding.NOT_SENT)

    def _in_doubt(self, transfer: Transfer, message: str) -> Observation:
        return observations.of_request(transfer, Finding.IN_DOUBT, message, self._schedule.now())


def check_time(remaining: Remaining, before: float = 0.0) -> None:
    """Raise RefusedEarly without enough time to send a transfer, and for `before` seconds of other work."""
    if remaining() < before + SEND_SECONDS:
        raise RefusedEarly(_TOO_LATE)


def _enough(remaining: Remaining) -> bool:
    return remaining() >= SEND_SECONDS
