"""AWS on localhost: moto behind one lock, with the shared clock.

moto is not thread-safe: it checks a condition and writes in two steps, so two concurrent conditional puts could both
succeed, and a test that only one does would prove nothing. Here it answers one request at a time. An SQS long poll
releases the lock while it waits; otherwise an idle consumer would block all other requests.
"""

import copy
import functools
import os
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import moto.backends
import moto.core.responses
import moto.dynamodb.models as moto_dynamodb
import moto.dynamodb.models.table as moto_table
import moto.sqs.models as moto_sqs
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import bytesize
from moto.dynamodb.parsing.ast_nodes import (
    DepthFirstTraverser,
    Expression,
    Node,
    UpdateExpressionFunction,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator
from moto.dynamodb.responses import DynamoHandler
from moto.moto_server.werkzeug_app import BackendRequest, DomainDispatcherApplication, create_backend_app
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.sqs.responses import SQSResponse

from local.aws.session import PROFILE_VARIABLES
from local.clock import Clock
from local.gateway.http_server import HttpServer, Request, Response

ACCOUNT = "123456789012"  # moto's

_time = 0.0
_lock = threading.Lock()  # one per process, as moto's state is
_clocks: list[Clock] = []  # one time per process as well: the clock of the server started last counts
_application = DomainDispatcherApplication(create_backend_app)
_HANDLERS: Mapping[str, Any] = {
    "DynamoDB_20120810": DynamoHandler,
    "AmazonSQS": SQSResponse,
    "secretsmanager": SecretsManagerResponse,
}
"""Parts of moto by the name in X-Amz-Target. They are called directly: Flask takes a quarter of a call's time."""
_modules = tuple(moto.backends.list_of_moto_modules())
_answer_transaction = DynamoHandler.transact_write_items
_transactions: dict[str | None, Any] = {}
_MOST_BYTES = 405_000
"""moto's limit of an item: a bit less than DynamoDB's."""
_REMEMBERED = 100
"""Latest transactions whose answers are kept."""
_method_names = functools.cache(moto.core.responses.method_names_from_class)
_parsed = functools.lru_cache(UpdateExpressionParser.make)  # moto copies the tree before it changes it
_list_processed = DepthFirstTraverser.nodes_to_be_processed
_project_any = Item.project
_moto_transact = moto_dynamodb.DynamoDBBackend.transact_write_items
_serialize_any_structure = ResponseSerializer._serialize_type_structure


def start(port: int, clock: Clock) -> "MotoServer":
    """Serve AWS on `port` (any free one if 0) with the time of `clock`. Raises OSError if the port is taken."""
    return MotoServer(port, clock)


@contextmanager
def at_rest() -> Iterator[None]:
    """Answer no request during the `with`, so that its body may read moto's state."""
    with _lock:
        yield


class MotoServer:
    """Serves AWS at `url` until `close`."""

    def __init__(self, port: int, clock: Clock) -> None:
        self._server, self._clock = HttpServer(answer, port), clock
        self.url = self._server.url
        _clocks.append(clock)
        _change_moto()
        self._server.start()

    def close(self) -> None:
        """Stop serving. The stored data stays in this process and cannot be reached."""
        self._server.close()
        _clocks.remove(self._clock)


def _change_moto() -> None:
    """Replace parts of moto; no other place does.

    - SQS reads our clock, so that delays, visibility and retention end when the clock is advanced. It imported two time
      functions by name, and waits for messages in one method.
    - DynamoDB items are serialized as they are stored. moto walks through each value: half of the tests' time.
    - The list of moto's modules is read once. moto lists their directory for each request, half of a request's cost.
    - Update expressions are parsed once, and so are lists of methods and kinds of nodes: a third of an update's cost.
      Clauses are found in one list, which moto copies at every node above, and checked at the root alone.
    - An attribute's size is measured once. moto measures all attributes again for each: most of a large item's put.
    - A query copies no item, reads only the attributes that its index projects, and sorts by the text of the key. moto
      reads all attributes again for each that is projected: most of the time of a batch with many rows.
    - A transaction keeps the items that it names, to undo it. moto copies the whole table for each of its parts.
    - A transaction is carried out once for a ClientRequestToken. moto refuses a second try after a lost reply.
    - AWS's regions are listed without a session, which fails if the developer's profile is not in ~/.aws.
    """
    for name in PROFILE_VARIABLES:
        os.environ.pop(name, None)
    moto.backends.list_of_moto_modules = lambda: _modules
    moto.core.responses.method_names_from_class = _method_names
    UpdateExpressionParser.make = _parsed
    DepthFirstTraverser.nodes_to_be_processed = _processed
    Node.find_clauses = _find_clauses
    ActionCountValidator.traverse = ActionCountValidator.verify_action_counts
    OverlappingPathsValidator.traverse = OverlappingPathsValidator.check_for_overlapping_paths
    ResponseSerializer._serialize_type_structure = _serialize_structure
    LimitedSizeDict.__setitem__ = _set_within_limit
    Table.all_items = _all_items
    Item.project = _project
    moto_table.copy = _Copies(list)  # what a query found is written to the response at once
    moto_dynamodb.copy = _Copies(Table)  # for transactions, which `_transact` undoes without a copy
    moto_dynamodb.DynamoDBBackend.transact_write_items = _transact
    DynamoHandler.transact_write_items = _transact_once
    moto_sqs.unix_time = _now
    moto_sqs.unix_time_millis = lambda: _now() * 1000
    moto_sqs.Queue.wait_for_messages = _wait_for_messages


def _set_within_limit(attributes: LimitedSizeDict, name: str, value: Any) -> None:
    """Set an attribute unless the item would be larger than moto allows."""
    sizes = vars(attributes).setdefault("sizes", {})
    for each in attributes.keys() - sizes.keys():  # all of a copy
        sizes[each] = _size(each, attributes[each])
    new = _size(name, value)
    if new + sum(size for each, size in sizes.items() if each in attributes and each != name) > _MOST_BYTES:
        raise ItemSizeTooLarge
    sizes[name] = new
    dict.__setitem__(attributes, name, value)


def _size(name: str, value: Any) -> int:
    return int(bytesize(name)) + int(value.size() if isinstance(value, DynamoType) else bytesize(str(value)))


def _all_items(table: Table) -> list[Item]:
    """All items by their key. Our tables have no range key."""
    return sorted(table.items.values(), key=lambda item: item.hash_key.value)


def _project(item: Item, expressions: list[list[str]]) -> Item:
    """The item with these attributes. moto's for attributes within attributes."""
    if any(len(path) != 1 or "[" in path[0] for path in expressions):
        return _project_any(item, expressions)
    projected = Item(item.hash_key, item.range_key, {})
    for (name,) in expressions:
        if name in item.attrs:
            dict.__setitem__(projected.attrs, name, item.attrs[name])
    return projected


class _Copies:
    """Stands for the module `copy` in a part of moto where things of one kind need no copy."""

    copy = staticmethod(copy.copy)

    def __init__(self, shared: type) -> None:
        self._shared = shared

    def deepcopy(self, thing: Any) -> Any:
        return thing if isinstance(thing, self._shared) else copy.deepcopy(thing)


def _transact(backend: Any, transact_items: list[dict[str, Any]]) -> None:
    """Carry out a transaction like moto. If it fails, restore the items and the stream."""
    before = [_named(backend, operation) for each in transact_items for operation in each.values()]
    streams = {table.stream_shard: len(table.stream_shard.items) for table, _, _ in before if table.stream_shard}
    try:
        _moto_transact(backend, transact_items)
    except Exception:
        for table, key, item in before:
            if item is None:
                table.items.pop(key, None)
            else:
                table.items[key] = item
        for shard, length in streams.items():
            del shard.items[length:]
        raise


def _named(backend: Any, operation: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The table, the key and a copy of the item that a part of a transaction names. Our tables have no range key."""
    table = backend.get_table(operation["TableName"])
    fields = operation.get("Key") or operation["Item"]
    key = {table.hash_key_attr: fields[table.hash_key_attr]}
    item = backend.get_item(operation["TableName"], key)
    return table, DynamoType(key[table.hash_key_attr]), copy.deepcopy(item)


def _processed(traverser: Any) -> Any:
    if "processed" not in vars(traverser):
        traverser.processed = _list_processed(traverser)
    return traverser.processed


def _find_clauses(node: Node, kinds: Collection[type]) -> list[Node]:
    """The nodes of these kinds, in order, in the expression below `node`."""
    found, left = [], list(reversed(node.children or []))
    while left:
        child = left.pop()
        if type(child) in kinds:
            found.append(child)
        elif isinstance(child, (Expression, UpdateExpressionFunction)):
            left += reversed(child.children or [])
    return found


def _serialize_structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Serialize like moto, but leave the values of DynamoDB items unchanged."""
    if shape.name == "AttributeValue":
        serializer._default_serialize(serialized, value, shape, key)
    else:
        _serialize_any_structure(serializer, serialized, value, shape, key)


def _transact_once(handler: Any) -> Any:
    """Answer a transaction that was carried out as before; a failed one is tried again."""
    token = handler.body.get("ClientRequestToken")
    if token not in _transactions:
        _transactions[token] = _answer_transaction(handler)
    if len(_transactions) > _REMEMBERED:
        _transactions.pop(next(iter(_transactions)))
    return _transactions[token] if token else _transactions.pop(token)


def _now() -> float:
    return _time


def _set_time() -> None:
    """Set the time of the current request once, because moto reads it thousands of times."""
    global _time
    _time = _clocks[-1]() if _clocks else time.time()


def _wait_for_messages(queue: Any, timeout: float) -> None:
    """Wait like moto, but release the lock, which this thread holds while it answers a long poll."""
    _lock.release()
    try:
        with queue._messages_lock:
            queue._messages_lock.wait_for(lambda: queue.messages, timeout=timeout)
    finally:
        _lock.acquire()
        _set_time()


def answer(request: Request) -> Response:
    """AWS's response. One request at a time, in the calling thread."""
    with _lock:
        _set_time()
        handler = _HANDLERS.get(request.headers.get("X-Amz-Target", "").partition(".")[0])
        if handler is None:
            return Response.from_app(_application, request.environ, buffered=True)
        asked = BackendRequest(request.environ)
        status, headers, body = handler.dispatch(asked, asked.raw_url, dict(asked.headers))
        return Response(body, status, headers)
