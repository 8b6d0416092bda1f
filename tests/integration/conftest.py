"""One AWS, one DOKU and one clock for all integration tests; a cold start for each test."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local import bundle, doku_secret, moto_server, template
from local.aws import Aws
from local.bundle import Function
from local.clock import Clock
from local.doku_simulator import Settings, Simulator
from local.doku_simulator.control import Control
from tests import log_watch
from tests.harness import ROOT, World

_PARAMETERS = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}


@dataclass(frozen=True)
class Surroundings:
    """What a deployment finds around it."""

    environment: dict[str, str]
    clock: Clock
    clock_file: Path
    functions: tuple[Function, ...]
    doku: Control
    aws: Aws
    secret_id: str
    secret: str


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    clock_file = tmp_path_factory.mktemp("clock") / "offset"
    clock = Clock(clock_file)
    server = moto_server.start(0, clock)
    secret = doku_secret.generate()
    log_watch.keep(secret)
    settings = Settings.from_secret(json.loads(secret), ticker=False)
    with Simulator(settings, clock=clock) as simulator:
        aws = Aws(server.url)
        parameters = {**_PARAMETERS, "DokuBaseUrl": simulator.url}
        translated = template.load(ROOT / "template.yaml", parameters)
        functions = tuple(bundle.read(translated).functions.values())
        deployed = aws.deploy(translated, functions)
        secret_id = deployed.ids["DokuSecret"]
        environment: dict[str, str] = {"DEAD_LETTER_QUEUE_URL": deployed.ids["NotificationDeadLetterQueue"]}
        for variables in (*deployed.environments.values(), aws.environment()):
            environment |= variables
        yield Surroundings(environment, clock, clock_file, functions, Control(simulator.url), aws, secret_id, secret)
    server.close()


@pytest.fixture
def world(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in surroundings.environment.items():
        monkeypatch.setenv(name, value)
    surroundings.doku.reset()
    surroundings.clock.advance(61)  # a queue may be purged once a minute
    for name in ("NOTIFICATION_QUEUE_URL", "DEAD_LETTER_QUEUE_URL"):
        surroundings.aws.sqs.purge_queue(QueueUrl=surroundings.environment[name])
    surroundings.aws.secretsmanager.put_secret_value(SecretId=surroundings.secret_id, SecretString=surroundings.secret)
    yield World.start(surroundings.environment, surroundings.clock, surroundings.doku)
    surroundings.doku.heal()
