"""The first event of a cold start: each a whole piece of work, against the local AWS and a simulated DOKU."""

import copy
import itertools
import json
from collections.abc import Sequence
from typing import Any

from benchmarks.lines import ROOT
from local.stack import LocalStack

_SAMPLES = {
    "transfer_api": "create-transfer",
    "notification_receiver": "unpaid-notification",
    "notification_processor": "notification-queue",
    "status_poller": "poll",
}
_REFERENCE = "hsjkans284b2he54"
"""Of the transfer that the samples are about."""
_NOTIFICATION_KEY = "0123456789abcdef"
"""What the samples are signed with."""


class FirstEvents:
    """Gives every cold start work of its own: a transfer that nobody knows yet, its callback, its check."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._numbers = itertools.count(1)
        self._reference = ""
        secret_id = stack.variable("DOKU_SECRET_ID")
        secret = json.loads(stack.aws.secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"])
        signing = json.dumps(secret | {"notificationKey": _NOTIFICATION_KEY})
        stack.aws.secretsmanager.put_secret_value(SecretId=secret_id, SecretString=signing)

    def of(self, name: str) -> Sequence[Any]:
        """One event. Those of the processor and the poller are about the transfer of the last `transfer_api`."""
        if name not in _SAMPLES:
            return [{}]
        if name == "transfer_api":
            self._reference = f"PAY-COLD-{next(self._numbers):04d}"
        if name == "status_poller":
            self._make_due()
        event = json.loads(
            (ROOT / "events" / f"{_SAMPLES[name]}.json").read_text().replace(_REFERENCE, self._reference)
        )
        return [copy.deepcopy(event)]

    def check(self, name: str, answers: Sequence[Any]) -> None:
        """Raises RuntimeError where a function did not do what it was asked."""
        (answer,) = answers
        done = {
            "transfer_api": lambda: answer["statusCode"] == 201,
            "notification_receiver": lambda: answer["statusCode"] == 200,
            "notification_processor": lambda: answer == {"batchItemFailures": []},
            "status_poller": lambda: answer["learned"] == 1,
        }
        if name in done and not done[name]():
            raise RuntimeError(f"{name} did not do its work: {answer}")

    def _make_due(self) -> None:
        self._stack.aws.dynamodb.update_item(
            TableName=self._stack.table_name,
            Key={"pk": {"S": f"TRANSFER#{self._reference}"}},
            UpdateExpression="SET nextCheckAt = :then, dueShard = :shard",
            ExpressionAttributeValues={":then": {"N": "1"}, ":shard": {"S": "0"}},
        )
