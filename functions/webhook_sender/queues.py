"""The queues of the webhook sender: delays, and messages that are set aside and brought back."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from payouts.aws_call import NO_ANSWER
from webhook_sender.settings import WebhookSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FAILURES = (ClientError, *NO_ANSWER)
"""Raised by calls of SQS that failed or may have failed."""
_AT_ONCE = 10
"""Messages that SQS receives, sends and deletes in one call."""
_HIDDEN_SECONDS = 60
"""How long a message of the dead-letter queue stays hidden while it is moved or delivered."""

Message = Mapping[str, Any]


class Queues:
    """SQS, with the queues by their role. The client is created when it is needed: not for a delivery that succeeds."""

    def __init__(self, sqs: "Callable[[], SQSClient]", settings: WebhookSettings) -> None:
        self._sqs = cache(sqs)
        self._replay = settings.replay_queue_url
        self._dead = settings.dead_letter_queue_url
        self._urls = {url.rpartition("/")[2]: url for url in (settings.queue_url, settings.replay_queue_url)}

    def put_off(self, record: Message, seconds: int) -> None:
        """Hide a received message. If SQS fails, the queue's own time-out applies."""
        url = self._urls[record["eventSourceARN"].rpartition(":")[2]]
        try:
            self._sqs().change_message_visibility(
                QueueUrl=url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
            )
        except FAILURES:
            return

    def set_aside(self, body: str) -> bool:
        """Send a message to the dead-letter queue. False if that failed: its own queue must keep it."""
        try:
            self._sqs().send_message(QueueUrl=self._dead, MessageBody=body)
        except FAILURES:
            return False
        return True

    def take(self, count: int = _AT_ONCE) -> list[Message]:
        """Up to `count` messages of the dead-letter queue, hidden for a minute. Waits a second for the first one."""
        received = self._sqs().receive_message(
            QueueUrl=self._dead, MaxNumberOfMessages=count, VisibilityTimeout=_HIDDEN_SECONDS, WaitTimeSeconds=1
        )
        return list(received.get("Messages", []))

    def bring_back(self, messages: list[Message]) -> int:
        """Send messages to the replay queue, then delete them: each is always in one queue. Returns how many."""
        entries: Any = [{"Id": str(number), "MessageBody": each["Body"]} for number, each in enumerate(messages)]
        sent = self._sqs().send_message_batch(QueueUrl=self._replay, Entries=entries).get("Successful", [])
        for each in sent:
            self.remove(messages[int(each["Id"])])
        return len(sent)

    def remove(self, message: Message) -> None:
        """Delete a message of the dead-letter queue."""
        self._sqs().delete_message(QueueUrl=self._dead, ReceiptHandle=message["ReceiptHandle"])
