"""DynamoDB's typed attribute values, to and from Python.

What boto3.dynamodb.types does for the types that are stored here, without importing boto3 in every cold start;
tests/property/test_attributes.py holds the two to the same.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Item = dict[str, Any]


def encode(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item's members as DynamoDB takes them. Raises TypeError for a float: amounts are never floats."""
    return {name: _typed(value) for name, value in item.items()}


def decode(item: Mapping[str, Any]) -> Item:
    """An item as Python has it: numbers are Decimal. Knows every type, also those that only others write."""
    return {name: _plain(value) for name, value in item.items()}


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": str(value)}
        case Mapping():
            return {"M": encode(value)}
        case list() | tuple():
            return {"L": [_typed(member) for member in value]}
    raise TypeError(f"a {type(value).__name__} is not stored in the table")


_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "S": str,
    "N": Decimal,
    "BOOL": bool,
    "NULL": lambda _: None,
    "B": bytes,
    "M": decode,
    "L": lambda members: [_plain(member) for member in members],
    "SS": set,
    "NS": lambda members: {Decimal(member) for member in members},
    "BS": set,
}


def _plain(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    return _PLAIN[kind](content)
