"""The queue of the batch worker. A message names a chunk, a file or a result.

What to do with a chunk follows from the batch's status; a file is read, a result written.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from payouts.aws_call import NO_ANSWER
from payouts.domain.errors import Misconfigured

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_AT_ONCE = 10
_FAILURES = (ClientError, *NO_ANSWER)


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """A chunk to work on."""

    reference: str
    index: int

    def body(self) -> str:
        """The body of the message."""
        return json.dumps({"batch": self.reference, "chunk": self.index})


@dataclass(frozen=True, slots=True)
class FileTask:
    """A file to read."""

    reference: str
    sha256: str

    def body(self) -> str:
        """The body of the message."""
        return json.dumps({"batch": self.reference, "file": self.sha256})


@dataclass(frozen=True, slots=True)
class ResultTask:
    """A result to write."""

    reference: str

    def body(self) -> str:
        """The body of the message."""
        return json.dumps({"batch": self.reference, "result": True})


Task = ChunkTask | FileTask | ResultTask


def parse(body: str) -> Task:
    """The task of a message. Raises ValueError, KeyError or TypeError for any other message."""
    found = json.loads(body)
    if "file" in found:
        return FileTask(str(found["batch"]), str(found["file"]))
    if "result" in found:
        return ResultTask(str(found["batch"]))
    return ChunkTask(str(found["batch"]), int(found["chunk"]))


class BatchQueue:
    """Sends tasks. A task that could not be sent is sent again by the next tick, so failures are not raised."""

    def __init__(self, sqs: "Callable[[], SQSClient]", url: str) -> None:
        self._sqs = cache(sqs)
        self._url = url

    def send(self, tasks: Sequence[Task]) -> int:
        """Send the tasks. Returns how many SQS has accepted. Raises Misconfigured without a queue."""
        sent = 0
        if tasks and not self._url:
            raise Misconfigured("BATCH_QUEUE_URL is not set: nothing would work on batches")
        for start in range(0, len(tasks), _AT_ONCE):
            part = tasks[start : start + _AT_ONCE]
            entries: Any = [{"Id": str(number), "MessageBody": each.body()} for number, each in enumerate(part)]
            try:
                sent += len(self._sqs().send_message_batch(QueueUrl=self._url, Entries=entries).get("Successful", []))
            except _FAILURES:
                break
        return sent
