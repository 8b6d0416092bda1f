"""What cold starts are measured against: boto3 and one DynamoDB client, and one read with it."""

import os
from typing import Any

import boto3

client = boto3.client("dynamodb")


def handler(_event: Any, _context: Any) -> Any:
    """Read an item that is not there."""
    return client.get_item(TableName=os.environ["TABLE_NAME"], Key={"pk": {"S": "nothing"}})
