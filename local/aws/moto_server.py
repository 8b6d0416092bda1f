"""AWS on localhost: moto behind one lock, on the shared clock.

moto is not thread-safe: its checks and its writes are apart, so two conditional puts at once could both win, and a
test of "only one may" would prove nothing. Here one request is answered at a time. The lock is given up while an SQS
long poll waits, or a consumer with nothing to do would stop everyone.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import moto.backends
import moto.sqs.models as moto_sqs
from moto.core.serialize import ResponseSerializer
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local.aws.session import PROFILE_VARIABLES
from local.clock import Clock
from local.gateway.http_server import HttpServer, Request, Response

ACCOUNT = "123456789012"  # moto's

_time = 0.0
_lock = threading.Lock()  # moto's state is one per process, so its lock is too
_clocks: list[Clock] = []  # and so is its time: of several servers the youngest's clock counts
_application = DomainDispatcherApplication(create_backend_app)
_modules = tuple(moto.backends.list_of_moto_modules())
_serialize_any_structure = ResponseSerializer._serialize_type_structure


def start(port: int, clock: Clock) -> "MotoServer":
    """Serve AWS on `port` (any free one if 0), time by `clock`. Raises OSError when the port is taken."""
    return MotoServer(port, clock)


@contextmanager
def at_rest() -> Iterator[None]:
    """Nothing is answered inside: for whoever looks at moto's own state, in this process."""
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
        """Stop serving. What was stored stays in this process, out of reach."""
        self._server.close()
        _clocks.remove(self._clock)


def _change_moto() -> None:
    """Let queues read our clock: delays, visibility and retention come due when it is advanced.

    The one place where moto is changed. It walks through every value of a DynamoDB item with each answer, though they
    are kept as they are sent: that was half of what the tests computed. Its SQS takes the time from two functions that
    it imported by name, and waits for messages in one method. Its server lists the directory of its modules for every
    request, which is half of what a request costs: once is enough. It lists AWS's regions by sessions of its own, which
    fail where the developer's profile is not in ~/.aws: this process has none.
    """
    for name in PROFILE_VARIABLES:
        os.environ.pop(name, None)
    moto.backends.list_of_moto_modules = lambda: _modules
    ResponseSerializer._serialize_type_structure = _serialize_structure
    moto_sqs.unix_time = _now
    moto_sqs.unix_time_millis = lambda: _now() * 1000
    moto_sqs.Queue.wait_for_messages = _wait_for_messages


def _serialize_structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """moto's own, but for the values of DynamoDB's items."""
    if shape.name == "AttributeValue":
        serializer._default_serialize(serialized, value, shape, key)
    else:
        _serialize_any_structure(serializer, serialized, value, shape, key)


def _now() -> float:
    return _time


def _tell_time() -> None:
    """The time of the request that is being answered: moto asks for it thousands of times."""
    global _time
    _time = _clocks[-1]() if _clocks else time.time()


def _wait_for_messages(queue: Any, timeout: float) -> None:
    """moto's own, without the lock: it is held by this thread, which serves a long poll."""
    _lock.release()
    try:
        with queue._messages_lock:
            queue._messages_lock.wait_for(lambda: queue.messages, timeout=timeout)
    finally:
        _lock.acquire()
        _tell_time()


def answer(request: Request) -> Response:
    """What AWS answers. One request at a time, in whichever thread it is asked for."""
    with _lock:
        _tell_time()
        return Response.from_app(_application, request.environ, buffered=True)
