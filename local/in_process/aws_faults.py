"""Faults of AWS and process crashes, caused by hooks on botocore's events."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.httpsession import URLLib3Session

_one_at_a_time = Lock()


class Crash(BaseException):
    """Ends the process: a BaseException, so that no handler catches it."""


@contextmanager
def crashing() -> Iterator[None]:
    """Expect a crash during the `with`. Raises AssertionError if there is none."""
    try:
        yield
    except Crash:
        return
    raise AssertionError("nothing crashed")


@dataclass(frozen=True)
class Page:
    """A response that a proxy gives instead of AWS."""

    status: int
    body: bytes

    def __str__(self) -> str:
        return f"{self.status} {self.body[:20].decode('ascii', 'backslashreplace')}"

    def stream(self) -> Iterator[bytes]:
        """The body as urllib3 streams it."""
        yield self.body


LOGIN = Page(200, b"<html>please log in</html>")
PAGES = (
    *(LOGIN, Page(200, b"\xff\xfe"), Page(200, b"[]"), Page(200, b"null"), Page(200, b'"ok"'), Page(200, b"[" * 9_999)),
    *(Page(300, b"<html>choose</html>"), Page(300, b"\xff\xfe"), Page(302, b""), Page(404, b"\xff\xfe")),
    *(Page(403, b"<html>blocked</html>"), Page(403, b"{}"), Page(403, b'{"__type": null}'), Page(407, b"")),
    Page(302, b'{"__type": "Moved"}'),
)
"""Pages that botocore takes for an empty answer or an error of AWS, does not read, or fails on."""


def _ignore(operation: str, body: str) -> None:
    """Watches nothing."""


@dataclass
class AwsFaults:
    """Faults of AWS calls by operation, such as `PutItem`. Each fault happens once, in order."""

    before: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    after: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    lost_replies: dict[str, int] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    watch: Callable[[str, str], None] = _ignore
    """Called before each AWS call with the operation and the parameters as JSON."""

    def install(self, session: Session) -> None:
        """Hook into every client that the session creates from now on."""
        events = session.events
        events.register("before-call.*.*", self._before)
        events.register("after-call.*.*", self._after)
        events.register("before-send.*.*", self._send)  # type: ignore[arg-type]

    def clear(self) -> None:
        """Forget all faults and calls, and watch no more."""
        for found in (self.before, self.after, self.lost_replies, self.pages, self.calls):
            found.clear()
        self.watch = _ignore

    def crash_before(self, operation: str) -> None:
        """Crash before the next call of `operation` is sent."""
        self.before.setdefault(operation, []).append(_crash)

    def crash_after(self, operation: str) -> None:
        """Crash after the next call of `operation` was answered."""
        self.after.setdefault(operation, []).append(_crash)

    def throttle(self, operation: str, times: int = 1) -> None:
        """Throttle calls of `operation`, as after botocore's own retries."""

        self._refuse(operation, times, "ProvisionedThroughputExceededException")

    def conflict(self, operation: str, times: int = 1) -> None:
        """Refuse calls of `operation` since another write of the item is under way."""
        if operation == "TransactWriteItems":
            reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
            self._refuse(operation, times, "TransactionCanceledException", CancellationReasons=reasons)
        else:
            self._refuse(operation, times, "TransactionConflictException")

    def _refuse(self, operation: str, times: int, code: str, **details: Any) -> None:
        def refused() -> None:
            error = {"Code": code, "Message": "refused"}
            answer: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}, **details}
            raise ClientError(answer, operation)

        self.before.setdefault(operation, []).extend([refused] * times)

    def lose_reply(self, operation: str, times: int = 1) -> None:
        """Execute the next request of `operation` and lose its answer; botocore retries it."""
        self.lost_replies[operation] = times

    def answer_with_a_page(self, operation: str, page: Page = LOGIN) -> None:
        """Answer the next call of `operation` with `page`, without executing it."""
        self.before.setdefault(operation, []).append(lambda: self.pages.update({operation: page}))

    def _before(self, event_name: str, params: Mapping[str, Any], **_: Any) -> None:
        operation = event_name.rsplit(".", 1)[1]
        self.calls.append(operation)
        self.watch(operation, str(params["body"]))
        _run_next(self.before, operation)

    def _after(self, event_name: str, **_: Any) -> None:
        _run_next(self.after, event_name.rsplit(".", 1)[1])

    def _send(self, event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        operation = event_name.rsplit(".", 1)[1]
        if operation in self.pages:
            page = self.pages.pop(operation)
            return AWSResponse(request.url, page.status, HTTPHeaders(), page)
        if self.lost_replies.get(operation, 0):
            self.lost_replies[operation] -= 1
            URLLib3Session().send(request)
            raise ConnectionClosedError(endpoint_url=request.url)
        return None


def _run_next(hooks: dict[str, list[Callable[[], None]]], operation: str) -> None:
    with _one_at_a_time:  # the worker of batches has threads
        hook = hooks[operation].pop(0) if hooks.get(operation) else None
    if hook is not None:
        hook()


def _crash() -> None:
    raise Crash
