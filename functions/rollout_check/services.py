"""The services of the rollout check."""

from collections.abc import Mapping
from dataclasses import dataclass

from payouts.runtime import aws
from rollout_check.checks import CHECKS, Check
from rollout_check.settings import RolloutCheckSettings


@dataclass(frozen=True, slots=True)
class Services:
    """The version to call, the check to run, and the AWS clients."""

    version_arn: str
    check: Check
    lambda_: aws.LambdaClient
    codedeploy: aws.CodeDeployClient


def build_services(environment: Mapping[str, str]) -> Services:
    """Build the check from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = RolloutCheckSettings.read(environment)
    return Services(settings.version_arn, CHECKS[settings.check], aws.lambda_(), aws.codedeploy())
