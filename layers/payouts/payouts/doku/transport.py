"""HTTP to DOKU: one send per call, within one deadline (docs/doku-protocol.md, "Time limits" and "Connections")."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import certifi
from requests import Request, Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from payouts.doku.timed_connection import CALL, TimedAdapter, TimedCall, Timeout

__all__ = ["HttpResponse", "NeverSent", "NoReply", "Timeout", "Transport"]

_HEADERS = {"User-Agent": "kirim-doku-payouts", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_CHUNK = 65_536
_MAX_BODY = 1_048_576
_IDLE_LIMIT = 20.0
"""Seconds after which an idle connection is not reused: DOKU may have dropped it, and a transfer sent on a dead
connection is in doubt. A frozen Lambda sleeps for minutes."""


class NeverSent(Exception):
    """No byte of the request left: proof that it was not executed."""


class NoReply(Exception):
    """The request may have arrived, and no complete answer came back."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer as it arrived."""

    http_status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By name, in any case."""


class Transport:
    """Posts bytes and returns the answer's bytes. No retries, redirects, proxies or cookies; TLS is verified.

    It uses adapters of requests without a session, which would follow redirects, keep cookies, and read .netrc and
    proxies.
    """

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
        self._pooled = TimedAdapter(pool_connections=1, pool_maxsize=pool_size)

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, timeout: Timeout, *, fresh: bool = False
    ) -> HttpResponse:
        """POST exactly `body`. Raises NeverSent or NoReply; any HTTP status is an answer.

        With `fresh`, the connection is new and is closed afterwards, so that no late answer to an earlier request can
        be taken for the answer to this one.
        """
        if fresh:
            adapter = TimedAdapter(pool_connections=1, pool_maxsize=1)
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
        call = TimedCall(timeout, self._clock)
        token = CALL.set(call)
        try:
            request = Request("POST", self._base_url + path, headers={**_HEADERS, **headers}, data=body).prepare()
            response = adapter.send(request, stream=True, timeout=timeout, verify=certifi.where())
            try:
                return HttpResponse(response.status_code, _whole(response), response.headers)
            finally:
                response.close()  # no effect on a connection that is back in the pool, its answer read to the end
        except (OSError, HTTPError, ValueError) as error:
            failure = NoReply if call.left else NeverSent
            raise failure(type(error).__name__) from error
        finally:
            CALL.reset(token)

    def _drop_idle_connections(self) -> None:
        """Close connections that are idle by either clock: in a frozen Lambda one may stop, the other be set back."""
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
