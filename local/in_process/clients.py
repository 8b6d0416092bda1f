"""AWS clients that are created quickly, and whose requests to moto in this process need no connection."""

import io
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from local.aws import moto_server


@cache
def _loader() -> Loader:
    return create_loader()


def quick(session: Session) -> Session:
    """Let the session reuse the service descriptions that this process has read before, and its own clients.

    Creating a client takes longer than a transfer, so the functions of one deployment share those with equal settings.
    """
    session._session.register_component("data_loader", _loader())
    make, made = session.client, dict[tuple[str, str], Any]()

    def client(service: str, config: Config | None = None) -> Any:
        wanted = (service, str(vars(config) if config else None))
        if wanted not in made:
            made[wanted] = make(service, config=config)
        return made[wanted]

    session.client = client  # type: ignore[method-assign, assignment]
    return session


class Body(io.BytesIO):
    """A response's body, read as urllib3's."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """What was not read yet."""
        yield self.read()


def answered(request: AWSPreparedRequest) -> AWSResponse | None:
    """The response to botocore's request, if a server of this process has its address: half of a call is HTTP."""
    response = moto_server.answer_directly(request.method, request.url, dict(request.headers.items()), request.body)
    if response is None:
        return None
    headers = HTTPHeaders()
    for name, value in response.headers.items():
        headers[name] = value
    return AWSResponse(request.url, response.status_code, headers, Body(response.get_data()))


def client(service: str) -> Any:
    """A client for tests, without faults. The process has one for each service and endpoint."""
    return _client(service, tuple(os.environ.get(name) for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB")))


@cache
def _client(service: str, _endpoints: tuple[str | None, ...]) -> Any:
    session = quick(Session())
    session.events.register("before-send.*.*", _send)  # type: ignore[arg-type]
    return session.client(service)


def _send(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
    return answered(request)
