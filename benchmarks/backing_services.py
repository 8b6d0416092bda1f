"""Backing services of the poller in a benchmark: the template's table on DynamoDB Local, and a DOKU stand-in."""

import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from benchmarks.capacity import Capacity
from benchmarks.child_process import ROOT
from benchmarks.doku import StandIn
from benchmarks.stored_transfers import Loader
from local import doku_secret
from local.aws import bundle, moto_server, template
from local.aws.resources import TABLE_ENDPOINT, Aws
from local.clock import Clock
from local.engines import dynamodb_local
from payouts.runtime.aws import session
from payouts.store.due_index import WRITTEN_SHARDS
from status_poller import app as entry
from status_poller import services

TICK_SECONDS = 60.0
"""The poller's time-out in template.yaml."""
_PARAMETERS = {
    "JwtIssuer": "https://login.example.com/",
    "JwtAudience": "payouts",
    "DeletionProtection": "false",
    "DokuRequestsPerSecond": "0",
}
_QUIET = {"POWERTOOLS_LOG_LEVEL": "CRITICAL", "POWERTOOLS_METRICS_DISABLED": "true"}


@dataclass(frozen=True)
class BackingServices:
    """A deployment without functions."""

    environment: Mapping[str, str]
    clock: Clock
    doku: StandIn
    loader: Loader

    @property
    def shards(self) -> int:
        """Shards of the `due` index."""
        return WRITTEN_SHARDS


@dataclass(frozen=True)
class LambdaContext:
    """The part of Lambda's context that the poller uses."""

    remaining: Callable[[], float]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left, as in Lambda's context."""
        return int(self.remaining() * 1000)


@dataclass(frozen=True)
class PollerFunction:
    """The poller after a cold start, and the capacity that its DynamoDB calls consume."""

    handler: entry.Handler
    capacity: Capacity = field(default_factory=Capacity)

    def tick(self, number: int = 0, of: int = 1, remaining: Callable[[], float] | None = None) -> dict[str, Any]:
        """Run one tick of poller `number`. `remaining` returns seconds; by default it uses the machine's clock."""
        until = time.monotonic() + TICK_SECONDS
        context = LambdaContext(remaining or (lambda: until - time.monotonic()))
        return self.handler({"poller": number, "of": of}, context)  # type: ignore[arg-type]


@contextmanager
def started(latency: float) -> Iterator[BackingServices]:
    """Start with an empty table, a queue, a secret, and a DOKU stand-in that answers after `latency` seconds."""
    with tempfile.TemporaryDirectory() as directory, dynamodb_local.running() as engine:
        clock, secret = Clock(Path(directory) / "clock"), doku_secret.generate()
        moto = moto_server.start(0, clock)
        try:
            with StandIn(secret, latency) as doku:
                environment = deployed(Aws(moto.url, engine), doku.url, secret)
                yield BackingServices(environment, clock, doku, Loader(engine, environment["TABLE_NAME"]))
        finally:
            moto.close()


def deployed(aws: Aws, doku_url: str, secret: str) -> dict[str, str]:
    """Create the template's stateful resources on `aws`. Returns the poller's environment variables."""
    translated = template.load(ROOT / "template.yaml", {**_PARAMETERS, "DokuBaseUrl": doku_url})
    made = aws.deploy(translated, bundle.read(translated).functions.values())
    aws.secretsmanager.put_secret_value(SecretId=made.ids["DokuSecret"], SecretString=secret)
    return {**made.environments["StatusPollerFunction"], **aws.environment()}


def engine_url(environment: Mapping[str, str]) -> str:
    """The URL of the DynamoDB endpoint."""
    return environment.get(TABLE_ENDPOINT) or environment["AWS_ENDPOINT_URL"]


def cold_start(
    environment: Mapping[str, str], clock: Callable[[], float] = time.time, concurrency: int | None = None
) -> PollerFunction:
    """Build the real poller in this process, without log output. Changes this process's environment variables."""
    changed = {"POLL_CONCURRENCY": str(concurrency)} if concurrency else {}
    os.environ.update({**environment, **_QUIET, **changed})
    session.cache_clear()
    capacity = Capacity()
    capacity.install(session())
    logger = Logger(service="payouts", stream=io.StringIO())
    return PollerFunction(entry.create_handler(services.build_services(os.environ, clock), logger), capacity)
