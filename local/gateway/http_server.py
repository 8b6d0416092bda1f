"""werkzeug's threaded server on 127.0.0.1, for the gateway, the AWS endpoint and the servers of tests.

One request a connection. The Runtime API (local.lambda_runtime.runtime) and the simulator have servers of their own.
"""

import io
import socket
import threading
import traceback
from collections.abc import Callable, Iterable
from email.message import Message
from typing import IO, Any, Self
from urllib.parse import urlsplit

import werkzeug
from werkzeug import Response
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.serving import DechunkedInput, WSGIRequestHandler, make_server
from werkzeug.test import EnvironBuilder

__all__ = ["HOST", "HttpServer", "Request", "Response", "json_message", "read_body"]

HOST = "127.0.0.1"


class Request(werkzeug.Request):
    """werkzeug's request with the target as sent: API Gateway matches routes before it decodes the path."""

    @classmethod
    def of(
        cls, method: str, target: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", client: str = HOST
    ) -> Self:
        """A request that did not come over a connection. Repeated headers are joined as the server joins them."""
        joined: dict[str, str] = {}
        for name, value in headers:
            joined[name.title()] = f"{joined[name.title()]},{value}" if name.title() in joined else value
        builder = EnvironBuilder(
            target, method=method, headers=Headers(joined), data=body, environ_base={"REMOTE_ADDR": client}
        )
        return cls(builder.get_environ())

    @property
    def target(self) -> str:
        """Path and query as sent, also if the client sent a whole URL."""
        raw = self.environ["RAW_URI"].encode("latin-1").decode()
        if raw.startswith("/"):
            return str(raw)
        url = urlsplit(raw)
        return (url.path or "/") + (f"?{url.query}" if url.query else "")

    @property
    def raw_path(self) -> str:
        """The target before the question mark, not decoded."""
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """The target after the question mark, not decoded."""
        return self.target.partition("?")[2]


def json_message(status: int, text: str) -> Response:
    """An error as API Gateway words it."""
    return Response(f'{{"message":"{text}"}}', status, content_type="application/json")


class HttpServer:
    """Answers with `handler` on `port`, any free one if 0; a thread a request. Binds at once, serves from `start`.

    A body of more than `max_body` bytes is answered with 413. Raises OSError when the port is taken.
    """

    def __init__(self, handler: Callable[[Request], Response], port: int, *, max_body: int | None = None) -> None:
        self._handler, self._max_body = handler, max_body
        limited = type("_LimitedConnection", (_Connection,), {"max_body": max_body})
        with socket.create_server((HOST, port), backlog=128) as bound:  # make_server exits if it cannot bind
            self._server = make_server(HOST, 0, self._answer, threaded=True, request_handler=limited, fd=bound.fileno())
        self.port: int = self._server.port
        self.url = f"http://{HOST}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        if self._max_body is not None:  # one byte more: werkzeug cuts a chunked body at its limit without an error
            request.max_content_length = self._max_body + 1
        return self._respond(request)(environ, start_response)

    def _respond(self, request: Request) -> Response:
        try:
            body = request.get_data()
            if self._max_body is not None and len(body) > self._max_body:
                raise RequestEntityTooLarge
        except RequestEntityTooLarge:
            return json_message(413, "Request Entity Too Large")
        except (BadRequest, OSError, ValueError):  # cut off, or chunks that are none
            return json_message(400, "Bad Request")
        request.environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        try:
            return self._handler(request)
        except Exception:
            traceback.print_exc()
            return json_message(500, "Internal Server Error")


class _Connection(WSGIRequestHandler):
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # head and body leave in one segment
    max_body: int | None = None

    def parse_request(self) -> bool:
        """Refuse a body whose length is ambiguous; werkzeug would take one of the readings."""
        if not super().parse_request():
            return False
        if _is_ambiguous(self.headers):
            self.send_error(400)
            return False
        return True

    def handle_expect_100(self) -> bool:
        """Ask for the body, unless its length is refused anyway. werkzeug asks without looking at the length."""
        del self.headers["Expect"]
        length = self.headers.get("Content-Length", "")
        if self.max_body is None or not length.isdecimal() or int(length) <= self.max_body:
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        return True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: the gateway reports requests itself."""


def _is_ambiguous(headers: Message) -> bool:
    lengths, coding = headers.get_all("Content-Length", []), headers.get("Transfer-Encoding")
    if coding is not None:
        return bool(lengths) or coding.lower() != "chunked"
    return len(set(lengths)) > 1 or not all(length.isascii() and length.isdigit() for length in lengths)


def read_body(stream: IO[bytes], headers: Message) -> bytes:
    """The body that `headers` announce, of a known length or chunked. Raises ConnectionError if it is cut off."""
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        try:
            return DechunkedInput(stream).readall() or b""
        except (OSError, ValueError) as error:
            raise ConnectionResetError("the sender hung up") from error
    length = int(headers.get("Content-Length", 0))
    data = stream.read(length) if length else b""
    if len(data) < length:
        raise ConnectionResetError("the sender hung up")
    return data
