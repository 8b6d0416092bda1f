"""What leaves a function: one call of AWS or DOKU, read off the wire."""

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


@dataclass(frozen=True)
class Request:
    """An HTTP request as it came: `raw` is all of it; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class Call:
    """One try of a call. `name` such as `dynamodb.PutItem(TOKEN)` or `doku.transfer`."""

    name: str
    request: Request
    service_code: str = ""
    """Of DOKU's operations."""

    @property
    def to_doku(self) -> bool:
        """Whether it goes to DOKU."""
        return self.name.startswith("doku.")

    @property
    def identity(self) -> str:
        """The same for all tries that botocore makes of one call; empty where nobody tries again."""
        return self.request.headers.get("amz-sdk-invocation-id", "")

    @property
    def members(self) -> dict[str, Any]:
        """The body, JSON in every protocol here."""
        members: dict[str, Any] = json.loads(self.request.body)
        return members


def of_doku(request: Request) -> Call:
    """A call of DOKU, by its path below the prefix."""
    for path, (name, code) in _DOKU.items():
        if request.path.endswith(path):
            return Call(f"doku.{name}", request, code)
    return Call(f"doku.{request.path}", request)


def of_aws(request: Request) -> Call:
    """A call of AWS, by its target; of a table's also what kind of item or which index it is about."""
    target, _, operation = request.headers["x-amz-target"].partition(".")
    service = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs"}.get(target, target)
    if service != "dynamodb":
        return Call(f"{service}.{operation}", request)
    members = json.loads(request.body)
    key = members.get("Item") or members.get("Key") or {}
    about = members.get("IndexName") or key.get("pk", {}).get("S", "").partition("#")[0]
    return Call(f"dynamodb.{operation}({about})", request)
