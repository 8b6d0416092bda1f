"""AWS without sockets: moto answers in the calling thread, in half the time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session
from moto.sqs.models import SQSBackend

from local.aws import moto_server
from local.gateway.http_server import Request

_thread = threading.local()


class _Body(BytesIO):
    """A body as urllib3 has it."""

    def stream(self) -> Iterator[bytes]:
        """Yield the whole body."""
        yield self.read()


@contextmanager
def without_sockets(url: str) -> Iterator[None]:
    """Answer calls of moto's server at `url` in this process during the `with`. Requests and answers are the same.

    A long poll of an empty queue ends at once: who would send a message is the thread that polls.
    """
    send, receive = URLLib3Session.send, SQSBackend.receive_message

    def sent(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        return _answered(request) if request.url.startswith(url) else send(session, request)

    def received(backend: SQSBackend, queue_name: str, count: int, wait_seconds_timeout: int, *others: Any) -> Any:
        wait = 0 if getattr(_thread, "is_direct", False) else wait_seconds_timeout
        return receive(backend, queue_name, count, wait, *others)

    with patch.object(URLLib3Session, "send", sent), patch.object(SQSBackend, "receive_message", received):
        yield


def _answered(request: AWSPreparedRequest) -> AWSResponse:
    target = urlsplit(request.url)
    query = f"?{target.query}" if target.query else ""
    headers = tuple((name, _text(value)) for name, value in request.headers.items())
    asked = Request.of(request.method, target.path + query, (*headers, ("host", target.netloc)), _bytes(request.body))
    _thread.is_direct = True
    try:
        answer = moto_server.answer(asked)
    finally:
        _thread.is_direct = False
    received = HTTPHeaders()
    for name, value in answer.headers:
        received[name] = value
    return AWSResponse(request.url, answer.status_code, received, _Body(answer.data))


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    sent: bytes = body.read() if hasattr(body, "read") else body or b""
    return sent


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
