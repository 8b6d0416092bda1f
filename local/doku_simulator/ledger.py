"""DOKU's books: the deposit, every debit, transfer and notification, and every request received. The tests' oracle.

Hold `lock` to read or write more than one value. States change by the clock alone: `settle(now)`
brings the books up to date, and is called before every reading.
"""

import heapq
import itertools
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from local.doku_simulator.accounts import Accounts
from local.doku_simulator.answers import Json
from local.doku_simulator.money import wire
from local.doku_simulator.notifications import Notification, announce
from local.doku_simulator.transfers import Change, State, Transfer


@dataclass
class Session:
    """What an account inquiry opened; one transfer may use it. Amounts in sen."""

    session_id: str
    account: str
    bank: str
    amount: int
    fee: int
    used: bool = False
    used_by: str = ""
    """The partnerReferenceNo of the transfer that used it."""


@dataclass
class Debit:
    """Money taken from the deposit. `returned`: the amount came back; the fee is kept (its return is undocumented)."""

    partner_reference_no: str
    reference_no: str
    amount: int
    fee: int
    at: float
    returned: bool = False

    def as_json(self) -> Json:
        """The debit as the control API shows it."""
        return {
            "partnerReferenceNo": self.partner_reference_no,
            "referenceNo": self.reference_no,
            "amount": wire(self.amount),
            "fee": wire(self.fee),
            "at": self.at,
            "returned": self.returned,
        }


class Ledger:
    """All state of the simulated DOKU but its tokens, faults and settings."""

    def __init__(self, deposit: int) -> None:
        self.lock = threading.RLock()
        self._references = itertools.count(secrets.randbelow(90_000_000))  # goes on after `clear`
        self.clear(deposit)

    def clear(self, deposit: int) -> None:
        """Start over with a balance (sen)."""
        with self.lock:
            self.deposit = deposit
            self.accounts = Accounts()
            self.sessions: dict[str, Session] = {}
            self.debits: dict[str, Debit] = {}  # by DOKU's reference, as the transfers
            self.transfers: dict[str, Transfer] = {}
            self.requests: list[Json] = []
            self.token_requests: list[Json] = []
            self.notifications: list[Notification] = []
            self._external_ids: set[tuple[str, str, str]] = set()
            self._agenda: list[tuple[float, int, Callable[[], None]]] = []
            self._outbox: list[tuple[float, int, Notification]] = []
            self._order = itertools.count()

    def claim_external_id(self, client_id: str, day: str, external_id: str) -> bool:
        """False if this client used the X-EXTERNAL-ID that day already."""
        with self.lock:
            key = (client_id, day, external_id)
            fresh = key not in self._external_ids
            self._external_ids.add(key)
            return fresh

    def new_reference(self) -> str:
        """A fresh `referenceNo`: DK and 8 digits."""
        return f"DK{next(self._references):08d}"

    def execute(self, transfer: Transfer, destiny: list[Change]) -> None:
        """Debit amount and fee, use up the session, and plan the states to come. The caller checked everything."""
        now = destiny[0].at
        self.deposit -= transfer.amount + transfer.fee
        session = self.sessions[transfer.session_id]
        session.used, session.used_by = True, transfer.partner_reference_no
        self.debits[transfer.reference_no] = Debit(
            transfer.partner_reference_no, transfer.reference_no, transfer.amount, transfer.fee, now
        )
        transfer.changes = destiny[:1]
        self.transfers[transfer.reference_no] = transfer
        for change in destiny[1:]:
            self.postpone(change.at, partial(self._change, transfer, change))

    def postpone(self, at: float, action: Callable[[], None]) -> None:
        """Run the action, under the lock, as soon as the books are settled up to `at`."""
        with self.lock:
            heapq.heappush(self._agenda, (at, next(self._order), action))

    def settle(self, now: float) -> None:
        """Make every state change that is due, in order of time, and queue its notification."""
        with self.lock:
            while self._agenda and self._agenda[0][0] <= now:
                _, _, action = heapq.heappop(self._agenda)
                action()

    def queue(self, notification: Notification) -> None:
        """Have the notification sent when it is due."""
        with self.lock:
            heapq.heappush(self._outbox, (notification.due, next(self._order), notification))

    def next_due(self, now: float) -> Notification | None:
        """Take the notification that has been due for longest, None if none is due."""
        with self.lock:
            self.settle(now)
            if not self._outbox or self._outbox[0][0] > now:
                return None
            return heapq.heappop(self._outbox)[2]

    def snapshot(self, now: float) -> Json:
        """The books as JSON."""
        with self.lock:
            self.settle(now)
            return {
                "deposit": wire(self.deposit),
                "debits": [debit.as_json() for debit in self.debits.values()],
                "transfers": [transfer.as_json() for transfer in self.transfers.values()],
                "requests": list(self.requests),
                "tokenRequests": list(self.token_requests),
                "notifications": [notification.as_json() for notification in self.notifications],
            }

    def find(self, *, partner_reference_no: str | None = None, transaction_id: str | None = None) -> Transfer | None:
        """The transfer of that reference, the merchant's or DOKU's; the latest where the merchant's has several."""
        with self.lock:
            if partner_reference_no is None:
                return self.transfers.get(transaction_id or "")
            latest_first = reversed(self.transfers.values())
            return next((t for t in latest_first if t.partner_reference_no == partner_reference_no), None)

    def _change(self, transfer: Transfer, change: Change) -> None:
        transfer.changes.append(change)
        if change.state in (State.FAILED, State.REFUNDED):
            self.debits[transfer.reference_no].returned = True
            self.deposit += transfer.amount
        notification = announce(transfer, change)
        self.notifications.append(notification)
        self.queue(notification)
