"""Answers the AWS calls of boto3's clients from memory: the table, and the merchant's secret.

Hooks on botocore's events, so that the clients do all of their own work but the signature and HTTP.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from boto3.session import Session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from local.in_memory.table import MemoryTable, Refused

_SECONDS = 0.005
"""Time of an AWS call, half of it before the call is carried out."""


class MemoryAws:
    """The table and the secret behind every client of a session; each call waits for `_SECONDS` in all."""

    def __init__(self, table: MemoryTable, secret: str, sleep: Callable[[float], None]) -> None:
        self._table = table
        self._secret = secret
        self._sleep = sleep

    def install(self, session: Session) -> None:
        """Answer the calls of every client that the session makes from now on."""
        hooks: tuple[tuple[str, Any], ...] = (
            ("before-call.dynamodb.*", self._dynamodb),
            ("before-call.secrets-manager.GetSecretValue", self._secret_value),
        )
        for event, hook in hooks:
            session.events.register(event, hook)

    def _dynamodb(self, event_name: str, params: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        operation = event_name.rpartition(".")[2]
        self._sleep(_SECONDS / 2)
        try:
            answer = self._table.call(operation, json.loads(params["body"]))
        except Refused as refused:
            failure: dict[str, Any] = {"Error": {"Code": refused.code, "Message": refused.code}}
            return self._answered(400, failure | ({"Item": refused.item} if refused.item else {}))
        return self._answered(200, answer)

    def _secret_value(self, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        self._sleep(_SECONDS / 2)
        return self._answered(200, {"ARN": "doku", "SecretString": self._secret})

    def _answered(self, status: int, parsed: dict[str, Any]) -> tuple[AWSResponse, dict[str, Any]]:
        self._sleep(_SECONDS / 2)
        metadata = {"HTTPStatusCode": status, "RequestId": "in-memory", "HTTPHeaders": {}, "RetryAttempts": 0}
        return AWSResponse("memory://", status, HTTPHeaders(), None), parsed | {"ResponseMetadata": metadata}
