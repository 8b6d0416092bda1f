"""How long a message that could not be applied waits before it is delivered again."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from payouts.aws_call import NO_ANSWER

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_FIRST = 30
_MOST = 3600


class Backoff:
    """Doubles the wait with each delivery, from half a minute to an hour, with up to a quarter of jitter on top."""

    def __init__(self, sqs: "SQSClient", queue_url: str, jitter: Callable[[], float]) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._jitter = jitter

    def put_off(self, record: Mapping[str, Any]) -> int | None:
        """Hide the message for its next wait, in seconds. None where SQS refuses: the queue's own time-out holds."""
        count = int(record["attributes"]["ApproximateReceiveCount"])
        wait = min(_FIRST * 2 ** (count - 1), _MOST)
        seconds = int(wait * (1 + self._jitter() / 4))
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
            )
        except (ClientError, *NO_ANSWER):
            return None
        return seconds
