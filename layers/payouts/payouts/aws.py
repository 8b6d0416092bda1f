"""AWS clients with the time budget of DESIGN 2.13. Endpoints come from the standard `AWS_ENDPOINT_URL*` variables.

They are botocore's, the same that boto3 hands out: importing boto3 as well costs every cold start another fifth.
"""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from botocore import __version__
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session, get_session

from payouts.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient


Answered = TypeVar("Answered", bound=Mapping[str, Any])


class KmsClient(Protocol):
    """What is used of a KMS client."""

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, Any]:  # noqa: N803
        """Answers with the `Signature`."""

    def close(self) -> None:
        """Close its connections."""


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


NO_ANSWER = (
    *(BotoCoreError, ResponseParserError),
    # botocore's parsers take it for granted that a body is UTF-8 and a JSON object: what else Python makes of a page
    *(ValueError, TypeError, AttributeError, LookupError, RecursionError),
)
"""What clients raise where AWS did not answer, or with what nobody can read. The call may have been carried out."""

_QUICK = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
    parameter_validation=False,  # AWS checks as well, and nothing is sent but what this software has put together
    user_agent=f"kirim-doku-payouts Botocore/{__version__}",  # botocore's own is put together twice for every call
)


def ask(service: str, call: Callable[[], Answered], always: str, passing: Collection[str] = ()) -> Answered:
    """What `service` answers to `call`; `always` names a member of every answer to it, or of its ResponseMetadata.

    Raises Unavailable where nothing came or nothing that can be read, where the service failed (5xx) or says that it
    will pass (a code of `passing`). Whatever else it refuses (4xx) is a ClientError still.
    """
    silent = f"{service} does not answer; send the same request again"
    try:
        answer = call()
    except ClientError as error:
        status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], refusal(error)
        if not code or code in passing or not 400 <= status < 500:  # without a code: a page of something in between
            raise Unavailable(silent) from error
        raise
    except NO_ANSWER as error:
        raise Unavailable(silent) from error
    if always not in answer and always not in answer["ResponseMetadata"]:
        raise Unavailable(silent)  # a page of something in between: botocore finds it empty
    return answer


def refusal(error: ClientError) -> str:
    """AWS's code for why it refuses; empty where the answer names none, for which botocore puts its HTTP status."""
    code = error.response.get("Error", {}).get("Code") or ""
    return "" if code.isdecimal() else code


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


def kms() -> KmsClient:
    """A KMS client that answers within a second or not at all: signing is part of the three for a token."""
    config = Config(connect_timeout=0.5, read_timeout=0.5, retries={"total_max_attempts": 1})
    return cast("KmsClient", session().create_client("kms", config=config))
