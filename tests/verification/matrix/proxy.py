"""A proxy between the functions and one service that injects faults. By hand: no HTTP library sends broken HTTP."""

import contextlib
import re
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import BufferedIOBase
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import IO, Any
from urllib.parse import urlsplit

from local.aws import moto_server
from local.gateway.http_server import HOST
from local.gateway.http_server import Request as HttpRequest
from tests.verification.matrix.calls import Call, Request
from tests.verification.matrix.modes import (
    ANSWERED,
    BY_DOKU,
    DELAYS,
    KILLS,
    NOT_FORWARDED,
    Mode,
    answer,
    limits,
    refusal,
)
from tests.verification.matrix.wire import Fault, Seen, Wire

Stream = IO[bytes] | BufferedIOBase
Ask = Callable[[Request], bytes]
"""Sends a request to the service. Returns the whole reply as bytes."""
Service = Callable[[], AbstractContextManager[Ask]]
"""Opens a connection to the service."""
_INSIDE = 0.85
"""A late answer comes after this share of the limit; the rest is margin for a slow machine."""
_PAUSE = 0.5
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_EXPECTS = b"\r\nExpect: 100-continue\r\n"
_WHOLE = frozenset({Mode.INSIDE, Mode.HEAD_INSIDE, Mode.HEAD_OUTSIDE, Mode.LATE_DUPLICATE, *BY_DOKU})
_PATIENCE = 60.0  # seconds to wait until the caller gives up; all time-outs of the functions are shorter


@contextlib.contextmanager
def aws() -> Iterator[Ask]:
    """moto, which answers in the connection's thread: a second connection and its thread would double the cost."""

    def ask(request: Request) -> bytes:
        asked = HttpRequest.of(request.method, request.path, request.headers.items(), request.body)
        try:
            answered = moto_server.answer(asked)
        except OSError as error:  # moto's own, and no caller that is gone
            raise RuntimeError("moto failed") from error
        lines = [f"HTTP/1.1 {answered.status}", *(f"{name}: {value}" for name, value in answered.headers)]
        body: bytes = answered.data
        return "\r\n".join((*lines, "", "")).encode("latin-1") + body

    yield ask


def server(url: str) -> Service:
    """The HTTP server at `url`, by a connection of its own for each connection of a function."""

    @contextlib.contextmanager
    def connected() -> Iterator[Ask]:
        with contextlib.closing(socket.create_connection((HOST, urlsplit(url).port or 80))) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            replies = connection.makefile("rb")

            def ask(request: Request) -> bytes:
                connection.sendall(request.raw)
                return _read_reply(replies)

            yield ask

    return connected


class Proxy:
    """Forwards requests to a service and records them in `wire`. `name` parses the call from a request."""

    def __init__(self, service: Service, name: Callable[[Request], Call], wire: Wire) -> None:
        self._server = _Server((HOST, 0), _Connection)
        self._server.service, self._server.name, self._server.wire = service, name, wire
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = True
    service: Service
    name: Callable[[Request], Call]
    wire: Wire

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A function process that is killed during a call breaks its connection. Any other error is the proxy's own."""
        if not isinstance(sys.exception(), OSError):
            self.wire.errors.append(traceback.format_exc())


class _Connection(StreamRequestHandler):
    """A connection from a function to the service."""

    server: _Server
    disable_nagle_algorithm = True
    late_duplicate = False
    """True if the next request on this connection gets the answer to another request."""

    def handle(self) -> None:
        with self.server.service() as ask:
            while (request := _read_request(self.rfile, self.wfile)) is not None:
                if not self._serve(request, ask):
                    return

    def _serve(self, request: Request, ask: Ask) -> bool:
        """Forward one request with its fault, if it has one. Returns False if the connection ends."""
        call = self.server.name(request)
        seen, fault = self.server.wire.arrive(call)

        def forward() -> bytes:
            reply = ask(request)
            seen.status = int(reply.split(b" ", 2)[1])
            return reply

        if fault is None:
            reply = forward()
            self.wfile.write(refusal(call) if self.late_duplicate else reply)
            self.late_duplicate = False
            return True
        if fault.mode in _WHOLE:
            return self._answer_whole(fault, seen, forward)
        return self._break(fault, seen, forward)

    def _answer_whole(self, fault: Fault, seen: Seen, forward: Callable[[], bytes]) -> bool:
        """Execute the call and answer late or line by line, or let the simulator inject the fault."""
        mode, name = fault.mode, seen.call.name
        if mode in BY_DOKU:
            fault.prepare(name.removeprefix("doku."))
        reply, (wait, total) = forward(), limits(name)
        self.late_duplicate = mode is Mode.LATE_DUPLICATE
        if mode is Mode.INSIDE:
            time.sleep(wait * _INSIDE)
        if mode in (Mode.HEAD_INSIDE, Mode.HEAD_OUTSIDE):
            return self._drip(reply, total, seen, ends=mode is Mode.HEAD_INSIDE)
        self.wfile.write(reply)
        return True

    def _drip(self, reply: bytes, total: float, seen: Seen, ends: bool) -> bool:
        """Send the status line, then a header line every half second; the rest of the answer only if it `ends`."""
        line, _, rest = reply.partition(b"\r\n")
        self.wfile.write(line + b"\r\n")
        began = time.monotonic()
        until = total * _INSIDE if ends else _PATIENCE
        with contextlib.suppress(OSError):
            while (waited := time.monotonic() - began) < until:
                time.sleep(min(_PAUSE, max(0.0, until - waited)))
                self.wfile.write(b"X-Padding: 0\r\n")
            self.wfile.write(rest)
        seen.seconds = time.monotonic() - began
        return ends

    def _break(self, fault: Fault, seen: Seen, forward: Callable[[], bytes]) -> bool:
        mode: Mode = fault.mode
        if mode in DELAYS:
            self._wait_for_hang_up()
        if mode not in NOT_FORWARDED:
            forward()
        if mode in KILLS:
            fault.kill()
        if mode in ANSWERED:
            self.wfile.write(answer(mode, seen.call))
        return mode in ANSWERED

    def _wait_for_hang_up(self) -> None:
        self.connection.settimeout(_PATIENCE)
        self.rfile.read(1)
        self.connection.settimeout(None)


def _read_request(stream: Stream, answers: Stream) -> Request | None:
    """Read a request, and ask for its body if the caller waits for that; the service is not asked."""
    head = _read_head(stream)
    if _EXPECTS in head:
        head = head.replace(_EXPECTS, b"\r\n")
        answers.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = _read_body(stream, head)
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, path, _ = first.split(" ", 2)
    return Request(method, path, headers, body, head + body)


def _read_reply(stream: Stream) -> bytes:
    head = _read_head(stream)
    if not head:
        raise ConnectionResetError("the service hung up")
    return head + _read_body(stream, head)


def _read_head(stream: Stream) -> bytes:
    """Read a message up to its body; empty at the end of the stream."""
    head = b""
    while line := stream.readline():
        head += line
        if line == b"\r\n":
            return head
    return b""


def _read_body(stream: Stream, head: bytes) -> bytes:
    """Read the body. All messages here have a Content-Length if they have a body."""
    found = _LENGTH.search(head)
    body = stream.read(int(found[1])) if found else b""
    if found and len(body) < int(found[1]):
        raise ConnectionResetError("the message ends in its body")
    return body
