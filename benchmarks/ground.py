"""What the poller finds around it in a benchmark: the template's own table on DynamoDB Local, and a DOKU."""

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
from benchmarks.doku import StandIn
from benchmarks.lines import ROOT
from benchmarks.stored import Loader
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
_PARAMETERS = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts", "DeletionProtection": "false"}
_QUIET = {"POWERTOOLS_LOG_LEVEL": "CRITICAL", "POWERTOOLS_METRICS_DISABLED": "true"}


@dataclass(frozen=True)
class Ground:
    """A deployment without its functions."""

    environment: Mapping[str, str]
    clock: Clock
    doku: StandIn
    loader: Loader

    @property
    def shards(self) -> int:
        """Of the index of open transfers."""
        return WRITTEN_SHARDS


@dataclass(frozen=True)
class LambdaContext:
    """What the poller uses of Lambda's context."""

    remaining: Callable[[], float]

    def get_remaining_time_in_millis(self) -> int:
        """As Lambda says it."""
        return int(self.remaining() * 1000)


@dataclass(frozen=True)
class PollerFunction:
    """The poller as Lambda holds it after a cold start, and what its calls of DynamoDB cost."""

    handler: entry.Handler
    capacity: Capacity = field(default_factory=Capacity)

    def tick(self, number: int = 0, of: int = 1, remaining: Callable[[], float] | None = None) -> dict[str, Any]:
        """One tick of poller `number`; `remaining` in seconds, by the machine's clock where it is not given."""
        until = time.monotonic() + TICK_SECONDS
        context = LambdaContext(remaining or (lambda: until - time.monotonic()))
        return self.handler({"poller": number, "of": of}, context)  # type: ignore[arg-type]


@contextmanager
def prepared(latency: float) -> Iterator[Ground]:
    """A fresh table, queue and secret, and a DOKU that answers after `latency` seconds."""
    with tempfile.TemporaryDirectory() as directory, dynamodb_local.running() as engine:
        clock, secret = Clock(Path(directory) / "clock"), doku_secret.generate()
        moto = moto_server.start(0, clock)
        try:
            with StandIn(secret, latency) as doku:
                environment = deployed(Aws(moto.url, engine), doku.url, secret)
                yield Ground(environment, clock, doku, Loader(engine, environment["TABLE_NAME"]))
        finally:
            moto.close()


def deployed(aws: Aws, doku_url: str, secret: str) -> dict[str, str]:
    """The poller's environment, with everything of the template that holds state made on `aws`."""
    translated = template.load(ROOT / "template.yaml", {**_PARAMETERS, "DokuBaseUrl": doku_url})
    made = aws.deploy(translated, bundle.read(translated).functions.values())
    aws.secretsmanager.put_secret_value(SecretId=made.ids["DokuSecret"], SecretString=secret)
    return {**made.environments["StatusPollerFunction"], **aws.environment()}


def engine_url(environment: Mapping[str, str]) -> str:
    """Where the table is."""
    return environment.get(TABLE_ENDPOINT) or environment["AWS_ENDPOINT_URL"]


def cold_start(
    environment: Mapping[str, str], clock: Callable[[], float] = time.time, concurrency: int | None = None
) -> PollerFunction:
    """The real poller in this process, quiet. Takes over this process's environment variables."""
    changed = {"POLL_CONCURRENCY": str(concurrency)} if concurrency else {}
    os.environ.update({**environment, **_QUIET, **changed})
    session.cache_clear()
    capacity = Capacity()
    capacity.install(session())
    logger = Logger(service="payouts", stream=io.StringIO())
    return PollerFunction(entry.create_handler(services.build_services(os.environ, clock), logger), capacity)
