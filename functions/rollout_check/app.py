"""The rollout check's handler: calls the new version and always reports the result to CodeDeploy."""

import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from rollout_check.services import Services

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


class CheckFailed(Exception):
    """The new version failed or answered wrongly; the message says which."""


def create_handler(services: Services, logger: Logger) -> Handler:
    """Create the handler. CodeDeploy shifts no traffic before "Succeeded" is reported."""

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Run the check for CodeDeploy's event and return the reported status."""
        try:
            _call(services)
        except Exception as error:  # without a report, CodeDeploy would wait for an hour
            status, reason = "Failed", str(error) if isinstance(error, CheckFailed) else type(error).__name__
            logger.error("rollout check failed", version=services.version_arn, reason=reason)
        else:
            status = "Succeeded"
            logger.info("rollout check passed", version=services.version_arn)
        services.codedeploy.put_lifecycle_event_hook_execution_status(
            deploymentId=event["DeploymentId"],
            lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
            status=status,
        )
        return {"status": status}

    return handler


def _call(services: Services) -> None:
    """Invoke the new version. Raises CheckFailed for a function error or a wrong answer."""
    payload = json.dumps(services.check.event).encode()
    invoked = services.lambda_.invoke(FunctionName=services.version_arn, Payload=payload)
    answer = json.loads(invoked["Payload"].read())
    if "FunctionError" in invoked:
        raise CheckFailed(f"the function failed: {answer.get('errorType', invoked['FunctionError'])}")
    if not services.check.passes(answer):
        raise CheckFailed("the function gave a wrong answer")
