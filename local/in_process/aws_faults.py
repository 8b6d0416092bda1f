"""What goes wrong with AWS, and the death of a process: hooks on botocore's own events."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.httpsession import URLLib3Session


class Crash(BaseException):
    """The process dies here: no handler may catch it."""


@contextmanager
def crashing() -> Iterator[None]:
    """Expect the process to die inside."""
    try:
        yield
    except Crash:
        return
    raise AssertionError("nothing crashed")


@dataclass(frozen=True)
class Page:
    """What something in between answers in AWS's place."""

    status: int
    body: bytes

    def __str__(self) -> str:
        return f"{self.status} {self.body[:20].decode('ascii', 'backslashreplace')}"

    def stream(self) -> Iterator[bytes]:
        """The body as urllib3 has it."""
        yield self.body


LOGIN = Page(200, b"<html>please log in</html>")
PAGES = (
    *(LOGIN, Page(200, b"\xff\xfe"), Page(200, b"[]"), Page(200, b"null"), Page(200, b'"ok"'), Page(200, b"[" * 9_999)),
    *(Page(300, b"<html>choose</html>"), Page(300, b"\xff\xfe"), Page(302, b""), Page(404, b"\xff\xfe")),
    *(Page(403, b"<html>blocked</html>"), Page(403, b"{}"), Page(403, b'{"__type": null}'), Page(407, b"")),
    Page(302, b'{"__type": "Moved"}'),
)
"""Pages that botocore takes for an empty answer or AWS's refusal, does not read, or trips over."""


@dataclass
class AwsFaults:
    """What is made to happen to calls of AWS, by operation such as `PutItem`: each hook is used once, in order."""

    before: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    after: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    lost_replies: dict[str, int] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    watch: Callable[[str, str], None] = lambda operation, body: None
    """Told of every call before it leaves: the operation, and what is asked for as JSON."""

    def install(self, session: Session) -> None:
        """Hook into every client that the session makes from now on."""
        events = session.events
        events.register("before-call.*.*", self._before)
        events.register("after-call.*.*", self._after)
        events.register("before-send.*.*", self._send)  # type: ignore[arg-type]

    def crash_before(self, operation: str) -> None:
        """Die before the next call of `operation` leaves."""
        self.before.setdefault(operation, []).append(_crash)

    def crash_after(self, operation: str) -> None:
        """Die when the next call of `operation` was answered."""
        self.after.setdefault(operation, []).append(_crash)

    def throttle(self, operation: str, times: int = 1) -> None:
        """Let calls of `operation` be throttled, after botocore's own retries."""

        def throttled() -> None:
            error = {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation)  # type: ignore[typeddict-item]

        self.before.setdefault(operation, []).extend([throttled] * times)

    def lose_reply(self, operation: str, times: int = 1) -> None:
        """Carry the next request of `operation` out and lose its answer; botocore sends it again by itself."""
        self.lost_replies[operation] = times

    def answer_with_a_page(self, operation: str, page: Page = LOGIN) -> None:
        """Let something in between answer the next call of `operation`, which is not carried out."""
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
    if hooks.get(operation):
        hooks[operation].pop(0)()


def _crash() -> None:
    raise Crash
