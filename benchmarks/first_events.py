"""First events for cold starts: each is complete work against the local AWS and the DOKU simulator."""

import itertools
import json
import uuid
from collections.abc import Sequence
from typing import Any

from benchmarks.child_process import ROOT
from doku_signing.notification import Scheme, sign_notification
from local.stack import LocalStack

_SAMPLES = {
    "transfer_api": "create-transfer",
    "notification_receiver": "unpaid-notification",
    "notification_processor": "notification-queue",
    "status_poller": "poll",
    "webhook_sender": "webhook-queue",
    "batch_worker": "batch-queue",
}
_REFERENCE = "hsjkans284b2he54"
"""Reference of the transfer in the sample events."""
_NOTIFICATION_KEY = "0123456789abcdef"
"""The key that signed the sample notifications."""


class FirstEvents:
    """Makes an event for each cold start: a new transfer, its notification, its check."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._numbers = itertools.count(1)
        self._reference = ""
        secret_id = stack.variable("DOKU_SECRET_ID")
        secret = json.loads(stack.aws.secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"])
        self._agent_key = secret["agentKey"]
        signing = json.dumps(secret | {"notificationKey": _NOTIFICATION_KEY})
        stack.aws.secretsmanager.put_secret_value(SecretId=secret_id, SecretString=signing)

    def of(self, name: str) -> Sequence[Any]:
        """One event. Those of other functions are about the transfer of the last `transfer_api` event."""
        if name not in _SAMPLES:
            return [{}]
        if name == "transfer_api":
            self._reference = f"PAY-COLD-{next(self._numbers):04d}"
        if name == "status_poller":
            self._make_due()
        event = json.loads(
            (ROOT / "events" / f"{_SAMPLES[name]}.json").read_text().replace(_REFERENCE, self._reference)
        )
        if name == "notification_receiver":
            event["headers"] |= self._signed()
        return [event]

    def _signed(self) -> dict[str, str]:
        """A requestId of its own, which may come with one body only, and its signature."""
        request_id = str(uuid.uuid4())
        signature = sign_notification(Scheme.AES_ECB, _NOTIFICATION_KEY, self._agent_key, request_id)
        return {"requestid": request_id, "agentkey": self._agent_key, "signature": signature}

    def check(self, name: str, answers: Sequence[Any]) -> None:
        """Raise RuntimeError if a function did not do its work."""
        (answer,) = answers
        done = {
            "transfer_api": lambda: answer["statusCode"] == 201,
            "notification_receiver": lambda: answer["statusCode"] == 200,
            "notification_processor": lambda: answer == {"batchItemFailures": []},
            "status_poller": lambda: answer["learned"] == 1,
            "webhook_sender": lambda: answer == {"batchItemFailures": []},
            "batch_worker": lambda: answer == {"batchItemFailures": []},
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
