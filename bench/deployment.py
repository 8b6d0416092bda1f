"""A whole deployment in this process: the real handlers over DynamoDB Local, moto's queue and secret, the simulator."""

import io
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aws_lambda_powertools import Logger

from bench import dynamodb_local
from bench.capacity import Capacity
from bench.lines import ROOT
from local import bundle, doku_secret, moto_server, template
from local.aws import Aws
from local.clock import Clock
from local.doku_simulator import Settings, Simulator
from local.doku_simulator.control import Control
from notification_processor import entry as processor
from notification_receiver import entry as receiver
from payouts.aws import session
from status_poller import entry as poller
from tests.harness import AwsFaults, World
from transfer_api.entry import create_handler
from transfer_api.services import compose

_PARAMETERS = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
_QUIET = {"POWERTOOLS_METRICS_DISABLED": "true"}


@dataclass(frozen=True)
class Deployment:
    """What is called, the secret that DOKU gave, and what the calls of AWS cost."""

    world: World
    secret: dict[str, str]
    capacity: Capacity


@contextmanager
def running() -> Iterator[Deployment]:
    """Fresh, and gone at the end. Takes over this process's environment variables. Raises NotAvailable."""
    with tempfile.TemporaryDirectory() as directory, dynamodb_local.running() as engine:
        clock, secret = Clock(Path(directory) / "clock"), doku_secret.generate()
        moto = moto_server.start(0, clock)
        settings = Settings.from_secret(json.loads(secret), ticker=False)
        try:
            with Simulator(settings, clock=clock) as simulator:
                environment = _deployed(Aws(moto.url, engine), simulator.url, secret)
                os.environ.update(environment | _QUIET)
                yield _composed(environment, clock, Control(simulator.url), json.loads(secret))
        finally:
            moto.close()


def _deployed(aws: Aws, doku_url: str, secret: str) -> dict[str, str]:
    translated = template.load(ROOT / "template.yaml", {**_PARAMETERS, "DokuBaseUrl": doku_url})
    made = aws.deploy(translated, bundle.read(translated).functions.values())
    aws.secretsmanager.put_secret_value(SecretId=made.ids["DokuSecret"], SecretString=secret)
    environment = {"DEAD_LETTER_QUEUE_URL": made.ids["NotificationDeadLetterQueue"]}
    for variables in (*made.environments.values(), aws.environment()):
        environment |= variables
    return environment


def _write_aside() -> None:
    """Let what the functions log be written, which is part of their work, and not be printed."""
    for name in logging.root.manager.loggerDict:
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(io.StringIO())


def _composed(environment: dict[str, str], clock: Clock, doku: Control, secret: dict[str, str]) -> Deployment:
    capacity, faults = Capacity(), AwsFaults()
    session.cache_clear()
    capacity.install(session())
    faults.install(session())
    logger = Logger(service="payouts", stream=io.StringIO())
    _write_aside()
    services = compose(environment, clock, jitter=lambda: 0.0)
    world = World(
        environment,
        clock,
        doku,
        faults,
        services,
        create_handler(services, logger),
        receiver.create_handler(receiver.compose(environment, clock), logger),
        processor.create_handler(processor.compose(environment, clock, lambda: 0.0), logger),
        poller.create_handler(poller.compose(environment, clock, lambda: 0.0), logger),
    )
    return Deployment(world, secret, capacity)
