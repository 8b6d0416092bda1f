"""AWS on localhost: moto behind one lock, with the shared clock.

moto is not thread-safe: it checks a condition and writes in two steps, so two concurrent conditional puts could both
succeed, and a test that only one does would prove nothing. Here it answers one request at a time. An SQS long poll
releases the lock while it waits; otherwise an idle consumer would block all other requests.
"""

import functools
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import moto.backends
import moto.core.responses
import moto.sqs.models as moto_sqs
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local.aws.session import PROFILE_VARIABLES
from local.clock import Clock
from local.gateway.http_server import HttpServer, Request, Response

ACCOUNT = "123456789012"  # moto's

_time = 0.0
_lock = threading.Lock()  # one per process, as moto's state is
_clocks: list[Clock] = []  # one time per process as well: the clock of the server started last counts
_application = DomainDispatcherApplication(create_backend_app)
_modules = tuple(moto.backends.list_of_moto_modules())
_method_names = functools.cache(moto.core.responses.method_names_from_class)
_parsed = functools.lru_cache(UpdateExpressionParser.make)  # moto copies the tree before it changes it
_list_processed = DepthFirstTraverser.nodes_to_be_processed
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
    - AWS's regions are listed without a session, which fails if the developer's profile is not in ~/.aws.
    """
    for name in PROFILE_VARIABLES:
        os.environ.pop(name, None)
    moto.backends.list_of_moto_modules = lambda: _modules
    moto.core.responses.method_names_from_class = _method_names
    UpdateExpressionParser.make = _parsed
    DepthFirstTraverser.nodes_to_be_processed = _processed
    ResponseSerializer._serialize_type_structure = _serialize_structure
    moto_sqs.unix_time = _now
    moto_sqs.unix_time_millis = lambda: _now() * 1000
    moto_sqs.Queue.wait_for_messages = _wait_for_messages


def _processed(traverser: Any) -> Any:
    if "processed" not in vars(traverser):
        traverser.processed = _list_processed(traverser)
    return traverser.processed


def _serialize_structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Serialize like moto, but leave the values of DynamoDB items unchanged."""
    if shape.name == "AttributeValue":
        serializer._default_serialize(serialized, value, shape, key)
    else:
        _serialize_any_structure(serializer, serialized, value, shape, key)


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
        return Response.from_app(_application, request.environ, buffered=True)
