"""Apply a notification: record it, and check the transfer's status at DOKU.

Its signature does not cover its body, so a notification proves nothing. Only the answer to a status check does.
"""

from payouts.doku.notifications import Kind, Notification
from payouts.doku.queued_notification import QueuedNotification
from payouts.doku.time_limits import Remaining, unlimited
from payouts.domain.transfer import ENDED, Finding, Observation, Source, Transfer
from payouts.services.check_status import StatusChecker
from payouts.services.doku_rate import UNPACED, Pace
from payouts.store.inquiry_sessions import InquirySessions
from payouts.store.transfers import TransferStore

_REFUNDED = "40"
"""The status that a refund notification claims; its body states none."""
CHECK_SECONDS = 25.0
"""For a status check, which may need a new token, and the write that records its answer."""
PROCESSORS = 5
"""Processors that run at the same time: MaximumConcurrency of the queue in template.yaml. Each has its part of the
share of requests."""
_INCONCLUSIVE = frozenset({Finding.UNCLEAR, Finding.NOT_FOUND})


class RetryLater(Exception):
    """The notification can't be applied now and must be kept. The message gives the reason."""


class UnknownTransfer(RetryLater):
    """The notification matches no transfer. `received_at` in milliseconds since the epoch."""

    def __init__(self, message: str, received_at: int) -> None:
        super().__init__(message)
        self.received_at = received_at


class NotificationApplier:
    """Applies notifications. Applying one twice equals applying it once (I10, I11)."""

    def __init__(
        self,
        store: TransferStore,
        status_checker: StatusChecker,
        sessions: InquirySessions,
        pace: Pace = UNPACED,
    ) -> None:
        self._store = store
        self._status_checker = status_checker
        self._sessions = sessions
        self._pace = pace

    def apply(self, queued: QueuedNotification, remaining: Remaining = unlimited) -> Transfer:
        """Check the transfer of the notification. Raises RetryLater, UnknownTransfer, or PayoutError for the table.

        DOKU is not asked if the status accounts for the claim already, so copies of a notification cause no checks.
        """
        transfer, hint = self._find(queued.notification), _hint(queued)
        if transfer is None:
            raise UnknownTransfer(f"no transfer is known for {queued.notification.transaction_id}", queued.received_at)
        if _says_nothing_new(transfer, hint):
            return self._noted(transfer, hint)
        if not self._pace.wait(remaining() - CHECK_SECONDS, PROCESSORS):
            raise RetryLater("too many requests to DOKU wait before this one")
        learned, seen = self._status_checker.check(transfer, hint, remaining=remaining)
        if seen.finding in _INCONCLUSIVE and not learned.reading.is_refunded_by_doku:
            raise RetryLater(
                f"DOKU gave no clear answer about {transfer.partner_reference_no} ({seen.code or 'none at all'})"
            )
        return learned

    def _noted(self, transfer: Transfer, hint: Observation) -> Transfer:
        noted = any((seen.finding, seen.code) == (hint.finding, hint.code) for seen in transfer.history)
        return transfer if noted else self._status_checker.record(transfer, hint)

    def _find(self, notification: Notification) -> Transfer | None:
        """By the merchant's reference, else by DOKU's, else by the session that the transfer was sent with.

        DOKU's reference may not be stored yet, or never, if its answer to the transfer request was lost. The session
        was claimed before the request left.
        """
        return (
            self._named(notification.send_trx_id)
            or self._store.find(notification.transaction_id)
            or self._named(self._sent_with(notification.invoice_number))
        )

    def _named(self, reference: str | None) -> Transfer | None:
        return self._store.get(reference) if reference else None

    def _sent_with(self, session_id: str) -> str | None:
        return self._sessions.claimed_by(session_id) if session_id else None


def _hint(queued: QueuedNotification) -> Observation:
    """The notification as an observation for the history."""
    notification = queued.notification
    message = f"{notification.kind} notification: {notification.message}"
    code = _REFUNDED if notification.kind is Kind.REFUND else notification.transaction_status
    return Observation(queued.received_at, Finding.NOTIFIED, Source.NOTIFICATION, code, message)


def _says_nothing_new(transfer: Transfer, hint: Observation) -> bool:
    """True if the status already accounts for the claim. A status that is only inferred accounts for none."""
    if transfer.reading.is_refunded_by_doku:
        return True
    if hint.claim is None or transfer.reading.is_inferred:
        return False
    if hint.claim is Finding.UNPAID:
        return transfer.status in ENDED and not transfer.reading.lacks_word
    return transfer.status.value == hint.claim.value
