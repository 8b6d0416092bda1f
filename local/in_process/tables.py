"""Creates tables like the deployment's."""

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TABLE = ("AttributeDefinitions", "KeySchema", "StreamSpecification")
_INDEX = ("IndexName", "KeySchema", "Projection")
_numbers = itertools.count(1)


def like(dynamodb: "DynamoDBClient", name: str) -> str:
    """Create an empty table with the keys, indexes and stream of the table `name`. Returns its name."""
    model: Any = dynamodb.describe_table(TableName=name)["Table"]
    given = {key: model[key] for key in _TABLE if key in model}
    indexes: Any = [{key: index[key] for key in _INDEX} for index in model["GlobalSecondaryIndexes"]]
    made = f"{name}-{next(_numbers)}"
    dynamodb.create_table(TableName=made, GlobalSecondaryIndexes=indexes, BillingMode="PAY_PER_REQUEST", **given)
    return made
