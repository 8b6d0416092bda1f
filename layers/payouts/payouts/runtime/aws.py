"""AWS clients with the time budget of DESIGN 2.13. Endpoints come from the standard `AWS_ENDPOINT_URL*` variables.

They are botocore's, the same that boto3 hands out: importing boto3 as well costs every cold start another fifth.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from botocore import __version__
from botocore.config import Config
from botocore.session import Session, get_session

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
    parameter_validation=False,  # AWS checks as well, and nothing is sent but what this software has put together
    user_agent=f"kirim-doku-payouts Botocore/{__version__}",  # botocore's own is put together twice for every call
)


@cache
def session() -> Session:
    """The one session that all clients of a process come from: they share credentials and what botocore has read."""
    return get_session()


def dynamodb(connections: int = 10) -> "DynamoDBClient":
    """A DynamoDB client for so many threads: 1 s to connect, 2 s to answer, one retry."""
    config = _QUICK.merge(Config(max_pool_connections=connections))
    return cast("DynamoDBClient", session().create_client("dynamodb", config=config))


def secrets_manager() -> "SecretsManagerClient":
    """A Secrets Manager client with the same limits."""
    return cast("SecretsManagerClient", session().create_client("secretsmanager", config=_QUICK))


def sqs() -> "SQSClient":
    """An SQS client with the same limits."""
    return cast("SQSClient", session().create_client("sqs", config=_QUICK))


def s3() -> "S3Client":
    """An S3 client."""
    return cast("S3Client", session().create_client("s3"))


def lambda_() -> LambdaClient:
    """A Lambda client that waits for a function's minute, and retries while Lambda throttles it."""
    config = Config(connect_timeout=2, read_timeout=70, retries={"mode": "standard", "total_max_attempts": 6})
    return cast("LambdaClient", session().create_client("lambda", config=config))


def codedeploy() -> CodeDeployClient:
    """A CodeDeploy client."""
    config = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 6})
    return cast("CodeDeployClient", session().create_client("codedeploy", config=config))


def kms() -> "KmsClient":
    """A KMS client that answers within a second or not at all: signing is part of the three for a token."""
    config = Config(connect_timeout=0.5, read_timeout=0.5, retries={"total_max_attempts": 1})
    return cast("KmsClient", session().create_client("kms", config=config))
