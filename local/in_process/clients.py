"""Clients of AWS that start quickly."""

from functools import cache
from typing import Any

from boto3.session import Session
from botocore.loaders import Loader, create_loader


@cache
def _loader() -> Loader:
    return create_loader()


def quick(session: Session) -> Session:
    """AWS's descriptions of its services are read once in this process, not at every cold start."""
    session._session.register_component("data_loader", _loader())
    return session


def client(service: str) -> Any:
    """A client of the tests' own: no fault falls on it."""
    return quick(Session()).client(service)
