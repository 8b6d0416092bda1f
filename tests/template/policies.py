"""Evaluation of the translated policies, with references resolved, as IAM does it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from local.aws.moto_server import ACCOUNT
from local.aws.session import REGION
from local.aws.template import Template
from tests.template.reading import many

_PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::StackName": "local"}
_ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
}


@dataclass(frozen=True)
class Call:
    """One request to AWS by a function's role. `keys` are the partition keys that it is about, if any."""

    function: str
    action: str
    resource: str
    keys: tuple[str, ...] = ()

    @property
    def context(self) -> Mapping[str, tuple[str, ...]]:
        """The values of IAM's condition keys."""
        return {"dynamodb:LeadingKeys": self.keys} if self.keys else {}


@dataclass(frozen=True)
class Grant:
    """One action on one resource under conditions, as one statement of one policy has it."""

    policy: str
    effect: str
    action: str
    resource: str
    condition: Mapping[str, Mapping[str, tuple[str, ...]]]

    def covers(self, call: Call) -> bool:
        """True if the grant covers this call."""
        return (
            fnmatchcase(call.action.lower(), self.action.lower())
            and fnmatchcase(call.resource, self.resource)
            and all(_holds(operator, keys, call.context) for operator, keys in self.condition.items())
        )

    def narrowed(self) -> Iterator["Grant"]:
        """One grant for each pattern of `dynamodb:LeadingKeys`, so that an unused one is found."""
        for operator, keys in self.condition.items():
            if "dynamodb:LeadingKeys" in keys:
                for pattern in keys["dynamodb:LeadingKeys"]:
                    condition = {**self.condition, operator: {**keys, "dynamodb:LeadingKeys": (pattern,)}}
                    yield Grant(self.policy, self.effect, self.action, self.resource, condition)
                return
        yield self

    def __str__(self) -> str:
        keys = [key for keys in self.condition.values() for key in keys.get("dynamodb:LeadingKeys", ())]
        return " ".join([self.policy, self.action, self.resource.rpartition(":")[2], *keys])


def _holds(operator: str, keys: Mapping[str, tuple[str, ...]], context: Mapping[str, tuple[str, ...]]) -> bool:
    for key, patterns in keys.items():
        values = context.get(key, ())
        match operator:
            case "ForAllValues:StringLike":
                met = all(any(fnmatchcase(value, pattern) for pattern in patterns) for value in values)
            case "StringEquals" | "ArnEquals":
                met = bool(values) and set(values) <= set(patterns)
            case _:
                raise AssertionError(f"no such operator here: {operator}")
        if not met:
            return False
    return True


def is_allowed(call: Call, grants: list[Grant]) -> bool:
    """True if a statement allows the call and none denies it."""
    effects = {grant.effect for grant in grants if grant.covers(call)}
    return effects == {"Allow"}


class Policies:
    """The policies of a deployment: `ids` are physical ids by logical id."""

    def __init__(self, template: Template, ids: Mapping[str, str]) -> None:
        self._template, self._ids = template, ids

    def of(self, function: str) -> list[Grant]:
        """The grants and denials of the function's role."""
        role = self._template.resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
        return [grant for name, document in self._documents(role) for grant in self._grants(name, document)]

    def arn(self, logical_id: str) -> str:
        """The ARN of a resource."""
        physical, kind = self._ids.get(logical_id, logical_id), self._template.resources[logical_id]["Type"]
        return _ARNS[kind].format(physical.rpartition("/")[2])

    def _documents(self, role: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        properties = self._template.resources[role]["Properties"]
        yield from ((role, policy["PolicyDocument"]) for policy in properties["Policies"])
        attached = {one["Ref"] for one in properties["ManagedPolicyArns"]}
        for name, policy in self._template.of_type("AWS::IAM::ManagedPolicy").items():
            condition = self._template.resources[name].get("Condition")
            if condition and not self._template.holds({"Condition": condition}):
                continue
            if name in attached or {"Ref": role} in policy.get("Roles", []):
                yield name, policy["PolicyDocument"]

    def _grants(self, name: str, document: Mapping[str, Any]) -> Iterator[Grant]:
        for statement in self._resolved(document["Statement"]):
            condition = {
                operator: {key: tuple(many(value)) for key, value in keys.items()}
                for operator, keys in statement.get("Condition", {}).items()
            }
            for action in many(statement["Action"]):
                for resource in many(statement["Resource"]):
                    yield Grant(name, statement["Effect"], action, resource, condition)

    def _resolved(self, value: Any) -> Any:
        match self._template.resolve(value):
            case {"Ref": str(name)}:
                return self._ids.get(name, name)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self.arn(name)
            case {"Fn::Sub": str(text)} | str(text):
                return re.sub(r"\$\{([\w:.]+)\}", lambda found: self._substituted(found[1]), text)
            case dict() as found:
                return {key: self._resolved(item) for key, item in found.items()}
            case list() as found:
                return [self._resolved(item) for item in found if item is not None]
            case other:
                return other

    def _substituted(self, name: str) -> str:
        if name in _PSEUDO:
            return _PSEUDO[name]
        logical_id, _, attribute = name.partition(".")
        if attribute:
            return self.arn(logical_id)
        return self._template.parameters.get(name) or self._ids[name]
