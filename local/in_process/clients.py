"""AWS clients that are created quickly."""

from functools import cache
from typing import Any

from boto3.session import Session
from botocore.loaders import Loader, create_loader


@cache
def _loader() -> Loader:
    return create_loader()


def quick(session: Session) -> Session:
    """Let the session reuse the service descriptions that this process has read before."""
    session._session.register_component("data_loader", _loader())
    return session


def client(service: str) -> Any:
    """A client for tests, without faults."""
    return quick(Session()).client(service)
