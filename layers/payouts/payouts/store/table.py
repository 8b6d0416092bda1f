"""A table of items with a key `pk`, and conditional writes that know their own retries."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from payouts.aws_call import call_aws, error_code
from payouts.domain.errors import Misconfigured, Throttled
from payouts.store.codec import Item, decode, encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_THROTTLES = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "LimitExceededException"}
)
_OUTAGES = frozenset({"InternalServerError", "ServiceUnavailable", "TransactionInProgressException"})
_BATCH, _BATCH_ATTEMPTS = 100, 3
"""Items that DynamoDB reads at once, and how often those that it left out are asked for."""


class ConditionFailed(Exception):
    """The write did not happen. `item` is what stands in the table instead; None where nothing does."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("condition failed")
        self.item = item


class Table:
    """Reads and writes whole items. Raises Throttled, Unavailable or Misconfigured."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def get(self, pk: str) -> Item | None:
        """The item, consistently read."""
        answer = self._call("get_item", Key=encode({"pk": pk}), ConsistentRead=True)
        return decode(answer["Item"]) if "Item" in answer else None

    def get_all(self, pks: Sequence[str]) -> list[Item]:
        """The items that are there, consistently read, in the order of their keys."""
        found: dict[str, Item] = {}
        for start in range(0, len(pks), _BATCH):
            keys = [encode({"pk": pk}) for pk in pks[start : start + _BATCH]]
            found.update((item["pk"], item) for item in self._batch(keys))
        return [found[pk] for pk in pks if pk in found]

    def put(self, item: Item, condition: str, names: Mapping[str, str], values: Item) -> None:
        """Put where `condition` holds. Raises ConditionFailed.

        The item carries a nonce: a write that was retried after its reply was lost finds itself, which is a success
        and not a conflict (FAULTS 24).
        """
        nonce = secrets.token_hex(8)
        arguments = {"Item": encode({**item, "nonce": nonce}), "ConditionExpression": condition}
        self._conditional("put_item", nonce, arguments, names, values)

    def update(
        self, pk: str, expression: str, condition: str, names: Mapping[str, str], values: Item, returned: bool = False
    ) -> Item:
        """Update where `condition` holds. The whole item as it is now where it is to be `returned`, else an empty one.

        Raises ConditionFailed. `expression` is a SET clause; a nonce is added to it for the same reason as in `put`.
        """
        nonce = secrets.token_hex(8)
        arguments = {
            "Key": encode({"pk": pk}),
            "UpdateExpression": expression.replace("SET ", "SET nonce = :nonce, ", 1),
            "ConditionExpression": condition,
            "ReturnValues": "ALL_NEW" if returned else "NONE",
        }
        item = self._conditional("update_item", nonce, arguments, names, {**values, ":nonce": nonce})
        return item if returned else {}

    def query(self, index: str, **arguments: Any) -> tuple[list[Item], Item | None]:
        """One page of an index, and the key to go on from; None after the last."""
        values = encode(arguments.pop("values"))
        start = arguments.pop("start", None)
        if start is not None:
            arguments["ExclusiveStartKey"] = encode(start)
        answer = self._call("query", IndexName=index, ExpressionAttributeValues=values, **arguments)
        last = answer.get("LastEvaluatedKey")
        return [decode(item) for item in answer["Items"]], decode(last) if last else None

    def _batch(self, keys: list[dict[str, Any]]) -> Iterator[Item]:
        for _ in range(_BATCH_ATTEMPTS):
            answer = self._ask("batch_get_item", RequestItems={self._name: {"Keys": keys, "ConsistentRead": True}})
            yield from (decode(item) for item in answer["Responses"].get(self._name, []))
            keys = answer["UnprocessedKeys"].get(self._name, {}).get("Keys", [])
            if not keys:
                return
        raise Throttled("the table is throttled; send the same request again in a moment")

    def _conditional(
        self, operation: str, nonce: str, arguments: dict[str, Any], names: Mapping[str, str], values: Item
    ) -> Item:
        if names:
            arguments["ExpressionAttributeNames"] = dict(names)
        if values:
            arguments["ExpressionAttributeValues"] = encode(values)
        try:
            answer = self._call(operation, ReturnValuesOnConditionCheckFailure="ALL_OLD", **arguments)
        except ConditionFailed as failed:
            if failed.item is not None and failed.item.get("nonce") == nonce:
                return failed.item
            raise
        return decode(answer.get("Attributes", {}))

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        return self._ask(operation, TableName=self._name, **arguments)

    def _ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        call: Callable[[], dict[str, Any]] = partial(getattr(self._client, operation), **arguments)
        try:
            return call_aws("the table", call, "RequestId", _OUTAGES)
        except ClientError as error:
            raise _translated(error) from error


def _translated(error: ClientError) -> Exception:
    code = error_code(error)
    if code == "ConditionalCheckFailedException":
        found = error.response.get("Item")
        return ConditionFailed(decode(found) if found else None)  # type: ignore[arg-type]
    if code in _THROTTLES:
        return Throttled("the table is throttled; send the same request again in a moment")
    return Misconfigured(f"the table refuses the request ({code})")
