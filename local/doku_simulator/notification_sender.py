"""Delivers notifications when they are due: up to three tries until the merchant's reply is exactly right."""

import json
import threading
from typing import Any

import requests

from local.clock import Clock
from local.doku_simulator.answers import Json
from local.doku_simulator.board import FaultBoard
from local.doku_simulator.faults import NOTIFICATION, NOTIFICATION_ONLY, Fault, Kind
from local.doku_simulator.ledger import Ledger
from local.doku_simulator.notifications import Notification, altered, is_right_reply, sign
from local.doku_simulator.settings import Settings

RETRY_SECONDS = (30 * 60, 6 * 3600)  # after the first try: 30 min, 6 h
TIMEOUT_SECONDS = 10
FORGED_SIGNATURE = "Zm9yZ2Vk" * 8


class NotificationSender:
    """Sends what is due, one at a time. The ledger's lock is never held while sending."""

    def __init__(self, ledger: Ledger, board: FaultBoard, clock: Clock) -> None:
        self._ledger, self._board, self._clock = ledger, board, clock
        self._turn = threading.Lock()

    def deliver(self, settings: Settings) -> None:
        """Deliver everything due by now, in order of due time, retries too. Without a URL nothing is sent."""
        if not settings.notification_url:
            self._ledger.settle(self._clock())
            return
        with self._turn:
            while batch := self._batch():
                for notification in batch:
                    self._handle(notification, settings)

    def send(self, settings: Settings, kind: str, body: Json, request_id: str, signature: str | None = None) -> Json:
        """POST one notification now. Returns {at, httpStatus (None: no answer), accepted}."""
        headers = {
            "requestId": request_id,
            "agentKey": settings.agent_key,
            "Content-Type": "application/json",
            "signature": sign(settings, request_id) if signature is None else signature,
        }
        status, reply = _post(f"{settings.notification_url.rstrip('/')}/{kind}", body, headers)
        accepted = is_right_reply(status or 0, reply, body.get("transactionId", ""))
        return {"at": self._clock(), "httpStatus": status, "accepted": accepted, "reply": reply}

    def _batch(self) -> list[Notification]:
        """What is due for longest; all that is due, last first, when a `reversed` fault falls."""
        first = self._ledger.next_due(self._clock())
        if first is None:
            return []
        if self._board.take(NOTIFICATION, first.partner_reference_no, self._clock(), {Kind.REVERSED}) is None:
            return [first]
        batch = [first]
        while (following := self._ledger.next_due(self._clock())) is not None:
            batch.append(following)
        return batch[::-1]

    def _handle(self, notification: Notification, settings: Settings) -> None:
        kinds = NOTIFICATION_ONLY - {Kind.REVERSED} - ({Kind.DELAYED} if notification.delayed else set())
        dial = self._board.take(NOTIFICATION, notification.partner_reference_no, self._clock(), kinds)
        if dial is not None and dial.kind == Kind.DELAYED:
            notification.delayed = True
            self._again(notification, notification.due + (dial.seconds or 0))
        elif dial is not None and dial.kind == Kind.DROPPED:
            notification.outcome = "dropped"
        else:
            self._try(notification, settings, dial)

    def _try(self, notification: Notification, settings: Settings, dial: Fault | None) -> None:
        """One try (several sends when duplicated), then done, again later, or given up."""
        body = altered(notification.body) if dial is not None and dial.kind == Kind.ALTERED else notification.body
        signature = FORGED_SIGNATURE if dial is not None and dial.kind == Kind.FORGED else None
        copies = 1 + (dial.copies if dial is not None and dial.kind == Kind.DUPLICATE else 0)
        attempts = [
            self.send(settings, notification.kind, body, notification.request_id, signature) for _ in range(copies)
        ]
        notification.attempts.extend(attempts)
        notification.tries += 1
        if notification.tries == 1:
            notification.first_try = notification.due
        if any(attempt["accepted"] for attempt in attempts):
            notification.outcome = "delivered"
        elif notification.tries <= len(RETRY_SECONDS):
            self._again(notification, notification.first_try + RETRY_SECONDS[notification.tries - 1])
        else:
            notification.outcome = "failed"

    def _again(self, notification: Notification, due: float) -> None:
        notification.due = due
        self._ledger.queue(notification)


def _post(url: str, body: Json, headers: dict[str, str]) -> tuple[int | None, Any]:
    """(HTTP status, parsed JSON or the text); (None, reason) if there was no answer."""
    sent = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(url, data=sent, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException as problem:
            return None, type(problem).__name__
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, answer.text
