"""SQS event source mappings: receives messages, invokes a function with them, and deletes those that succeeded.

As with Lambda, the messages of a failed invocation, or those that it reports as batch item failures, stay in the queue.
They are hidden until their visibility time-out ends, or for the time that the function set. The queue moves a message
to its dead-letter queue after the maximum number of deliveries.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.aws.bundle import QueueTrigger
from local.aws.session import REGION
from local.gateway.api import Invocable
from local.lambda_runtime.runtime import InvocationFailed

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_RECEIVE = 10  # messages at once; SQS allows no more
_PAUSE = 0.1  # seconds between polls of an empty queue


@dataclass(frozen=True)
class Drained:
    """The result of a pump: numbers of messages, and the errors of invocations that failed as a whole."""

    batches: int = 0
    succeeded: int = 0
    failed: int = 0
    errors: tuple[str, ...] = ()

    def __add__(self, other: "Drained") -> "Drained":
        return Drained(
            self.batches + other.batches,
            self.succeeded + other.succeeded,
            self.failed + other.failed,
            self.errors + other.errors,
        )


class Pump:
    """Passes the messages of one queue to one function. `step` and `drain` may be called from any thread."""

    def __init__(self, trigger: QueueTrigger, queue_url: str, sqs: "SQSClient", function: Invocable) -> None:
        self._trigger, self._url, self._sqs, self._function = trigger, queue_url, sqs, function
        self.queue = trigger.queue
        attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
        self._arn = attributes["QueueArn"]

    def drain(self, *, until_empty: bool = True, max_batches: int = 1000) -> Drained:
        """Process the visible messages in batches; only one batch unless `until_empty`."""
        total = Drained()
        while total.batches < max_batches and (done := self.step()).batches:
            total += done
            if not until_empty:
                break
        return total

    def step(self) -> Drained:
        """Process one batch of visible messages, if any, without waiting for the batching window."""
        messages = self._receive()
        if not messages:
            return Drained()
        failed, errors = self._process(messages)
        self._delete([message for message in messages if message["MessageId"] not in failed])
        return Drained(1, len(messages) - len(failed), len(failed), errors)

    def run(self, stop: threading.Event) -> None:
        """Process messages as they arrive, until `stop` is set."""
        while not stop.is_set():
            if not self.step().batches:
                stop.wait(_PAUSE)

    def _receive(self) -> list[Mapping[str, Any]]:
        messages: list[Mapping[str, Any]] = []
        while (room := self._trigger.batch_size - len(messages)) > 0:
            received = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(room, _RECEIVE),
                WaitTimeSeconds=0,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            messages += received
            if not received:
                break
        return messages

    def _process(self, messages: Sequence[Mapping[str, Any]]) -> tuple[set[str], tuple[str, ...]]:
        """Invoke the function with a batch. Returns the ids of failed messages and an invocation's error."""
        try:
            answer = self._function.invoke({"Records": [self._record(message) for message in messages]})
        except InvocationFailed as error:
            return {message["MessageId"] for message in messages}, (str(error),)
        return self._failed(answer, messages), ()

    def _record(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A received message as a record of the event."""
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": dict(message["Attributes"]),
            "messageAttributes": {k: _attribute(v) for k, v in message.get("MessageAttributes", {}).items()},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": REGION,
        }

    def _failed(self, answer: Any, messages: Sequence[Mapping[str, Any]]) -> set[str]:
        """Ids of the messages that the function reports as failed; all of them if its answer is invalid."""
        ids = {message["MessageId"] for message in messages}
        if not self._trigger.partial or not answer:
            return set()
        try:
            named = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures") or []}
        except (AttributeError, KeyError, TypeError):
            return ids
        return ids if named - ids else named

    def _delete(self, messages: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(messages), _RECEIVE):
            entries: Any = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages[start : start + _RECEIVE])
            ]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    """A message attribute with the event's names."""
    return {name[0].lower() + name[1:]: item for name, item in value.items()} | {
        "stringListValues": [],
        "binaryListValues": [],
    }
