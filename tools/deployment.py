"""Find the deployment of an operator's command: the local run, or a stack named in samconfig.toml."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    CredentialRetrievalError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from tools.errors import CommandError
from tools.locked import ROOT

LOG_IN = "Log in first: aws sso login, or aws configure, or AWS_PROFILE=NAME for a profile other than the default"
_NO_LOGIN = (
    CredentialRetrievalError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
_WEBHOOK_QUEUES = {"WebhookReplayQueueUrl": "-webhooks-replay", "WebhookDeadLetterQueueUrl": "-webhooks-dead"}
_INSTEAD = (
    "start `make run` first, set LOCAL_AWS_PORT if it runs with another one, or name a deployment: ENV=production"
)


class NoSuchDeployment(CommandError):
    """The deployment was not found; the message says why."""


@dataclass(frozen=True)
class Deployment:
    """A deployment: its AWS endpoint, its resources by the names of the template's outputs, and its parameters."""

    name: str
    session: boto3.Session
    endpoint: str | None
    outputs: dict[str, str]
    parameters: Mapping[str, str]

    @property
    def is_local(self) -> bool:
        """Whether this is `make run` on this machine."""
        return self.name == "local"

    def client(self, service: str) -> Any:
        """A client of an AWS service."""
        return self.session.client(service, endpoint_url=self.endpoint, config=Config(retries={"mode": "standard"}))

    def table(self) -> Table:
        """The deployment's table."""
        return Table(self.client("dynamodb"), self.outputs["TableName"])

    def transfers(self) -> TransferStore:
        """The deployment's transfers."""
        return TransferStore(self.table())


def find(name: str, root: Path = ROOT) -> Deployment:
    """Return the deployment of that name. Raises NoSuchDeployment."""
    return _local() if name == "local" else _deployed(name, root)


def _local() -> Deployment:
    from local.aws.session import local_session  # only a laptop has it

    elsewhere = "" if "LOCAL_AWS_PORT" in os.environ else os.environ.get("AWS_ENDPOINT_URL", "")
    endpoint = elsewhere or _local_url("LOCAL_AWS_PORT", 5000)
    outputs = {"ApiUrl": _local_url("LOCAL_PORT", 3000)}
    deployment = Deployment("local", local_session(), endpoint, outputs, _local_parameters())
    try:
        queues = deployment.client("sqs").list_queues().get("QueueUrls", [])
        tables = deployment.client("dynamodb").list_tables()["TableNames"]
        buckets = [each["Name"] for each in deployment.client("s3").list_buckets()["Buckets"]]
        secrets = deployment.client("secretsmanager").list_secrets()["SecretList"]
    except Exception as error:
        raise NoSuchDeployment(f"nothing answers on {endpoint}; {_INSTEAD}") from error
    try:
        for name, ending in (("NotificationQueueUrl", "-notifications"), ("DeadLetterQueueUrl", "-notifications-dead")):
            deployment.outputs[name] = next(url for url in queues if url.endswith(ending))
        for name, ending in _WEBHOOK_QUEUES.items():  # absent while webhooks are off
            if found := [url for url in queues if url.endswith(ending)]:
                deployment.outputs[name] = found[0]
        if found := [name for name in buckets if "batchbucket" in name.lower()]:
            deployment.outputs["BatchBucketName"] = found[0]
        deployment.outputs["TableName"] = next(name for name in tables if "TransfersTable" in name)
        deployment.outputs["SecretId"] = next(secret["ARN"] for secret in secrets if "DokuSecret" in secret["Name"])
    except StopIteration:
        raise NoSuchDeployment(f"the AWS at {endpoint} does not hold the bundle; {_INSTEAD}") from None
    return deployment


def _local_url(variable: str, port: int) -> str:
    return f"http://127.0.0.1:{os.environ.get(variable) or port}"


def _local_parameters() -> Mapping[str, str]:
    from local import doku_secret  # only a laptop has them
    from local.aws.template import parameters_of
    from local.gateway.authorizer import ISSUER

    known = {"JwtIssuer": ISSUER, "JwtAudience": "local", "DokuBaseUrl": _local_url("LOCAL_SIMULATOR_PORT", 8001)}
    return parameters_of(ROOT / "template.yaml", known | doku_secret.parameters())


def _deployed(name: str, root: Path) -> Deployment:
    config = tomllib.loads((root / "samconfig.toml").read_text())
    if "deploy" not in config.get(name, {}):
        known = [key for key, value in config.items() if isinstance(value, dict) and "deploy" in value]
        raise NoSuchDeployment(f"samconfig.toml has no environment {name}; it has {', '.join(known)}, or use local")
    parameters = config[name]["deploy"]["parameters"]
    session = session_in(parameters["region"])
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=parameters["stack_name"])["Stacks"]
    except _NO_LOGIN as error:
        raise _unknown(error) from error
    except Exception as error:
        raise NoSuchDeployment(f"stack {parameters['stack_name']} can't be read: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
    chosen = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stacks[0].get("Parameters", [])}
    return Deployment(name, session, None, outputs, chosen)


def session_in(region: str) -> boto3.Session:
    """A session with the credentials of the shell. Raises NoSuchDeployment when AWS_PROFILE names no profile."""
    try:
        return boto3.Session(region_name=region)
    except ProfileNotFound as error:
        raise _unknown(error) from error


def _unknown(error: Exception) -> NoSuchDeployment:
    return NoSuchDeployment(f"AWS does not know who you are ({error}). {LOG_IN}")
