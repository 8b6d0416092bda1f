"""Queues a notification, then answers DOKU. Success is answered only once the notification is in the queue."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from notification_receiver.authenticator import Authenticator
from payouts.aws_call import call_aws
from payouts.doku import notifications, queued_notification
from payouts.doku.notifications import Kind, Notification
from payouts.domain.errors import PayoutError, Unavailable
from payouts.store.notification_ids import NotificationIds

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_MAX_BYTES = 16_384
_FAILED = "99"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to DOKU. Its fields may be logged."""

    status: int
    code: str
    message: str
    transaction_id: str = ""
    replayed: bool = False
    """True if the requestId was received before with another body."""

    def to_gateway(self) -> dict[str, Any]:
        """The answer in DOKU's format, as an API Gateway response (payload 2.0)."""
        fields = {
            "status": self.status == 200,
            "transactionId": self.transaction_id,
            "responseCode": self.code,
            "responseMessage": self.message,
        }
        return {
            "statusCode": self.status,
            "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"},
            "body": json.dumps(fields),
        }


class Receiver:
    """Puts notifications from API Gateway into the queue."""

    def __init__(
        self,
        authenticator: Authenticator,
        request_ids: NotificationIds,
        sqs: "SQSClient",
        queue_url: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._authenticator = authenticator
        self._request_ids = request_ids
        self._sqs = sqs
        self._queue_url = queue_url
        self._clock = clock

    def receive(self, event: Mapping[str, Any]) -> Reply:
        """Queue the notification and return the reply: 401, 400 or 404 for a bad one, 503 if DOKU should send it again.

        A notification is bound to its requestId before it is queued. If that fails it is not accepted: DOKU sends it
        again, and status checks find the change in any case. A crash in between is harmless, since the same body under
        the same requestId is queued again.
        """
        kind = _kind(event)
        if kind is None:
            return Reply(404, _FAILED, "unknown notification path")
        headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
        try:
            if not self._authenticator.is_doku(headers, event["requestContext"]["http"]["sourceIp"]):
                return Reply(401, _FAILED, "agentKey or signature is not valid")
            body, request_id = _body(event), headers["requestid"]
            notification = notifications.parse(kind, body)
            if not self._request_ids.bind(request_id, f"{kind}\n".encode() + body, self._clock()):
                return _replayed(notification)
        except ValueError as error:
            return Reply(400, _FAILED, str(error))
        except PayoutError:
            return Reply(503, _FAILED, "try again later")
        return self._keep(notification, body, request_id)

    def _keep(self, notification: Notification, body: bytes, request_id: str) -> Reply:
        message = queued_notification.encode(notification.kind, body, request_id, int(self._clock() * 1000))
        send = partial(self._sqs.send_message, QueueUrl=self._queue_url, MessageBody=message)
        try:
            call_aws("SQS", send, "MessageId")
        except (ClientError, Unavailable):
            return Reply(503, _FAILED, "try again later", notification.transaction_id)
        return Reply(200, "00", "Successfully processed", notification.transaction_id)


def _replayed(notification: Notification) -> Reply:
    message = "this requestId was received before with another body"
    return Reply(401, _FAILED, message, notification.transaction_id, replayed=True)


def _kind(event: Mapping[str, Any]) -> Kind | None:
    """The kind by the last part of the path, with or without a stage prefix or a trailing slash."""
    if event["requestContext"]["http"]["method"] != "POST":
        return None
    last = event["rawPath"].rstrip("/").rpartition("/")[2]
    return Kind(last) if last in Kind._value2member_map_ else None


def _body(event: Mapping[str, Any]) -> bytes:
    """The body as received. Raises ValueError if it is too large or is not valid base64."""
    text = event.get("body") or ""
    if len(text) > 2 * _MAX_BYTES:
        raise ValueError("the body is too large")
    body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    if len(body) > _MAX_BYTES:
        raise ValueError("the body is too large")
    return body
