"""HTTP to DOKU: one send per call, within one deadline, on connections that are kept alive where that is safe."""

import io
import socket
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import certifi
from requests import Request, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.connection import allowed_gai_family, create_connection

Timeout = tuple[float, float]
"""Seconds to connect and to wait for the answer. Their sum is the longest that a call may take."""

_HEADERS = {"User-Agent": "kirim-doku-payouts", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_CHUNK = 65_536
_MAX_BODY = 1_048_576
_IDLE_LIMIT = 20.0
"""Seconds after which a connection is not reused: the other side may have dropped it unseen, and a request that goes
into a dead connection leaves a transfer in doubt. A frozen Lambda sleeps for minutes."""


class NeverSent(Exception):
    """Not a byte of the request left: proof that it was not executed."""


class NoReply(Exception):
    """The request may have arrived and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer as it arrived."""

    http_status: int
    body: bytes


class Transport:
    """Posts bytes and returns the answer's bytes. No retries, no redirects, no proxy, no cookies, TLS verified."""

    def __init__(
        self,
        base_url: str,
        pool_size: int = 4,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._wall_clock = wall_clock
        self._used_at = self._now()
        self._pooled = _Adapter(pool_connections=1, pool_maxsize=pool_size)

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, timeout: Timeout, *, fresh: bool = False
    ) -> HttpResponse:
        """POST exactly `body`. Raises NeverSent or NoReply; any HTTP status is an answer.

        With `fresh` the connection has carried nothing before and is closed afterwards, so that no late answer to an
        earlier request can be taken for this one's.
        """
        if fresh:
            adapter = _Adapter(pool_connections=1, pool_maxsize=1)
            try:
                return self._send(adapter, path, headers, body, timeout)
            finally:
                adapter.close()
        self._drop_idle_connections()
        try:
            return self._send(self._pooled, path, headers, body, timeout)
        finally:
            self._used_at = self._now()

    def close(self) -> None:
        """Close all connections. The next request opens another."""
        self._pooled.close()

    def _send(
        self, adapter: HTTPAdapter, path: str, headers: Mapping[str, str], body: bytes, timeout: Timeout
    ) -> HttpResponse:
        call = _Call(timeout, self._clock)
        ours = _CALL.set(call)
        try:
            request = Request("POST", self._base_url + path, headers={**_HEADERS, **headers}, data=body).prepare()
            response = adapter.send(request, stream=True, timeout=timeout, verify=certifi.where())
            try:
                return HttpResponse(response.status_code, _whole(response))
            finally:
                response.close()  # no effect on a connection that is back in the pool, its answer read to the end
        except (OSError, HTTPError, ValueError) as error:
            failure = NoReply if call.left else NeverSent
            raise failure(type(error).__name__) from error
        finally:
            _CALL.reset(ours)

    def _drop_idle_connections(self) -> None:
        """Idle by either clock: in a frozen machine the monotonic one may stand still, and the other be set back."""
        idle = [now - then for now, then in zip(self._now(), self._used_at, strict=True)]
        if not all(0 <= seconds <= _IDLE_LIMIT for seconds in idle):
            self._pooled.close()

    def _now(self) -> tuple[float, float]:
        return self._clock(), self._wall_clock()


def _whole(response: Response) -> bytes:
    """The body, decoded. Raises NoReply past the bound on its size."""
    body = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > _MAX_BODY:
            raise NoReply("TooLong")
    return bytes(body)


# The deadline. requests applies `timeout` to each wait for bytes, so a server that sends a header line now and then is
# never cut off. The connection therefore asks its call for the time left before each wait: to connect, to send, and for
# each read of the status line, the headers and the body. A watchdog that shuts the socket down would need a thread per
# call. Only the resolver of host names, which has no time-out of its own, can take longer.


class _Call:
    """What one call may still take, and whether a byte of its request may have left."""

    def __init__(self, timeout: Timeout, clock: Callable[[], float]) -> None:
        connect, self._read = timeout
        self._clock = clock
        self._connected_by = clock() + connect
        self._ends = clock() + sum(timeout)
        self.left = False

    def seconds_to_connect(self) -> float:
        """For TCP and TLS together. Raises TimeoutError where nothing is left."""
        return self._until(self._connected_by)

    def seconds_to_wait(self) -> float:
        """For the next bytes. Raises TimeoutError past the deadline."""
        return min(self._read, self._until(self._ends))

    def _until(self, moment: float) -> float:
        seconds = moment - self._clock()
        if seconds <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return seconds


_CALL: ContextVar[_Call] = ContextVar("call to DOKU")
"""The call that the current thread is making: requests hands nothing of ours down to the connection."""


class _TimedReader(io.RawIOBase):
    """The bytes that arrive on a socket; each wait for them ends with the call."""

    def __init__(self, arriving: io.RawIOBase, on: socket.socket) -> None:
        self._arriving = arriving
        self._socket = on

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(_CALL.get().seconds_to_wait())
        return self._arriving.readinto(buffer)

    def close(self) -> None:
        self._arriving.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """An answer whose every read is timed."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _Timed(HTTPConnection):
    """A connection that keeps to the deadline of the call that uses it, and notes when bytes leave."""

    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers. The addresses of a host share the time for one connection."""
        addresses = socket.getaddrinfo(self._dns_host, self.port, allowed_gai_family(), socket.SOCK_STREAM)
        failure: OSError | None = None
        for left, (*_, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                return self._connected(str(address[0]), int(address[1]), _CALL.get().seconds_to_connect() / left)
            except OSError as error:
                failure = error
        raise failure or socket.gaierror("the host has no address")

    def _connected(self, host: str, port: int, seconds: float) -> socket.socket:
        connected = create_connection((host, port), seconds, socket_options=self.socket_options)
        connected.settimeout(_CALL.get().seconds_to_connect())  # for TLS, whose handshake follows
        return connected

    def send(self, data: Any) -> None:
        call = _CALL.get()
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


class _Adapter(HTTPAdapter):
    """requests without its session, which would follow redirects, keep cookies, and read .netrc and proxies."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
