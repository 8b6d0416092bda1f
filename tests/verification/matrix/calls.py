"""Calls that a function makes to AWS or DOKU, parsed from their HTTP requests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_DOKU = {
    "/authorization/v1/access-token/b2b": ("token", "73"),
    "/emoney/bank-account-inquiry": ("inquiry", "42"),
    "/balance-inquiry": ("balance", "11"),
    "/emoney/transfer-bank": ("transfer", "43"),
    "/qr/qr-mpm-status": ("status", "53"),
}
TRANSFER = "doku.transfer"
WEBHOOK = "receiver.webhook"
S3 = "s3."
"""Prefix of the calls to S3, such as `s3.PUT`."""


@dataclass(frozen=True)
class Request:
    """An HTTP request. `raw` is the whole message; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class Call:
    """One try of a call. `name`, for example, is `dynamodb.PutItem(TOKEN)` or `doku.transfer`."""

    name: str
    request: Request
    service_code: str = ""
    """SNAP service code; empty for calls to AWS."""

    @property
    def to_doku(self) -> bool:
        """True for a call to DOKU."""
        return self.name.startswith("doku.")

    @property
    def identity(self) -> str:
        """Equal for all tries that botocore makes of one call; empty for DOKU calls, which are not retried."""
        return self.request.headers.get("amz-sdk-invocation-id", "")

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON body."""
        fields: dict[str, Any] = json.loads(self.request.body)
        return fields


def of_doku(request: Request) -> Call:
    """Parse a request to DOKU; the path names the operation."""
    for path, (name, code) in _DOKU.items():
        if request.path.endswith(path):
            return Call(f"doku.{name}", request, code)
    return Call(f"doku.{request.path}", request)


def of_receiver(request: Request) -> Call:
    """A webhook to the merchant's receiver."""
    return Call(WEBHOOK, request)


def of_aws(request: Request) -> Call:
    """Parse a request to AWS. For the table, the name includes the kind of item or the index."""
    if "x-amz-target" not in request.headers:
        return Call(f"{S3}{request.method}", request)
    target, _, operation = request.headers["x-amz-target"].partition(".")
    service = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs"}.get(target, target)
    if service != "dynamodb":
        return Call(f"{service}.{operation}", request)
    fields = json.loads(request.body)
    key = fields.get("Item") or fields.get("Key") or {}
    subject = fields.get("IndexName") or key.get("pk", {}).get("S", "").partition("#")[0]
    return Call(f"dynamodb.{operation}({subject})", request)
