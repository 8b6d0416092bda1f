"""The delay before a failed message is delivered again."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from payouts.aws_call import NO_ANSWER

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_FIRST_SECONDS = 30
_MAX_SECONDS = 3600


class Backoff:
    """Exponential backoff from 30 seconds to an hour, plus up to 25 % jitter."""

    def __init__(self, sqs: "SQSClient", queue_url: str, jitter: Callable[[], float]) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._jitter = jitter

    def put_off(self, record: Mapping[str, Any]) -> int | None:
        """Hide the message and return the delay in seconds; None if SQS failed and the queue's own time-out applies."""
        count = int(record["attributes"]["ApproximateReceiveCount"])
        wait = min(_FIRST_SECONDS * 2 ** (count - 1), _MAX_SECONDS)
        seconds = int(wait * (1 + self._jitter() / 4))
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
            )
        except (ClientError, *NO_ANSWER):
            return None
        return seconds
