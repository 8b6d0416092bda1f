"""A DynamoDB table in memory: conditional writes, consistent reads and sorted queries of its indexes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.in_memory import expressions
from local.in_memory.expressions import Item, scalar

_KEY = "pk"


class Refused(Exception):
    """The table refused a call. `item` is the existing item if a condition failed and the call asked for it."""

    def __init__(self, code: str, item: Item | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.item = item


@dataclass(frozen=True)
class Index:
    """The attributes of an index's key, and those that it holds; None for all."""

    partition: str
    sort: str | None
    held: frozenset[str] | None

    @classmethod
    def read(cls, definition: Mapping[str, Any]) -> "Index":
        """From a table's definition in the template."""
        partition, *sort = (each["AttributeName"] for each in definition["KeySchema"])
        projection = definition["Projection"]
        more = projection.get("NonKeyAttributes", ())
        held = None if projection["ProjectionType"] == "ALL" else frozenset({_KEY, partition, *sort, *more})
        return cls(partition, sort[0] if sort else None, held)

    def partition_of(self, item: Item) -> str | None:
        """The item's partition; None if the index does not have the item."""
        if self.partition not in item or (self.sort is not None and self.sort not in item):
            return None
        return str(scalar(item[self.partition]))

    def position(self, item: Item) -> tuple[Any, str]:
        """Where the item stands within its partition."""
        return (scalar(item[self.sort]) if self.sort else "", item[_KEY]["S"])

    def projected(self, item: Item) -> Item:
        """The attributes that the index holds."""
        return item if self.held is None else {name: value for name, value in item.items() if name in self.held}


@dataclass
class MemoryTable:
    """Items by key, and the keys of each partition of each index. Indexes follow at once, other than in DynamoDB."""

    indexes: Mapping[str, Index]
    items: dict[str, Item] = field(default_factory=dict)
    partitions: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, definition: Mapping[str, Any]) -> "MemoryTable":
        """An empty table by its definition in the template."""
        found = definition.get("GlobalSecondaryIndexes", ())
        return cls({index["IndexName"]: Index.read(index) for index in found})

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a call as DynamoDB's API describes it. Raises Refused."""
        match operation:
            case "GetItem":
                found = self.items.get(request["Key"][_KEY]["S"])
                return {"Item": found} if found else {}
            case "BatchGetItem":
                return {
                    "Responses": {
                        name: list(self._all(asked["Keys"])) for name, asked in request["RequestItems"].items()
                    },
                    "UnprocessedKeys": {},
                }
            case "PutItem":
                self._write(request, request["Item"][_KEY]["S"], request["Item"])
                return {}
            case "UpdateItem":
                return self._update(request)
            case "DeleteItem":
                self._write(request, request["Key"][_KEY]["S"], None)
                return {}
            case "Query":
                return self._query(request)
        raise NotImplementedError(operation)

    def _all(self, keys: Iterable[Item]) -> Iterable[Item]:
        return (self.items[key[_KEY]["S"]] for key in keys if key[_KEY]["S"] in self.items)

    def _update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        key, names = request["Key"], request.get("ExpressionAttributeNames", {})
        standing = self.items.get(key[_KEY]["S"], key)
        self._check(request, key[_KEY]["S"])
        values = request.get("ExpressionAttributeValues", {})
        changed = expressions.update(request["UpdateExpression"], standing, names, values)
        self._store(key[_KEY]["S"], changed)
        return {"Attributes": changed} if request.get("ReturnValues") == "ALL_NEW" else {}

    def _write(self, request: Mapping[str, Any], key: str, item: Item | None) -> None:
        self._check(request, key)
        self._store(key, item)

    def _check(self, request: Mapping[str, Any], key: str) -> None:
        """Raise Refused unless the request's condition holds."""
        standing = self.items.get(key)
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        if not expressions.condition(request.get("ConditionExpression", ""))(standing or {}, names, values):
            wanted = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            raise Refused("ConditionalCheckFailedException", standing if wanted else None)

    def _store(self, key: str, item: Item | None) -> None:
        for name, index in self.indexes.items():
            before, after = index.partition_of(self.items.get(key, {})), index.partition_of(item or {})
            if before is not None:
                self.partitions[name, before].discard(key)
            if after is not None:
                self.partitions.setdefault((name, after), set()).add(key)
        if item is None:
            self.items.pop(key, None)
        else:
            self.items[key] = item

    def _query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """One page of an index: sorted, from a key on, limited before the filter is applied."""
        index = self.indexes[request["IndexName"]]
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        wanted = expressions.condition(request["KeyConditionExpression"])
        partitions = (self.partitions.get((request["IndexName"], str(scalar(value))), ()) for value in values.values())
        keys = {key for partition in partitions for key in partition}
        backwards = not request.get("ScanIndexForward", True)
        found = [item for key in keys if wanted(item := self.items[key], names, values)]
        found.sort(key=index.position, reverse=backwards)
        if start := request.get("ExclusiveStartKey"):
            last = index.position(start)
            found = [
                item for item in found if (index.position(item) < last if backwards else index.position(item) > last)
            ]
        page = found[: request.get("Limit", len(found))]
        passes = expressions.condition(request.get("FilterExpression", ""))
        items = [index.projected(item) for item in page if passes(item, names, values)]
        if len(page) == len(found):
            return {"Items": items}
        key = {name for name in (_KEY, index.partition, index.sort) if name}
        return {"Items": items, "LastEvaluatedKey": {name: page[-1][name] for name in key}}
