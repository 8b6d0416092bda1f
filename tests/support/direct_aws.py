"""AWS without sockets: moto answers in the calling thread, in half the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session

from local.aws import moto_server
from local.gateway.http_server import Request


class _Body(BytesIO):
    """A body as urllib3 has it."""

    def stream(self) -> Iterator[bytes]:
        """Yield the whole body."""
        yield self.read()


@contextmanager
def without_sockets(url: str) -> Iterator[None]:
    """Answer calls of moto's server at `url` in this process during the `with`. Requests and answers are the same."""
    send = URLLib3Session.send

    def sent(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        return _answered(request) if request.url.startswith(url) else send(session, request)

    with patch.object(URLLib3Session, "send", sent):
        yield


def _answered(request: AWSPreparedRequest) -> AWSResponse:
    target = urlsplit(request.url)
    query = f"?{target.query}" if target.query else ""
    headers = tuple((name, _text(value)) for name, value in request.headers.items())
    asked = Request.of(request.method, target.path + query, (*headers, ("host", target.netloc)), _bytes(request.body))
    answer = moto_server.answer(asked)
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
