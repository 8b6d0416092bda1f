"""AWS clients that are created quickly."""

import os
from functools import cache
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.loaders import Loader, create_loader


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


def client(service: str) -> Any:
    """A client for tests, without faults. The process has one for each service and endpoint."""
    return _client(service, tuple(os.environ.get(name) for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB")))


@cache
def _client(service: str, _endpoints: tuple[str | None, ...]) -> Any:
    return quick(Session()).client(service)
