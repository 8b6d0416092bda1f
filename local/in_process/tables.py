"""Creates tables like the deployment's."""

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TABLE = ("AttributeDefinitions", "KeySchema", "StreamSpecification")
_INDEX = ("IndexName", "KeySchema", "Projection")
_numbers = itertools.count(1)


def like(dynamodb: "DynamoDBClient", name: str) -> str:
    """Create an empty table with the keys, indexes and stream of the table `name`. Returns its name."""
    made = f"{name}-{next(_numbers)}"
    dynamodb.create_table(TableName=made, BillingMode="PAY_PER_REQUEST", **_described(dynamodb, name))
    return made


@lru_cache(maxsize=1)
def _described(dynamodb: "DynamoDBClient", name: str) -> Any:
    model: Any = dynamodb.describe_table(TableName=name)["Table"]
    indexes = [{key: index[key] for key in _INDEX} for index in model["GlobalSecondaryIndexes"]]
    return {key: model[key] for key in _TABLE if key in model} | {"GlobalSecondaryIndexes": indexes}
