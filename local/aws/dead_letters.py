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


def count(sqs: Any, queue_url: str) -> int:
    """Messages in a queue, those in flight included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def move(sqs: Any, source: str, destination: str) -> int:
    """Send each message to `destination`, then delete it from `source`: it is always in one of them."""
    moved = 0
    while messages := sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            sqs.send_message(QueueUrl=destination, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


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
