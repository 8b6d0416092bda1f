"""The queue of the batch worker. A message names a chunk; what to do with it follows from the batch's status."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from payouts.aws_call import NO_ANSWER

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

RESULT = -1
"""Stands for the result of a batch in the place of a chunk."""
_AT_ONCE = 10
_FAILURES = (ClientError, *NO_ANSWER)


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """A chunk to work on, or with the index RESULT a result to write."""

    reference: str
    index: int

    def body(self) -> str:
        """The body of the message."""
        return json.dumps({"batch": self.reference, "chunk": self.index})

    @classmethod
    def parse(cls, body: str) -> "ChunkTask":
        """The task of a message. Raises ValueError, KeyError or TypeError for any other message."""
        found = json.loads(body)
        return cls(str(found["batch"]), int(found["chunk"]))


class BatchQueue:
    """Sends tasks. A task that could not be sent is sent again by the next tick, so failures are not raised."""

    def __init__(self, sqs: "Callable[[], SQSClient]", url: str) -> None:
        self._sqs = cache(sqs)
        self._url = url

    def send(self, tasks: Sequence[ChunkTask]) -> int:
        """Send the tasks. Returns how many SQS has accepted."""
        sent = 0
        if not self._url:
            return sent
        for start in range(0, len(tasks), _AT_ONCE):
            part = tasks[start : start + _AT_ONCE]
            entries: Any = [{"Id": str(number), "MessageBody": each.body()} for number, each in enumerate(part)]
            try:
                sent += len(self._sqs().send_message_batch(QueueUrl=self._url, Entries=entries).get("Successful", []))
            except _FAILURES:
                break
        return sent
