"""Reads and redrives the notifications in the dead-letter queue of the local run."""

import json
from datetime import datetime
from typing import Any

_MOST = 10
"""The most messages that SQS returns at once."""


def dead_notifications(sqs: Any, queue: str) -> list[dict[str, Any]]:
    """Up to ten dead notifications, which stay in the queue.

    Each has `messageId`, and one that the receiver queued also `at` (WIB), `kind`, `partnerReferenceNo`, `referenceNo`,
    `message` and `requestId`.
    """
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=_MOST, VisibilityTimeout=0)
    return [_described(message) for message in found.get("Messages", [])]


def count(sqs: Any, queue_url: str) -> int:
    """The number of messages in a queue, including those in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def move(sqs: Any, source: str, destination: str) -> int:
    """Send each message to `destination`, then delete it from `source`, so that none is lost. Returns their number."""
    moved = 0
    while messages := sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            sqs.send_message(QueueUrl=destination, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _described(message: dict[str, Any]) -> dict[str, Any]:
    from doku_signing.timestamps import WIB  # imported late: the stack starts without the layers
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
