"""A deployment in this process: the real handlers with DynamoDB Local, moto for queue and secret, and the simulator."""

import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from boto3.session import Session

from benchmarks.capacity import Capacity
from benchmarks.log_volume import LogVolume
from local.engines import dynamodb_local
from local.in_process import backing_services
from local.in_process.world import World

PAUSE = 9.0
"""Seconds between requests that make each of them count alone: a process that sends more often takes requests to DOKU
for two transfers at once (`payouts.services.request_budget`)."""
_FAST = {"DOKU_REQUESTS_PER_SECOND": "10000"}
"""A rate that is counted in the table, and that nothing waits for."""


@dataclass(frozen=True)
class Deployment:
    """The handlers, the DOKU secret, the capacity that AWS calls consume, and what the functions write to their log."""

    world: World
    secret: dict[str, str]
    capacity: Capacity
    log: LogVolume


@contextmanager
def running(watch: Callable[[Session], None] = lambda session: None) -> Iterator[Deployment]:
    """A new deployment for the `with`, which takes standard output. Changes this process's environment variables.

    Raises NotAvailable.
    `watch` may hook into the session of its AWS clients as well.
    """
    with (
        tempfile.TemporaryDirectory() as directory,
        dynamodb_local.running() as engine,
        backing_services.running(Path(directory) / "clock", engine) as found,
    ):
        os.environ.update(found.environment | _FAST)
        capacity, log = Capacity(), LogVolume()

        def install(session: Session) -> None:
            capacity.install(session)
            watch(session)

        world = World.start(found.environment | _FAST, found.clock, found.doku, watch=install)
        _write_to(log)
        with redirect_stdout(log):  # the metrics are lines of standard output
            yield Deployment(world, json.loads(found.secret), capacity, log)


def _write_to(log: LogVolume) -> None:
    """Let the functions write their log lines to `log`: logging is part of their work."""
    for name in logging.root.manager.loggerDict:
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(log)
