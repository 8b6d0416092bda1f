"""Tables like the deployment's."""

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_numbers = itertools.count(1)


def like(dynamodb: "DynamoDBClient", name: str) -> str:
    """The name of a new, empty table with the keys and indexes of the table `name`."""
    model = dynamodb.describe_table(TableName=name)["Table"]
    kept = ("IndexName", "KeySchema", "Projection")
    indexes = [{key: index[key] for key in kept} for index in model["GlobalSecondaryIndexes"]]  # type: ignore[literal-required]
    made = f"{name}-{next(_numbers)}"
    dynamodb.create_table(
        TableName=made,
        AttributeDefinitions=model["AttributeDefinitions"],
        KeySchema=model["KeySchema"],
        GlobalSecondaryIndexes=indexes,  # type: ignore[arg-type]
        BillingMode="PAY_PER_REQUEST",
    )
    return made
