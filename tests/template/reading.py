"""The template as CloudFormation gets it, and what the tests look for in it."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from local.aws import template
from local.aws.template import Template

ROOT = Path(__file__).parents[2]
PARAMETERS = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
FUNCTIONS = (
    "TransferApiFunction",
    "NotificationReceiverFunction",
    "NotificationProcessorFunction",
    "StatusPollerFunction",
)
IN_VPC = {"SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}

Properties = Mapping[str, Any]


def translated(**parameters: str) -> Template:
    """template.yaml, translated with these parameters besides the ones it demands."""
    return _translated(tuple(sorted(parameters.items())))


@cache
def _translated(parameters: tuple[tuple[str, str], ...]) -> Template:
    return template.load(ROOT / "template.yaml", {**PARAMETERS, **dict(parameters)})


def properties(name: str, **parameters: str) -> Properties:
    """The properties of one resource."""
    found: Properties = translated(**parameters).resources[name]["Properties"]
    return found


def many(value: Any) -> list[Any]:
    """A value that may stand alone or in a list, as IAM has them."""
    return value if isinstance(value, list) else [value]


def chosen(value: Any, which: int = 1) -> list[Any]:
    """The items of a list, with the first branch of each Fn::If in it, or the second; AWS::NoValue left out."""
    items = [item["Fn::If"][which] if isinstance(item, dict) and "Fn::If" in item else item for item in many(value)]
    return [item for item in items if item != {"Ref": "AWS::NoValue"}]


def documents() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every policy with whose it is: of roles, managed policies, queues and keys; not who may assume a role."""
    for name, resource in translated().resources.items():
        found = resource.get("Properties", {})
        for policy in found.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
            yield name, policy["PolicyDocument"]
        for key in ("PolicyDocument", "KeyPolicy"):
            if key in found:
                yield name, found[key]


def statements(whose: str | None = None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every statement of every policy, those of a branch included, with whose it is."""
    for name, document in documents():
        if whose in (None, name):
            for item in many(document["Statement"]):
                for statement in item["Fn::If"][1:] if "Fn::If" in item else [item]:
                    if statement != {"Ref": "AWS::NoValue"}:
                        yield name, statement


def actions(statement: Mapping[str, Any]) -> set[str]:
    """What a statement is about."""
    return set(many(statement["Action"]))


def text(value: Any) -> str:
    """A value with its intrinsic functions, to be searched."""
    return json.dumps(value, default=str)
