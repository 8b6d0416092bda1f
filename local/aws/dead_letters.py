"""The notifications in the dead-letter queue of the local run, for people to look at."""

import json
from datetime import datetime
from typing import Any

_MOST = 10
"""SQS hands out so many at once."""


def dead_notifications(sqs: Any, queue: str) -> list[dict[str, Any]]:
    """Up to ten of them, which stay where they are: `messageId`, and for those that are ours `at` (WIB), `kind`,
    `partnerReferenceNo`, `referenceNo`, `message` and `requestId`.
    """
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=_MOST, VisibilityTimeout=0)
    return [_told(message) for message in found.get("Messages", [])]


def _told(message: dict[str, Any]) -> dict[str, Any]:
    from doku_signing.timestamps import WIB  # on the path that make sets; the stack starts without them
    from payouts.doku import queued_notification

    try:
        received = queued_notification.decode(message["Body"])
    except (ValueError, KeyError, TypeError):
        return {"messageId": message["MessageId"]}
    said = received.notification
    return {
        "messageId": message["MessageId"],
        "at": datetime.fromtimestamp(received.received_at / 1000, WIB).isoformat(timespec="milliseconds"),
        "kind": said.kind,
        "partnerReferenceNo": said.send_trx_id or None,
        "referenceNo": said.transaction_id,
        "message": said.message,
        "requestId": json.loads(message["Body"]).get("requestId"),
    }
