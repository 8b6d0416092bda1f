"""HTTP to DOKU: connections kept alive, and never a second send that nobody asked for.

By urllib3 itself, which botocore brings along: requests on top would cost every cold start a tenth.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import certifi
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

Timeout = tuple[float, float]
"""Seconds to connect and to read."""

_HEADERS = {"User-Agent": "kirim-doku-payouts", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_CHUNK = 65_536
_MAX_BODY = 1_048_576
_IDLE_LIMIT = 20.0
"""Seconds after which a connection is not reused: the other side may have dropped it unseen, and a request that goes
into a dead connection leaves a transfer in doubt (FAULTS 12). A frozen Lambda sleeps for minutes."""


class NeverSent(Exception):
    """No connection was established: not a byte of the request left. Proof of non-execution."""


class NoReply(Exception):
    """The request may have arrived and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class Reply:
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
        self._connections = urllib3.PoolManager(1, maxsize=pool_size, ca_certs=certifi.where())

    def post(self, path: str, headers: Mapping[str, str], body: bytes, timeout: Timeout) -> Reply:
        """POST exactly `body`. Raises NeverSent or NoReply; any HTTP status is an answer."""
        self._drop_idle_connections()
        deadline = self._clock() + sum(timeout)
        try:
            response = self._connections.request(
                "POST",
                self._base_url + path,
                body=body,
                headers={**_HEADERS, **headers},
                timeout=urllib3.Timeout(*timeout),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                return Reply(response.status, self._whole(response, deadline))
            finally:
                response.close()  # does nothing to a connection that is back in the pool, its answer read to the end
                response.release_conn()
        except (OSError, HTTPError, ValueError) as error:
            failure = NeverSent if _never_connected(error) else NoReply
            raise failure(type(error).__name__) from error
        finally:
            self._used_at = self._now()

    def _whole(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        """The body. A time-out counts from each byte to the next, so a trickle needs an end of its own."""
        body = bytearray()
        while chunk := response.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > _MAX_BODY or self._clock() > deadline:
                raise NoReply("TooLong")
        return bytes(body)

    def close(self) -> None:
        """Close all connections. The next request opens another."""
        self._connections.clear()

    def _drop_idle_connections(self) -> None:
        """Idle by either clock: in a frozen machine the monotonic one may stand still, and the other be set back."""
        idle = [now - then for now, then in zip(self._now(), self._used_at, strict=True)]
        if not all(0 <= seconds <= _IDLE_LIMIT for seconds in idle):
            self._connections.clear()

    def _now(self) -> tuple[float, float]:
        return self._clock(), self._wall_clock()


def _never_connected(error: Exception) -> bool:
    """DNS failure, refused, connect time-out or a certificate that is not trusted: all before the request leaves."""
    if isinstance(error, SSLError):
        return "CERTIFICATE_VERIFY_FAILED" in str(error)
    return isinstance(error, NewConnectionError | ConnectTimeoutError)
