"""The handler that cold starts are compared with: boto3 and one DynamoDB client."""

import os
from typing import Any

import boto3

client = boto3.client("dynamodb")


def handler(_event: Any, _context: Any) -> Any:
    """Read an item that does not exist."""
    return client.get_item(TableName=os.environ["TABLE_NAME"], Key={"pk": {"S": "nothing"}})
