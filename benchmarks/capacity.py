"""Consumed DynamoDB capacity, counted by hooks on botocore's events, so the product needs no change."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boto3.session import Session

_READS = frozenset({"Query", "GetItem", "Scan", "BatchGetItem"})


@dataclass
class Capacity:
    """Capacity units and calls since the last `reset`, by operation; table and indexes together."""

    units: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def install(self, session: Session) -> None:
        """Hook into every DynamoDB client that the session makes from now on."""
        events = session.events
        events.register("before-parameter-build.dynamodb.*", _ask)
        events.register("after-call.dynamodb.*", self._count)

    def reset(self) -> None:
        """Set all counts to zero."""
        with self._lock:
            self.units.clear()
            self.calls.clear()

    @property
    def read(self) -> float:
        """Read capacity units."""
        return sum(units for operation, units in self.units.items() if operation in _READS)

    @property
    def written(self) -> float:
        """Write capacity units of the table and of all indexes that writes change."""
        return sum(units for operation, units in self.units.items() if operation not in _READS)

    def _count(self, event_name: str, parsed: Mapping[str, Any], **_: Any) -> None:
        operation = event_name.rsplit(".", 1)[1]
        consumed = parsed.get("ConsumedCapacity", {})
        tables = consumed if isinstance(consumed, list) else [consumed]  # BatchGetItem has a list
        with self._lock:
            self.calls[operation] += 1
            self.units[operation] += sum(each.get("CapacityUnits", 0.0) for each in tables)


def _ask(params: dict[str, Any], model: Any, **_: Any) -> None:
    if "ReturnConsumedCapacity" in model.input_shape.members:
        params["ReturnConsumedCapacity"] = "INDEXES"
