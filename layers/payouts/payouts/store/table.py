"""The DynamoDB table with key `pk`. A conditional write recognises itself when botocore has sent it twice."""

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

    from payouts.store.transaction import Write

_THROTTLES = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "LimitExceededException"}
)
_OUTAGES = frozenset({"InternalServerError", "ServiceUnavailable", "TransactionInProgressException"})
_BATCH, _BATCH_ATTEMPTS = 100, 3
"""Items read by one BatchGetItem, and the number of attempts for those that DynamoDB left unprocessed."""

_CONFLICT_ATTEMPTS = 12
"""Attempts of a call that met a transaction on its item: each lasts as long as a call, a transaction a bit longer."""

ALWAYS = "attribute_exists(pk) OR attribute_not_exists(pk)"
"""The condition of a write that needs none."""
_THROTTLED = "the table is throttled; send the same request again in a moment"


class ConditionFailed(Exception):
    """The condition was false and nothing was written. `item` is the existing item; None if there is none."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("condition failed")
        self.item = item


class Table:
    """Reads and writes items. Raises Throttled, Unavailable or Misconfigured."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def get(self, pk: str, consistent: bool = True) -> Item | None:
        """Read an item; None if it does not exist. Without `consistent`, at half the price and a bit stale."""
        answer = self._call("get_item", TableName=self._name, Key=encode({"pk": pk}), ConsistentRead=consistent)
        return decode(answer["Item"]) if "Item" in answer else None

    def get_all(self, pks: Sequence[str], consistent: bool = True) -> list[Item]:
        """Read the existing items, in the order of `pks`. Without `consistent`, at half the price and a bit stale."""
        found: dict[str, Item] = {}
        for start in range(0, len(pks), _BATCH):
            keys = [encode({"pk": pk}) for pk in pks[start : start + _BATCH]]
            found.update((item["pk"], item) for item in self._batch(keys, consistent))
        return [found[pk] for pk in pks if pk in found]

    def put(self, item: Item, condition: str, names: Mapping[str, str], values: Item) -> None:
        """Put the item if `condition` holds. Raises ConditionFailed.

        The item carries a nonce. If a reply was lost and botocore sent the write again, the second attempt meets the
        item of the first: the nonce shows that the write succeeded (scenario 24).
        """
        nonce = secrets.token_urlsafe(8)
        arguments = {"Item": encode({**item, "nonce": nonce}), "ConditionExpression": condition}
        self._conditional("put_item", nonce, arguments, names, values)

    def put_version(self, item: Item) -> None:
        """Put the item in the place of its last version: `version` is 1 for the first. Raises ConditionFailed."""
        condition, values = "version = :expected", {":expected": item["version"] - 1}
        if item["version"] == 1:
            condition, values = "attribute_not_exists(pk)", {}
        self.put(item, condition, {}, values)

    def update(
        self, pk: str, expression: str, condition: str, names: Mapping[str, str], values: Item, returned: bool = False
    ) -> Item:
        """Update the item if `condition` holds. Raises ConditionFailed.

        `expression` is a SET clause, to which a nonce is added as in `put`. Returns the updated item if `returned`,
        else an empty one.
        """
        nonce = secrets.token_urlsafe(8)
        arguments = {
            "Key": encode({"pk": pk}),
            "UpdateExpression": expression.replace("SET ", "SET nonce = :nonce, ", 1),
            "ConditionExpression": condition,
            "ReturnValues": "ALL_NEW" if returned else "NONE",
        }
        item = self._conditional("update_item", nonce, arguments, names, {**values, ":nonce": nonce})
        return item if returned else {}

    def transact(self, *writes: "Write") -> None:
        """Carry out all writes or none. Raises ConditionFailed, without an item, if a condition was false.

        DynamoDB recognises a repeated transaction by its token, so one whose reply was lost is not carried out twice.
        """
        items = [{each.operation: {"TableName": self._name, **each.arguments()}} for each in writes]
        self._call("transact_write_items", TransactItems=items, ClientRequestToken=secrets.token_urlsafe(16))

    def query(self, index: str, **arguments: Any) -> tuple[list[Item], Item | None]:
        """Read one page of an index. Also returns the key to continue from; None after the last page."""
        values = encode(arguments.pop("values"))
        start = arguments.pop("start", None)
        if start is not None:
            arguments["ExclusiveStartKey"] = encode(start)
        answer = self._call(
            "query", TableName=self._name, IndexName=index, ExpressionAttributeValues=values, **arguments
        )
        last = answer.get("LastEvaluatedKey")
        return [decode(item) for item in answer["Items"]], decode(last) if last else None

    def _batch(self, keys: list[dict[str, Any]], consistent: bool) -> Iterator[Item]:
        for _ in range(_BATCH_ATTEMPTS):
            wanted = {"Keys": keys, "ConsistentRead": consistent}
            answer = self._call("batch_get_item", RequestItems={self._name: wanted})
            yield from (decode(item) for item in answer["Responses"].get(self._name, []))
            keys = answer["UnprocessedKeys"].get(self._name, {}).get("Keys", [])
            if not keys:
                return
        raise Throttled(_THROTTLED)

    def _conditional(
        self, operation: str, nonce: str, arguments: dict[str, Any], names: Mapping[str, str], values: Item
    ) -> Item:
        if names:
            arguments["ExpressionAttributeNames"] = dict(names)
        if values:
            arguments["ExpressionAttributeValues"] = encode(values)
        try:
            answer = self._call(
                operation, TableName=self._name, ReturnValuesOnConditionCheckFailure="ALL_OLD", **arguments
            )
        except ConditionFailed as failed:
            if failed.item is not None and failed.item.get("nonce") == nonce:
                return failed.item
            raise
        return decode(answer.get("Attributes", {}))

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call DynamoDB, again if another write of the item was under way: then nothing was written."""
        call: Callable[[], dict[str, Any]] = partial(getattr(self._client, operation), **arguments)
        left = _CONFLICT_ATTEMPTS
        while True:
            try:
                return call_aws("the table", call, "RequestId", _OUTAGES)
            except ClientError as error:
                left -= 1
                if not left or not _is_conflict(error):
                    raise _error(error) from error


def _is_conflict(error: ClientError) -> bool:
    """True if a write met a transaction on its item, or a transaction met a write, and no condition was false."""
    if error_code(error) == "TransactionConflictException":
        return True
    codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
    return "TransactionConflict" in codes and "ConditionalCheckFailed" not in codes


def _error(error: ClientError) -> Exception:
    code = error_code(error)
    if code == "ConditionalCheckFailedException":
        found = error.response.get("Item")
        return ConditionFailed(decode(found) if found else None)  # type: ignore[arg-type]
    if code == "TransactionCanceledException":
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        return ConditionFailed(None) if "ConditionalCheckFailed" in reasons else Throttled(_THROTTLED)
    if code in _THROTTLES or code == "TransactionConflictException":
        return Throttled(_THROTTLED)
    return Misconfigured(f"the table refused the request ({code})")
