"""The parts of a transaction of the table (`Table.transact`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from payouts.store.codec import Item, encode


@dataclass(frozen=True, slots=True)
class Write:
    """One part of a transaction: an update of the item `pk`, or only a check of it if `expression` is empty."""

    pk: str
    condition: str
    values: Item
    names: Mapping[str, str] = field(default_factory=dict)
    expression: str = ""

    @property
    def operation(self) -> str:
        """DynamoDB's name of the part."""
        return "Update" if self.expression else "ConditionCheck"

    def arguments(self) -> dict[str, Any]:
        """As DynamoDB takes them."""
        found = {
            "Key": encode({"pk": self.pk}),
            "ConditionExpression": self.condition,
            "UpdateExpression": self.expression,
            "ExpressionAttributeNames": dict(self.names),
            "ExpressionAttributeValues": encode(self.values),
        }
        return {name: value for name, value in found.items() if value}
