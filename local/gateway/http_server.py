"""A small threaded HTTP/1.1 server on 127.0.0.1: a function from request to response.

Keep-alive, one segment a response, `Expect: 100-continue`, chunked bodies, a limit for bodies. Serves the gateway and
the AWS endpoint.
"""

import io
import re
import socket
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import IO, Any
from urllib.parse import urlsplit

HOST = "127.0.0.1"
_DRAINED = 32 * 1024 * 1024  # of a refused body, so that the sender gets to read the refusal


@dataclass(frozen=True)
class Request:
    """One request as it came: `target` is path and query as sent, header names in any case and order."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    client: str = HOST
    protocol: str = "HTTP/1.1"

    @property
    def path(self) -> str:
        """The target before the question mark, as it was sent."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The target after the question mark, as it was sent."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """All values of a header joined by a comma, or None."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ",".join(values) if values else None


@dataclass(frozen=True)
class Response:
    """What to answer. Content-Length is added."""

    status: int
    headers: Iterable[tuple[str, str]] = field(default=())
    body: bytes = b""


class BodyRefusedError(Exception):
    """The request's body is too long (413) or not framed in a way that can be trusted (400)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class HttpServer:
    """Answers with `handler` on `port`, any free one if 0; a thread a connection. Binds at once, serves from `start`.

    Raises OSError when the port is taken.
    """

    def __init__(self, handler: Callable[[Request], Response], port: int, *, max_body: int | None = None) -> None:
        self._server = _Server((HOST, port), _Connection)
        self._server.handler, self._server.max_body = handler, max_body
        self.port: int = self._server.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening and hang up on everyone."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()


def read_body(stream: IO[bytes] | io.BufferedIOBase, headers: Message, limit: int | None = None) -> bytes:
    """The body that `headers` announce, in either framing. Raises BodyRefusedError, or ConnectionError if it is cut."""
    lengths, coding = headers.get_all("Content-Length", []), headers.get("Transfer-Encoding")
    if coding is not None:
        if lengths or coding.lower() != "chunked":
            raise BodyRefusedError(400, "Bad Request")
        return _read_chunks(stream, limit)
    length = _length(lengths)
    if limit is not None and length > limit:
        raise BodyRefusedError(413, "Request Entity Too Large")
    return _read_all(stream, length)


def _length(values: list[str]) -> int:
    if not values:
        return 0
    if len(set(values)) > 1 or not (values[0].isascii() and values[0].isdigit()):
        raise BodyRefusedError(400, "Bad Request")
    return int(values[0])


def _read_chunks(stream: IO[bytes] | io.BufferedIOBase, limit: int | None) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream.readline(1024)):
        if limit is not None and len(body) + size > limit:
            raise BodyRefusedError(413, "Request Entity Too Large")
        body += _read_all(stream, size)
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise BodyRefusedError(400, "Bad Request")
    while stream.readline(65536) not in (b"\r\n", b"\n", b""):
        pass  # trailers
    return bytes(body)


def _read_all(stream: IO[bytes] | io.BufferedIOBase, length: int) -> bytes:
    data = stream.read(length) if length else b""
    if len(data) < length:  # half a body is none
        raise ConnectionResetError("the sender hung up")
    return data


def _chunk_size(line: bytes) -> int:
    digits = line.split(b";")[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", digits):  # int() would take a sign, too
        raise BodyRefusedError(400, "Bad Request")
    return int(digits, 16)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    handler: Callable[[Request], Response]
    max_body: int | None

    def __init__(self, *args: Any) -> None:
        self._open: set[Any] = set()
        super().__init__(*args)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # not HTTPServer's, which asks DNS for the name of 127.0.0.1

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a connection that broke is the client's business; handlers' own errors are answered with 500

    def hang_up(self) -> None:
        for connection in list(self._open):
            self.shutdown_request(connection)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # head and body leave in one segment
    server: _Server

    def serve(self) -> None:
        try:
            body = read_body(self.rfile, self.headers, self.server.max_body)
        except BodyRefusedError as refused:
            self._refuse(refused)
            return
        address = self.client_address[0]
        headers = tuple(self.headers.items())
        request = Request(self.command, self._target(), headers, body, address, self.request_version)
        try:
            response = self.server.handler(request)
        except Exception:
            traceback.print_exc()
            response = Response(500, [("Content-Type", "application/json")], b'{"message":"Internal Server Error"}')
        self._answer(response)

    def __getattr__(self, name: str) -> Any:
        """Every method is served: which ones there are is the handler's business."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """Ask for the body, unless its announced length is refused anyway."""
        limit, length = self.server.max_body, self.headers.get("Content-Length", "")
        if limit is not None and length.isdecimal() and int(length) > limit:
            self._refuse(BodyRefusedError(413, "Request Entity Too Large"), drain=False)
            return False
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def _target(self) -> str:
        """Path and query, also where the client sent a whole URL."""
        if self.path.startswith("/"):
            return self.path
        url = urlsplit(self.path)
        return (url.path or "/") + (f"?{url.query}" if url.query else "")

    def _refuse(self, refused: BodyRefusedError, *, drain: bool = True) -> None:
        self.close_connection = True
        self._answer(
            Response(
                refused.status, [("Content-Type", "application/json")], b'{"message":"%s"}' % str(refused).encode()
            )
        )
        self.wfile.flush()
        if drain:
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(2)
            left = _DRAINED
            while left > 0 and (read := len(self.rfile.read1(65536))):
                left -= read

    def _answer(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status >= 200 and response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status not in (204, 304):
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass
