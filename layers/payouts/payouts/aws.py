"""AWS clients with the time budget of DESIGN 2.13. Endpoints come from the standard `AWS_ENDPOINT_URL*` variables."""

from typing import TYPE_CHECKING, Protocol

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient


class KmsClient(Protocol):
    """What is used of a KMS client."""

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, bytes]:  # noqa: N803
        """Answers with the `Signature`."""

    def close(self) -> None:
        """Close its connections."""


_QUICK = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
)


def dynamodb(connections: int = 10) -> "DynamoDBClient":
    """A DynamoDB client for so many threads: 1 s to connect, 2 s to answer, one retry."""
    config = _QUICK.merge(Config(max_pool_connections=connections))
    client: DynamoDBClient = boto3.client("dynamodb", config=config)
    return client


def secrets_manager() -> "SecretsManagerClient":
    """A Secrets Manager client with the same limits."""
    client: SecretsManagerClient = boto3.client("secretsmanager", config=_QUICK)
    return client


def sqs() -> "SQSClient":
    """An SQS client with the same limits."""
    client: SQSClient = boto3.client("sqs", config=_QUICK)
    return client


def s3() -> "S3Client":
    """An S3 client."""
    client: S3Client = boto3.client("s3")
    return client


def kms() -> KmsClient:
    """A KMS client that answers within a second or not at all: signing is part of the three for a token."""
    config = Config(connect_timeout=0.5, read_timeout=0.5, retries={"total_max_attempts": 1})
    client: KmsClient = boto3.client("kms", config=config)
    return client
