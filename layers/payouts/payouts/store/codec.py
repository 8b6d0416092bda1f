"""Items to and from DynamoDB's typed attribute values, with boto3's serializer."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]


class _WholeNumbers(TypeDeserializer):
    """Reads numbers as int, since this software stores whole numbers only.

    A fraction can only come from a newer version. It stays a Decimal, so that a rewrite of the item preserves it.
    """

    def _deserialize_n(self, value: str) -> int | Decimal:
        try:
            return int(value)
        except ValueError:
            return Decimal(value)


_SERIALIZER, _DESERIALIZER = TypeSerializer(), _WholeNumbers()


def encode(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item as DynamoDB takes it. Raises TypeError for a float: amounts are never floats."""
    return {name: _SERIALIZER.serialize(value) for name, value in item.items()}


def decode(item: Mapping[str, Any]) -> Item:
    """The item as Python values; whole numbers are int."""
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}
