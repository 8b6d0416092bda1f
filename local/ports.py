"""The ports of the local stack on 127.0.0.1."""

import os
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from local.gateway.http_server import HOST

_Bound = TypeVar("_Bound")
_UNASSIGNED = range(20_000, 32_768)  # the kernel gives these to no connection, before or after they are probed


@dataclass(frozen=True)
class Ports:
    """The ports by service; 0 for any free one."""

    api: int = 3000
    simulator: int = 8001
    aws: int = 5000


VARIABLES = {"api": "LOCAL_PORT", "simulator": "LOCAL_SIMULATOR_PORT", "aws": "LOCAL_AWS_PORT"}
"""The environment variable of each port."""


class PortTakenError(RuntimeError):
    """A port cannot be used. `name` is the field of Ports."""

    def __init__(self, name: str, port: int, why: str) -> None:
        super().__init__(f"port {port} cannot be used: {why}; set {VARIABLES[name]} to another one")


def bound(name: str, ports: Ports, bind: Callable[[int], _Bound]) -> _Bound:
    """Call `bind` with the port called `name` and return the result. Raises PortTakenError."""
    port: int = getattr(ports, name)
    try:
        return bind(port)
    except OSError as error:
        raise PortTakenError(name, port, os.strerror(error.errno).lower() if error.errno else str(error)) from error


def free_port(name: str, ports: Ports) -> int:
    """The port called `name`, for a process that will listen on it. Raises PortTakenError."""
    return bound(name, ports, lambda port: _probed(port) if port else any_free_port())


def any_free_port() -> int:
    """A port for a process that will listen on it."""
    return next(filter(_is_free, random.sample(_UNASSIGNED, len(_UNASSIGNED))))


def _probed(port: int) -> int:
    socket.create_server((HOST, port)).close()
    return port


def _is_free(port: int) -> bool:
    try:
        _probed(port)
    except OSError:
        return False
    return True
