"""Calls that reach the local AWS endpoint, as IAM sees them: role, action, resource and condition keys."""

import json
import re
from typing import Any

from local.aws.moto_server import ACCOUNT
from local.aws.session import REGION
from local.gateway.http_server import Request
from tests.template.policies import Call

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/")


_OBJECT = {"PUT": "s3:PutObject", "POST": "s3:PutObject", "GET": "s3:GetObject", "DELETE": "s3:DeleteObject"}
"""Actions on an object by method. All steps of a multipart upload need s3:PutObject."""


_TRANSACTED = {"Update": "dynamodb:UpdateItem", "ConditionCheck": "dynamodb:ConditionCheckItem"}
"""Actions that the parts of a transaction need."""


def access_key(request: Request) -> str:
    """The access key that signed a request; empty without one."""
    return _credential(request)[0]


def _credential(request: Request) -> tuple[str, str]:
    """The access key and the service that a request is signed for."""
    found = _CREDENTIAL.search(request.headers.get("authorization") or "")
    if found is None and request.method == "POST":
        found = _CREDENTIAL.search(f"Credential={_field(request, 'x-amz-credential')}/")
    return (found[1], found[2]) if found else ("", "")


def _field(request: Request, name: str) -> str:
    """A field of a form that uploads a file; empty if there is none."""
    found = re.search(rf'name="{name}"\r\n\r\n([^\r]+)'.encode(), request.data)
    return found[1].decode() if found else ""


def of(request: Request) -> list[Call]:
    """The calls of a request, several for a transaction. Its access key identifies the function."""
    function, service = _credential(request)
    if service == "s3":
        action, key = _OBJECT[request.method], _field(request, "key") if request.method == "POST" else ""
        return [Call(function, action, f"arn:aws:s3:::{request.path.removeprefix('/')}{key and '/' + key}")]
    operation = (request.headers.get("x-amz-target") or "").rpartition(".")[2]
    body: dict[str, Any] = json.loads(request.data)
    action = f"{service}:{operation}"
    match service:
        case "dynamodb":
            if "TransactItems" in body:
                parts = [(_TRANSACTED[name], part) for each in body["TransactItems"] for name, part in each.items()]
                return [_of_the_table(function, action, part) for action, part in parts]
            return [_of_the_table(function, action, body)]
        case "sqs":
            name = body["QueueUrl"].rpartition("/")[2]
            # IAM has no actions of their own for batches.
            return [Call(function, action.removesuffix("Batch"), f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")]
        case "secretsmanager":
            return [Call(function, action, body["SecretId"])]
    raise AssertionError(f"a call to a service that is not known here: {action}")


def _of_the_table(function: str, action: str, body: dict[str, Any]) -> Call:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""
    if "RequestItems" in body:
        ((table, requested),) = body["RequestItems"].items()
        keys = [key["pk"] for key in requested["Keys"]]
    else:
        table = body["TableName"]
        keys = [body["Key"]["pk"]] if "Key" in body else [body["Item"]["pk"]] if "Item" in body else []
    resource = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"
    if "IndexName" in body:
        resource += f"/index/{body['IndexName']}"
    return Call(function, action, resource, tuple(key["S"] for key in keys))
