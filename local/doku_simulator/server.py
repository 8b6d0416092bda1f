"""The socket: HTTP/1.1 with keep-alive, and replies that are late, broken off or missing when a fault says so."""

import os
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.doku_simulator.auth import Request
from local.doku_simulator.control_api import PREFIX, control
from local.doku_simulator.reply import Ending, Reply
from local.doku_simulator.service import serve
from local.doku_simulator.world import World

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Server(ThreadingHTTPServer):
    """One thread a connection; `close_connections` ends those that are idle or held."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256  # 32 clients and more may come at once

    def __init__(self, address: tuple[str, int], world: World) -> None:
        self.world = world
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection and serve it in a thread."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Wake every thread that waits for its client."""
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it ended by itself

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, has it answered, and puts the reply on the wire."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "DOKU-simulator"
    wbufsize = 64 * 1024  # head and body leave in one segment: else Nagle and delayed ACK cost 40 ms a call
    disable_nagle_algorithm = True

    def exchange(self) -> None:
        """One request and its reply."""
        request = self._read()
        answering = control if request.path.startswith(PREFIX) else serve
        self._deliver(answering(self.server.world, request))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: the ledger keeps every request."""

    def _read(self) -> Request:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True  # where the body ends is unknown
            length = "0"
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, self.path, headers, self.rfile.read(int(length)))

    def _deliver(self, reply: Reply) -> None:
        if reply.released is not None and not self.server.world.board.hold(reply.hold, reply.released):
            self.close_connection = True  # the simulator stops
        elif reply.ending is Ending.ANSWERED:
            self._send(reply, reply.body)
        elif reply.ending is Ending.RESET_MID_BODY:
            self._send(reply, reply.body[: len(reply.body) // 2])
            self._reset()
        elif reply.ending is Ending.RESET:
            self._reset()
        else:
            self.close_connection = True

    def _send(self, reply: Reply, body: bytes) -> None:
        """Head and `body`; Content-Length is that of the whole reply."""
        self.send_response(reply.status)
        padding = ((f"X-Padding-{number}", "0") for number in range(reply.padding))
        headers = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body))}
        for name, value in (*headers.items(), *reply.headers, *padding):
            self._pause(reply)
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _pause(self, reply: Reply) -> None:
        """Wait before the next line of a slow head."""
        if reply.line_pause and reply.released is not None:
            self.flush_headers()
            self.wfile.flush()
            self.server.world.board.hold(reply.line_pause, reply.released)

    def _reset(self) -> None:
        """End the connection with RST instead of FIN: linger time 0, then close the descriptor itself."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


for _method in _METHODS:
    setattr(Handler, f"do_{_method}", Handler.exchange)
