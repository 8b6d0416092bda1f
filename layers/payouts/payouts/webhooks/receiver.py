"""The merchant's receiver: one POST for each attempt, within ten seconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum

from payouts.doku.transport import NeverSent, NoReply, Transport
from payouts.webhooks.message import WebhookMessage
from payouts.webhooks.signing import signature

_TIMEOUT = (3.0, 7.0)
"""Seconds to connect and to answer. No attempt takes longer than both together, however slowly the answer arrives."""


class Outcome(StrEnum):
    """The result of an attempt."""

    DELIVERED = "delivered"
    """2xx."""
    FAILED = "failed"
    """Another status, or no answer in time. A redirect is not followed."""
    GONE = "gone"
    """410: the receiver wants no more webhooks."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome with its cause, and the seconds that the receiver wants to pass before the next attempt."""

    outcome: Outcome
    cause: str
    """The HTTP status, or the kind of failure. Holds nothing that the receiver wrote."""
    retry_after: int = 0


class Receiver:
    """Delivers signed messages to a URL. Redirects, proxies and cookies are ignored; TLS certificates are verified."""

    def __init__(self, transport: Transport, clock: Callable[[], float]) -> None:
        self._transport = transport
        self._clock = clock

    def deliver(self, message: WebhookMessage, keys: Sequence[bytes]) -> Attempt:
        """Send the message once, signed with each key. Never raises for anything that the receiver does."""
        now = self._clock()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.webhook_id,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": signature(keys, message.webhook_id, int(now), message.body),
        }
        try:
            answer = self._transport.post("", headers, message.body, _TIMEOUT)
        except (NeverSent, NoReply) as error:
            return Attempt(Outcome.FAILED, str(error))
        if 200 <= answer.http_status < 300:
            return Attempt(Outcome.DELIVERED, str(answer.http_status))
        outcome = Outcome.GONE if answer.http_status == 410 else Outcome.FAILED
        return Attempt(outcome, str(answer.http_status), retry_after(answer.headers.get("Retry-After", ""), now))


def retry_after(header: str, now: float) -> int:
    """The seconds of a Retry-After header, which holds seconds or an HTTP date. 0 if absent, past or unreadable."""
    if header.isascii() and header.isdecimal():
        return int(header[:9])
    try:
        at = parsedate_to_datetime(header)
        return max(0, int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now))
    except (ValueError, OverflowError):
        return 0
