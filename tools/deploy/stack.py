"""The CloudFormation stack: its state before a deployment, and what a failed one did and left."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.deploy import Stopped

_NEVER_DEPLOYED = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
_EMPTY = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
"""States of a first deployment, or a deletion, that failed: CloudFormation can only delete such a stack."""
_NO_LEFTOVER = ("AWS::CloudFormation::Stack", "AWS::Lambda::LayerVersion")
"""Layer versions stay by design: they are code that functions may still use, hold no data and cost nothing."""


@dataclass(frozen=True)
class Stack:
    """A stack as CloudFormation described it; `parameters` is None where nothing is deployed."""

    client: Any
    name: str
    region: str
    status: str = ""
    parameters: Mapping[str, str] | None = None

    @classmethod
    def read(cls, session: boto3.Session, name: str) -> "Stack":
        """Raises Stopped where it can't be read."""
        client = session.client("cloudformation")
        try:
            found = client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return cls(client, name, session.region_name)
            raise Stopped(f"stack {name} can't be read: {error}") from error
        except BotoCoreError as error:
            raise Stopped(f"stack {name} can't be read: {error}") from error
        status = found["StackStatus"]
        if status in _NEVER_DEPLOYED:
            return cls(client, name, session.region_name, status)
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}
        return cls(client, name, session.region_name, status, parameters)

    def check_state(self) -> None:
        """Raise Stopped in a state in which CloudFormation accepts no deployment."""
        if self.status in _EMPTY:
            raise Stopped("\n".join([f"stack {self.name} is {self.status}.", *self._remains(), *self._how_to_delete()]))
        if self.status == "UPDATE_ROLLBACK_FAILED":
            causes = "\n".join(self.failures())
            raise Stopped(
                f"stack {self.name} is {self.status}: the rollback failed.\n{causes}\n"
                "Remove the cause, let CloudFormation finish the rollback, then deploy again:\n"
                f"   aws cloudformation continue-update-rollback --stack-name {self.name} --region {self.region}"
            )
        if self.status.endswith("_IN_PROGRESS") and self.status not in _NEVER_DEPLOYED:
            raise Stopped(f"stack {self.name} is {self.status}: another deployment or deletion is running; wait for it")

    def last_event(self) -> str:
        """The id of the newest event, to find later what came after it; empty for a new stack."""
        return next((event["EventId"] for event in self._events()), "")

    def explain_failure(self, since: str) -> str:
        """The failures of the deployment that began after event `since`, its leftovers, and what to do."""
        lines = ["sam did not deploy; its output is above."]
        if causes := list(self.failures(since)):
            lines += ["CloudFormation failed on:", *causes]
        if self.status in _EMPTY:
            lines += [*self._left_over(), *self._how_to_delete()]
        elif self.parameters is not None:
            lines.append(f"The version before still runs ({self.status}).")
        return "\n".join(lines)

    def failures(self, since: str = "") -> Iterator[str]:
        """The failed resources in order of time, without those that CloudFormation cancelled because of them."""
        for event in reversed(self._since(since)):
            reason = event.get("ResourceStatusReason", "")
            if not event["ResourceStatus"].endswith("_FAILED") or "cancelled" in reason:
                continue
            if event["ResourceType"] == "AWS::CloudFormation::Stack":
                continue
            yield f"   {event['LogicalResourceId']} ({event['ResourceType']}): {reason or 'no reason given'}"
            if "already exist" in reason.lower():
                yield _FOREIGN

    def functions(self) -> list[str]:
        """Names of the stack's functions."""
        if self.parameters is None:
            return []
        pages = self.client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::Lambda::Function"]

    def _remains(self) -> list[str]:
        causes = list(self.failures())
        return [*(["CloudFormation failed on:", *causes] if causes else []), *self._left_over()]

    def _left_over(self) -> list[str]:
        """Resources that the rollback left: they are no longer part of the stack, and nothing else deletes them."""
        left = {
            event["PhysicalResourceId"]: f"   {event['LogicalResourceId']} ({event['ResourceType']}):"
            f" {event['PhysicalResourceId']}"
            for event in self._events()
            if event["ResourceStatus"] in ("DELETE_SKIPPED", "DELETE_FAILED")
            and event["ResourceType"] not in _NO_LEFTOVER
            and event.get("PhysicalResourceId")
        }
        if not left:
            return []
        return ["These resources were left behind; check them, and delete the empty ones:", *left.values()]

    def _how_to_delete(self) -> list[str]:
        command = f"--stack-name {self.name} --region {self.region}"
        return [
            "The first deployment did not succeed, and CloudFormation can't update what is left of it. Remove the",
            "cause, delete the empty stack, then deploy again:",
            f"   aws cloudformation delete-stack {command}",
            f"   aws cloudformation wait stack-delete-complete {command}",
        ]

    def _since(self, event_id: str) -> list[Mapping[str, Any]]:
        return list(takewhile(lambda event: event["EventId"] != event_id, self._events()))

    def _events(self) -> Iterator[Mapping[str, Any]]:
        """Newest first; none where there is no stack."""
        if not self.status:
            return
        for page in self.client.get_paginator("describe_stack_events").paginate(StackName=self.name):
            yield from page["StackEvents"]


_FOREIGN = (
    "      It exists and does not belong to this stack; an earlier stack may have left it. Check it, and delete it"
    " if nothing uses it."
)
