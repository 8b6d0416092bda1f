"""A worker process of a function, and its own Lambda Runtime API.

A worker requests the next invocation and then sends its answer, one request at a time, so the API runs in the thread
that invokes. If the process ends, its invocation fails at once.
"""

import contextlib
import json
import selectors
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import parse_headers
from pathlib import Path
from typing import BinaryIO, Protocol

from local.clock import Clock
from local.gateway.http_server import HOST, read_body
from local.lambda_runtime.child import Child

INIT_SECONDS = 10.0  # Lambda's limit for init


class InvocationFailed(Exception):
    """An invocation without a result. `error_type`, `message` and `trace` (if any) as Lambda reports them."""

    def __init__(self, error_type: str, message: str, trace: tuple[str, ...] = ()) -> None:
        super().__init__(f"{error_type}: {message}" + "".join(f"\n{line.rstrip()}" for line in trace))
        self.error_type, self.message, self.trace = error_type, message, trace


class FunctionError(InvocationFailed):
    """The function raised, or could not be imported."""


class FunctionTimeout(InvocationFailed):
    """The function ran longer than its time-out and was killed."""


class FunctionCrashed(InvocationFailed):
    """The function's process ended without an answer."""


class Process(Protocol):
    """The process of a worker, such as `local.lambda_runtime.child.Child`."""

    @property
    def life(self) -> socket.socket:
        """Readable after the process has ended."""

    @property
    def pid(self) -> int:
        """The process id."""

    @property
    def alive(self) -> bool:
        """True while the process runs."""

    def kill(self) -> None:
        """Kill the process with `kill -9` and wait for its end."""

    def close(self) -> None:
        """End the process and release its resources."""

    def how_it_ended(self) -> str:
        """Wait for the end. Returns the reason in Lambda's wording."""


Start = Callable[[str, Path, Mapping[str, str]], Process]
"""Starts a process from the handler's name, the log file and the complete environment."""


def start_python(handler: str, log: Path, environment: Mapping[str, str]) -> Process:
    """Start a new interpreter, as in a cold start."""
    return Child(["-u", "-m", "local.lambda_runtime.worker", handler], log, environment)


@dataclass(frozen=True)
class Launch:
    """How to start a worker of one function. `timeout` in seconds; `environment` is the complete environment."""

    handler: str
    arn: str
    timeout: float
    environment: Mapping[str, str]
    log: Path
    clock: Clock
    start: Start = start_python


@dataclass(frozen=True)
class Invocation:
    """An event as JSON, and its request id."""

    event: bytes
    request_id: str


@dataclass(frozen=True)
class _Call:
    """A request of the worker to its Runtime API."""

    path: str
    body: bytes


class _GoneError(Exception):
    """The worker's process has ended."""


class Worker:
    """A process that handles one invocation at a time. Not thread-safe, except for `kill`."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._listener = socket.create_server((HOST, 0))
        self._connection: socket.socket | None = None
        self._stream: BinaryIO | None = None
        address = f"{HOST}:{self._listener.getsockname()[1]}"
        environment = {**launch.environment, "AWS_LAMBDA_RUNTIME_API": address}
        self._process = launch.start(launch.handler, launch.log, environment)
        self._events = selectors.DefaultSelector()
        self._events.register(self._listener, selectors.EVENT_READ)
        self._events.register(self._process.life, selectors.EVENT_READ)

    @property
    def pid(self) -> int | None:
        """The process id; None after it has ended."""
        return self._process.pid if self._process.alive else None

    def kill(self) -> None:
        """Kill the process with `kill -9` and wait for its end."""
        self._process.kill()

    def close(self) -> None:
        """End the process and release its resources."""
        self.kill()  # first: a worker whose Runtime API hangs up logs a traceback
        self._hang_up()
        self._events.close()
        self._listener.close()
        self._process.close()

    def start(self) -> None:
        """Wait until the function is imported and requests an invocation. Raises InvocationFailed if it fails."""
        call = self._await(INIT_SECONDS)
        if call.path.endswith("/init/error"):
            self._reply(202)
            raise _error(call.body)
        if not self._process.alive:  # killed after it had requested an invocation
            raise self._crashed()

    def run(self, invocation: Invocation) -> bytes:
        """Run one invocation on the started worker. Returns the answer as JSON. Raises InvocationFailed."""
        self._deliver(invocation)
        call = self._await(self._launch.timeout)
        self._reply(202)
        if call.path.endswith("/error"):
            raise _error(call.body)
        return call.body

    def _deliver(self, invocation: Invocation) -> None:
        deadline = self._launch.clock() + self._launch.timeout  # by the clock that the worker reads
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._launch.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }
        self._reply(200, headers, invocation.event)

    def _await(self, seconds: float) -> _Call:
        """Wait for the worker's next call. Kills the worker after `seconds`."""
        try:
            return self._next_call(time.monotonic() + seconds)
        except _GoneError:
            raise self._crashed() from None
        except TimeoutError:
            self.kill()
            raise FunctionTimeout("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds") from None

    def _next_call(self, deadline: float) -> _Call:
        while True:
            ready = {key.fileobj for key, _ in self._events.select(max(0.0, deadline - time.monotonic()))}
            if self._connection in ready:
                if call := self._read(deadline):
                    return call
            elif self._listener in ready:
                self._accept()
            elif self._process.life in ready:
                raise _GoneError
            elif time.monotonic() >= deadline:
                raise TimeoutError

    def _accept(self) -> None:
        self._hang_up()
        self._connection = self._listener.accept()[0]
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._connection.makefile("rb")
        self._events.register(self._connection, selectors.EVENT_READ)

    def _read(self, deadline: float) -> _Call | None:
        """Read a call from the connection. None if the worker closed it."""
        assert self._connection is not None
        assert self._stream is not None
        self._connection.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            line = self._stream.readline().split()
            if len(line) == 3:
                headers = parse_headers(self._stream)
                if headers.get("Expect"):
                    self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                return _Call(line[1].decode(), read_body(self._stream, headers))
        except ConnectionError:
            pass
        self._hang_up()
        return None

    def _reply(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"{}") -> None:
        assert self._connection is not None
        self._connection.settimeout(INIT_SECONDS)
        head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in (headers or {}).items()]
        with contextlib.suppress(OSError):  # the worker ended or hangs: the wait for its next call notices
            self._connection.sendall("\r\n".join([*head, "", ""]).encode() + body)

    def _hang_up(self) -> None:
        if self._connection and self._stream:
            self._events.unregister(self._connection)
            self._stream.close()
            self._connection.close()
        self._connection = self._stream = None

    def _crashed(self) -> FunctionCrashed:
        return FunctionCrashed("Runtime.ExitError", f"Runtime exited with error: {self._process.how_it_ended()}")


def _error(body: bytes) -> FunctionError:
    """The error that the function reported."""
    report = json.loads(body)
    trace = tuple(str(line) for line in report.get("stackTrace") or [])
    return FunctionError(report.get("errorType", ""), report.get("errorMessage", ""), trace)
