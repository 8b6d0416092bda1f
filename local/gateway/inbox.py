"""An inbox for webhooks in the local run: it shows each delivery, and fails the next ones if asked to.

Signatures are checked by the package `standardwebhooks`, not by the code that makes them.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from local.gateway.api import LocalHandler
from local.gateway.console import for_this_host, guarded, refused, respond
from local.gateway.http_server import Request, Response

PATH = "/_local/webhooks"
_KEPT = 200
"""Deliveries that are shown, the newest first."""
_TOLERANCE = 300
"""Seconds by which the time of a signature may differ, as the libraries have it."""


class Inbox:
    """A receiver that keeps its last `kept` deliveries.

    `secrets` returns the signing secrets in force, `clock` the local run's time.
    """

    def __init__(self, secrets: Callable[[], Iterable[str]], clock: Callable[[], float], kept: int = _KEPT) -> None:
        self._secrets = secrets
        self._clock = clock
        self._deliveries: deque[dict[str, Any]] = deque(maxlen=kept)
        self._failing, self._status, self._retry_after = 0, 503, ""
        self._lock = threading.Lock()

    def handlers(self) -> dict[str, LocalHandler]:
        """The inbox's pages by path: the receiver itself, its deliveries, and its failures."""
        return {
            PATH: for_this_host(self._receive),
            f"{PATH}/deliveries": guarded(lambda _: respond(200, self.state())),
            f"{PATH}/failures": guarded(self._asked_to_fail),
        }

    def state(self) -> dict[str, Any]:
        """The deliveries, newest first, and how many of the next ones fail."""
        with self._lock:
            return {"deliveries": list(self._deliveries), "failing": self._failing, "status": self._status}

    def fail(self, count: int, status: int = 503, retry_after: str = "") -> None:
        """Answer the next `count` deliveries with this status, and Retry-After if given; 0 ends that."""
        with self._lock:
            self._failing, self._status, self._retry_after = count, status, retry_after

    def clear(self) -> None:
        """Forget the deliveries, and accept the next ones."""
        with self._lock:
            self._deliveries.clear()
            self._failing = 0

    def _receive(self, request: Request) -> Response:
        if request.method != "POST":
            return refused(405, "POST only")
        body = request.data.decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in request.headers.items()}
        verified = self._is_verified(headers, body)
        with self._lock:
            self._failing, failed = max(0, self._failing - 1), self._failing > 0
            status = self._status if failed else 204 if verified else 401
            at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
            shown = {"at": at, "verified": verified, "status": status, "headers": headers, "body": body}
            self._deliveries.appendleft(shown)
            headers_back = {"Retry-After": self._retry_after} if failed and self._retry_after else {}
        return Response(b"", status, headers_back)

    def _is_verified(self, headers: dict[str, str], body: str) -> bool:
        from standardwebhooks import Webhook  # only once something is delivered

        try:
            at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
            given = headers["webhook-signature"].split()
            made = [Webhook(secret).sign(headers["webhook-id"], at, body) for secret in self._secrets()]
        except (KeyError, ValueError, RuntimeError, OverflowError):
            return False
        return bool({*given} & {*made}) and abs(self._clock() - at.timestamp()) <= _TOLERANCE

    def _asked_to_fail(self, request: Request) -> Response:
        try:
            wanted = json.loads(request.data)
            count, status = int(wanted["count"]), int(wanted.get("status", 503))
        except (ValueError, KeyError, TypeError):
            return refused(400, "count and status are whole numbers")
        if request.method != "POST" or not 0 <= count <= 1_000 or not 300 <= status <= 599:
            return refused(400, "POST a count up to 1000 and a status from 300 to 599")
        self.fail(count, status)
        return respond(200, self.state())
