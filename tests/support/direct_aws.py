"""AWS without sockets: moto answers in the calling thread, in half the time."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session

from local.aws import moto_server
from local.gateway.http_server import Request


class _Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        """The body as urllib3 streams it."""
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
    told = HTTPHeaders()
    for name, value in answer.headers:
        told[name] = value
    return AWSResponse(request.url, answer.status_code, told, _Body(answer.data))


def _bytes(body: Any) -> bytes:
    """The body of a request; S3's is a stream with a checksum at its end."""
    content = body.read() if hasattr(body, "read") else body or b""
    return content.encode() if isinstance(content, str) else bytes(content)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
