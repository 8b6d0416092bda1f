"""Applying a notification: a hint that has DOKU asked (DESIGN 2.7)."""

from dataclasses import dataclass

from payouts.config import Trust
from payouts.doku.callbacks import Kind, Notification
from payouts.reconcile import Reconciler
from payouts.store.transfers import TransferStore
from payouts.transfer import Finding, Observation, Source, Status, Transfer, join

_CLAIMS = {"50": Status.SUCCESS, "35": Status.FAILED, "20": Status.UNPAID, "40": Status.REFUNDED}
_INCONCLUSIVE = frozenset({Finding.UNCLEAR, Finding.NOT_FOUND})


class NotYet(Exception):
    """The notification can't be applied now and must be kept. The message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Received:
    """An authenticated notification and when it came, in milliseconds since the epoch."""

    notification: Notification
    at: int


class NotificationApplier:
    """Brings what DOKU announced into the transfer. Applying twice equals once (I10, I11)."""

    def __init__(self, store: TransferStore, reconciler: Reconciler, trust: Trust) -> None:
        self._store = store
        self._reconciler = reconciler
        self._trust = trust

    def apply(self, received: Received) -> Transfer:
        """The transfer, confirmed by check status. Raises NotYet, or PayoutError for the table.

        DOKU is not asked about what is known already: the copies of a callback cost it nothing.
        """
        transfer = self._find(received.notification)
        if _says_nothing_new(transfer, received):
            return self._noted(transfer, received)
        if self._trust is Trust.SIGNED:
            return self._reconciler.record(transfer, _hint(received), *_claimed(received))
        learned, seen = self._reconciler.check(transfer, _hint(received))
        if seen.finding in _INCONCLUSIVE and learned.status is not Status.REFUNDED:
            raise NotYet(f"DOKU, asked about {transfer.reference}, gave no clear answer ({seen.code or 'none at all'})")
        return learned

    def _noted(self, transfer: Transfer, received: Received) -> Transfer:
        hint = _hint(received)
        noted = any((seen.finding, seen.code) == (hint.finding, hint.code) for seen in transfer.history)
        return transfer if noted else self._reconciler.record(transfer, hint)

    def _find(self, notification: Notification) -> Transfer:
        """By the merchant's reference, else by DOKU's, which may not be stored yet (FAULTS 31, 32)."""
        transfer = self._store.get(notification.send_trx_id) if notification.send_trx_id else None
        transfer = transfer or self._store.find(notification.transaction_id)
        if transfer is None:
            raise NotYet(f"no transfer is known for {notification.transaction_id}")
        return transfer


def _hint(received: Received) -> Observation:
    """That DOKU called back, for the history."""
    notification = received.notification
    message = f"{notification.kind} notification: {notification.message}"
    return Observation(received.at, Finding.NOTIFIED, Source.NOTIFICATION, notification.transaction_status, message)


def _claim(notification: Notification) -> Status | None:
    return Status.REFUNDED if notification.kind is Kind.REFUND else _CLAIMS.get(notification.transaction_status)


def _says_nothing_new(transfer: Transfer, received: Received) -> bool:
    claim = _claim(received.notification)
    return claim is not None and join(transfer.status, claim) is transfer.status


def _claimed(received: Received) -> list[Observation]:
    """What a trusted notification proves by itself."""
    notification = received.notification
    claim = _claim(notification)
    if claim is None:
        return []
    code, message, reference_no = notification.transaction_status, notification.message, notification.transaction_id
    return [Observation(received.at, Finding(claim.value), Source.NOTIFICATION, code, message, reference_no)]
