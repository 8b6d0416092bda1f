"""The message in the notification queue: written by the receiver, read by the processor."""

import json
from dataclasses import dataclass

from payouts.doku import notifications
from payouts.doku.notifications import Kind, Notification


@dataclass(frozen=True, slots=True)
class QueuedNotification:
    """An authenticated notification and the time of its receipt, in milliseconds since the epoch."""

    notification: Notification
    received_at: int


def encode(kind: Kind, body: bytes, request_id: str, received_at: int) -> str:
    """The queue message for an authenticated and parsed body, which it holds as DOKU sent it."""
    return json.dumps(
        {"kind": kind, "receivedAt": received_at, "requestId": request_id, "body": body.decode("utf-8-sig")}
    )


def decode(message: str) -> QueuedNotification:
    """The notification in a message. Raises ValueError or KeyError for anything that `encode` did not write."""
    fields = json.loads(message)
    notification = notifications.parse(Kind(fields["kind"]), fields["body"].encode())
    return QueuedNotification(notification, int(fields["receivedAt"]))
