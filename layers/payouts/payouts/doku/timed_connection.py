"""Connections that keep to the deadline of a call, for requests.

requests applies a timeout to each wait for bytes, so a server that sends a header line now and then is never cut off.
These connections ask their call for the time left before each wait: to connect, to send, and for each read of the
status line, the headers and the body. A watchdog that shuts the socket down would need a thread per call. Only the
resolution of host names, which has no timeout of its own, can take longer.
"""

import io
import socket
from collections.abc import Callable
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import allowed_gai_family, create_connection

Timeout = tuple[float, float]
"""Seconds to connect and to wait for the answer. Their sum is the longest that a call may take."""


class TimedCall:
    """The time left for one call. `left` is True once a byte of its request may have left."""

    def __init__(self, timeout: Timeout, clock: Callable[[], float]) -> None:
        connect, self._read = timeout
        self._clock = clock
        self._connected_by = clock() + connect
        self._ends = clock() + sum(timeout)
        self.left = False

    def seconds_to_connect(self) -> float:
        """Time left for TCP and TLS together. Raises TimeoutError if there is none."""
        return self._until(self._connected_by)

    def seconds_to_wait(self) -> float:
        """Time left for the next bytes. Raises TimeoutError past the deadline."""
        return min(self._read, self._until(self._ends))

    def _until(self, moment: float) -> float:
        seconds = moment - self._clock()
        if seconds <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return seconds


CALL: ContextVar[TimedCall] = ContextVar("call to DOKU")
"""The call of the current thread. requests has no way to pass it to the connection."""


class _TimedReader(io.RawIOBase):
    """The bytes that arrive on a socket; each wait for them is bounded by the call."""

    def __init__(self, arriving: io.RawIOBase, on: socket.socket) -> None:
        self._arriving = arriving
        self._socket = on

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(CALL.get().seconds_to_wait())
        return self._arriving.readinto(buffer)

    def close(self) -> None:
        self._arriving.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """An answer with bounded reads."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _Timed(HTTPConnection):
    """A connection that keeps to the deadline of its call, and notes when bytes leave."""

    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers. All addresses share the time to connect."""
        addresses = socket.getaddrinfo(self._dns_host, self.port, allowed_gai_family(), socket.SOCK_STREAM)
        failure: OSError | None = None
        for left, (*_, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                return self._connected(str(address[0]), int(address[1]), CALL.get().seconds_to_connect() / left)
            except OSError as error:
                failure = error
        raise failure or socket.gaierror("the host has no address")

    def _connected(self, host: str, port: int, seconds: float) -> socket.socket:
        connected = create_connection((host, port), seconds, socket_options=self.socket_options)
        connected.settimeout(CALL.get().seconds_to_connect())  # for TLS, whose handshake follows
        return connected

    def send(self, data: Any) -> None:
        call = CALL.get()
        if self.sock is None:
            self.connect()
        self.sock.settimeout(call.seconds_to_wait())
        call.left = True
        super().send(data)


class _TimedTls(_Timed, HTTPSConnection):
    """The same with TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTls


class TimedAdapter(HTTPAdapter):
    """An adapter of requests with timed connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of this module the pools of the adapter."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
