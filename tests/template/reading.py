"""The translated template and helpers to search it."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from local.aws import template
from local.aws.template import Template

ROOT = Path(__file__).parents[2]
PARAMETERS = {
    "JwtIssuer": "https://login.example.com/",
    "JwtAudience": "payouts",
    "WebhookUrl": "https://merchant.example.com/webhooks",
}
FUNCTIONS = (
    "TransferApiFunction",
    "NotificationReceiverFunction",
    "NotificationProcessorFunction",
    "StatusPollerFunction",
    "BatchWorkerFunction",
    "WebhookSenderFunction",
)
IN_VPC = {"SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}

Properties = Mapping[str, Any]


def translated(**parameters: str) -> Template:
    """template.yaml, translated with these parameters and the required ones."""
    return _translated(tuple(sorted(parameters.items())))


@cache
def _translated(parameters: tuple[tuple[str, str], ...]) -> Template:
    return template.load(ROOT / "template.yaml", {**PARAMETERS, **dict(parameters)})


def properties(name: str, **parameters: str) -> Properties:
    """The properties of one resource."""
    found: Properties = translated(**parameters).resources[name]["Properties"]
    return found


def many(value: Any) -> list[Any]:
    """A value or list of values, as a list."""
    return value if isinstance(value, list) else [value]


def chosen(value: Any, which: int = 1) -> list[Any]:
    """The items of a list with the first or second branch of each Fn::If, without AWS::NoValue."""
    items = [item["Fn::If"][which] if isinstance(item, dict) and "Fn::If" in item else item for item in many(value)]
    return [item for item in items if item != {"Ref": "AWS::NoValue"}]


def documents() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every policy with its owner (role, managed policy, queue or key); no trust policies."""
    for name, resource in translated().resources.items():
        found = resource.get("Properties", {})
        for policy in found.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
            yield name, policy["PolicyDocument"]
        for key in ("PolicyDocument", "KeyPolicy"):
            if key in found:
                yield name, found[key]


def statements(whose: str | None = None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every statement of every policy with its owner, including both branches of Fn::If."""
    for name, document in documents():
        if whose in (None, name):
            for item in many(document["Statement"]):
                for statement in item["Fn::If"][1:] if "Fn::If" in item else [item]:
                    if statement != {"Ref": "AWS::NoValue"}:
                        yield name, statement


def actions(statement: Mapping[str, Any]) -> set[str]:
    """The resources of a statement."""
    return set(many(statement["Action"]))


def text(value: Any) -> str:
    """A value with its intrinsic functions as text."""
    return json.dumps(value, default=str)
