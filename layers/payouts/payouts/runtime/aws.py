"""AWS clients, each with a time limit. Endpoints come from the standard `AWS_ENDPOINT_URL*` variables."""

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

import boto3
from boto3.session import Session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from payouts.doku.signer import KmsClient


class LambdaClient(Protocol):
    """The part of a Lambda client that the rollout check uses."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        """Answers with the `Payload` to read and, if the function failed, `FunctionError`."""


class CodeDeployClient(Protocol):
    """The part of a CodeDeploy client that the rollout check uses."""

    def put_lifecycle_event_hook_execution_status(
        self,
        *,
        deploymentId: str,  # noqa: N803
        lifecycleEventHookExecutionId: str,  # noqa: N803
        status: str,
    ) -> dict[str, Any]:
        """Reports "Succeeded" or "Failed" for a hook."""


_QUICK = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
    parameter_validation=False,  # AWS validates too, and this software alone builds the parameters
    user_agent=f"kirim-doku-payouts Boto3/{boto3.__version__}",  # boto3 would build its own twice for each call
)


@cache
def session() -> Session:
    """The process's only session: its clients share credentials and the loaded service descriptions."""
    return Session()


def dynamodb(connections: int = 10) -> "DynamoDBClient":
    """A DynamoDB client for up to `connections` threads: 1 s to connect, 2 s to answer, one retry."""
    config = _QUICK.merge(Config(max_pool_connections=connections))
    return cast("DynamoDBClient", session().client("dynamodb", config=config))


def secrets_manager() -> "SecretsManagerClient":
    """A Secrets Manager client with the same limits."""
    return cast("SecretsManagerClient", session().client("secretsmanager", config=_QUICK))


def sqs() -> "SQSClient":
    """An SQS client with the same limits."""
    return cast("SQSClient", session().client("sqs", config=_QUICK))


def s3() -> "S3Client":
    """An S3 client: 2 s to connect, 10 s to answer, three attempts. The daily report writes parts of 5 MB."""
    config = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
    return cast("S3Client", session().client("s3", config=config))


def s3_for_browsers() -> "S3Client":
    """An S3 client that signs forms for the region's own address: a browser would lose its file at a redirect."""
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return cast("S3Client", session().client("s3", config=config))


def lambda_() -> LambdaClient:
    """A Lambda client that waits up to 70 s for a function, and retries while Lambda throttles it."""
    config = Config(connect_timeout=2, read_timeout=70, retries={"mode": "standard", "total_max_attempts": 6})
    return cast("LambdaClient", session().client("lambda", config=config))


def codedeploy() -> CodeDeployClient:
    """A CodeDeploy client."""
    config = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 6})
    return cast("CodeDeployClient", session().client("codedeploy", config=config))


def kms() -> "KmsClient":
    """A KMS client without retries: 0.5 s to connect, 0.5 s to answer. Signing is part of a token's three seconds."""
    config = Config(connect_timeout=0.5, read_timeout=0.5, retries={"total_max_attempts": 1})
    return cast("KmsClient", session().client("kms", config=config))
