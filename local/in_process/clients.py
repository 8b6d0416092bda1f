"""AWS clients that are created quickly, or not again: creating those of a cold start takes longer than most tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from local.in_process.aws_faults import AwsFaults

_Hooked = tuple[Session, AwsFaults]
_taken: list[_Hooked] = []
_free: list[_Hooked] = []


@cache
def _loader() -> Loader:
    return create_loader()


def _quick(session: Session) -> Session:
    """Let the session reuse the service descriptions that this process has read before, and its own clients."""
    session._session.register_component("data_loader", _loader())
    make, made = session.client, dict[tuple[Any, ...], Any]()

    def client(service: str, config: Config | None = None) -> Any:
        wanted = (service, str(vars(config) if config else None), *_endpoints())
        if wanted not in made:
            made[wanted] = make(service, config=config)
        return made[wanted]

    session.client = client  # type: ignore[method-assign, assignment]
    return session


def _endpoints() -> tuple[tuple[str, str], ...]:
    return tuple(sorted(each for each in os.environ.items() if each[0].startswith("AWS_ENDPOINT_URL")))


def hooked() -> tuple[Session, AwsFaults]:
    """A session for a cold start, with the faults of its clients: one that was given back, or a new one."""
    found = _free.pop() if _free else _new()
    _taken.append(found)
    return found


def _new() -> _Hooked:
    session, faults = Session(), AwsFaults()
    faults.install(session)
    return _quick(session), faults


@contextmanager
def given_back() -> Iterator[None]:
    """Give back the sessions that are taken in the `with`, at its end. What was started with them has ended by then."""
    before = len(_taken)
    yield
    ended = _taken[before:]
    del _taken[before:]
    for _, faults in ended:
        faults.clear()
    _free.extend(ended)


def client(service: str) -> Any:
    """A client for tests, without faults. The process has one for each service and endpoint."""
    return _client(service, _endpoints())


@cache
def _client(service: str, _: tuple[tuple[str, str], ...]) -> Any:
    return _quick(Session()).client(service)
