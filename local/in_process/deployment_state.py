"""The content of the table, the queues and DOKU's ledger, read from outside."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from local.doku_simulator.control import Control
from local.in_process.clients import client
from local.in_process.tables import like
from payouts.domain.transfer import Transfer
from payouts.store import items
from payouts.store.due_index import WRITTEN_SHARDS, DueIndex
from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from transfer_api.services import Services

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient


@dataclass
class DeploymentState:
    """Reads the deployment's state without its functions."""

    environment: dict[str, str]
    doku: Control
    services: Services

    def scan(self) -> list[dict[str, Any]]:
        """All items of the table."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.environment["TABLE_NAME"])
        decode = TypeDeserializer().deserialize
        return [{name: decode(value) for name, value in item.items()} for page in pages for item in page["Items"]]

    def write_attribute(self, reference: str, name: str, value: dict[str, str]) -> None:
        """Set an attribute of a transfer's item without a condition or a new version."""
        self.dynamodb.update_item(
            TableName=self.environment["TABLE_NAME"],
            Key={"pk": {"S": f"TRANSFER#{reference}"}},
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )

    def new_table(self) -> str:
        """Create an empty table like the deployment's. Returns its name."""
        return like(self.dynamodb, self.environment["TABLE_NAME"])

    @property
    def due_index(self) -> DueIndex:
        """The `due` index."""
        return DueIndex(Table(self.dynamodb, self.environment["TABLE_NAME"]))

    def shard_of(self, reference: str) -> int:
        """A transfer's shard in the `due` index."""
        return int(items.shard(reference, WRITTEN_SHARDS))

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """A DynamoDB client without faults."""
        found: DynamoDBClient = client("dynamodb")
        return found

    @cached_property
    def sqs(self) -> "SQSClient":
        """An SQS client without faults."""
        found: SQSClient = client("sqs")
        return found

    def messages(self, queue: str = "NOTIFICATION_QUEUE_URL") -> int:
        """The number of messages in a queue, visible or not. `queue` is an environment variable with its URL."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.environment[queue], AttributeNames=names)
        return sum(int(value) for value in found["Attributes"].values())

    def stored(self, reference: str) -> Transfer | None:
        """The transfer as stored, if any."""
        return self.store.get(reference)

    def existing(self, reference: str) -> Transfer:
        """The same for a transfer that must be there. Raises LookupError."""
        if (found := self.stored(reference)) is None:
            raise LookupError(reference)
        return found

    @property
    def store(self) -> TransferStore:
        """The store of the deployment's table."""
        return self.services.store

    def sent(self, reference: str, operation: str = "transfer") -> list[dict[str, Any]]:
        """The simulator's records of the requests of `operation` about `reference`; not their whole bodies."""
        requests = self.doku.ledger()["requests"]
        return [one for one in requests if one["operation"] == operation and one["partnerReferenceNo"] == reference]

    def debits(self, reference: str) -> list[dict[str, Any]]:
        """The debits of the balance for `reference`, including refunded ones."""
        return [one for one in self.doku.ledger()["debits"] if one["partnerReferenceNo"] == reference]

    def token_requests(self) -> int:
        """The number of tokens that DOKU issued."""
        return sum(one["httpStatus"] == 200 for one in self.doku.ledger()["tokenRequests"])
