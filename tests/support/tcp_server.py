"""A TCP server that causes resets, silence and slow answers, which HTTP servers do not offer."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

Script = Callable[[socket.socket], object]
"""Runs after each request. Returns STOP to end the connection."""


@dataclass
class TcpServer:
    """Runs a script on each connection and stores the received requests."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    closed: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The server's URL."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket, script: Script) -> None:
        """Serve one connection until its end."""
        with contextlib.suppress(OSError), self._secured(connection) as connection:
            while request := received(connection):
                self.requests.append(request)
                if script(connection) is STOP:
                    break
        self.closed.set()

    def _secured(self, connection: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(connection, server_side=True) if self.tls else connection


STOP = object()
"""Returned by a script to end the connection."""


def received(connection: socket.socket) -> bytes:
    """Read one complete request; empty if the client closed the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def listening(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[TcpServer]:
    """Start a server that runs `script` after each request until it returns STOP."""
    peer = TcpServer(tls=tls)
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer.port = server.getsockname()[1]

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    peer.connections += 1
                    connection.settimeout(10)
                    threading.Thread(target=peer.serve, args=(connection, script), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield peer
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    assert not thread.is_alive()


def saying(*parts: bytes, then: object = STOP) -> Script:
    """A script that answers with these bytes."""

    def say(connection: socket.socket) -> object:
        for part in parts:
            connection.sendall(part)
        return then

    return say


def http_answer(status: int, body: object, **headers: str) -> bytes:
    """An HTTP answer with a JSON body and these headers."""
    content = json.dumps(body).encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} X\r\n{lines}Content-Length: {len(content)}\r\n\r\n"
    return head.encode("latin-1") + content


def resetting_after(part: bytes) -> Script:
    """A script that sends these bytes and resets the connection."""

    def reset(connection: socket.socket) -> object:
        connection.sendall(part)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return STOP

    return reset


def trickling(parts: Iterable[bytes], every: float) -> Script:
    """A script that sends one part every `every` seconds until the client hangs up."""

    def trickle(connection: socket.socket) -> object:
        for part in parts:
            if hung_up(connection, within=every):
                break
            connection.sendall(part)
        return STOP

    return trickle


def hung_up(connection: socket.socket, within: float) -> bool:
    """Wait up to `within` seconds for the client to close the connection. Returns False if it does not."""
    connection.settimeout(within)
    try:
        return not connection.recv(1)
    except TimeoutError:
        return False
    finally:
        connection.settimeout(10)


def staying_silent(connection: socket.socket) -> object:
    """A script that answers nothing until the client closes the connection."""
    connection.recv(1)
    return STOP
