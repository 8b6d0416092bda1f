"""The backing services of a deployment: an AWS, a DOKU and a clock."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import doku_secret
from local.aws import bundle, moto_server, template
from local.aws.bundle import Function
from local.aws.resources import Aws
from local.aws.template import Template
from local.clock import Clock
from local.doku_simulator import Settings, Simulator
from local.doku_simulator.control import Control
from local.in_process.samples import ROOT
from local.in_process.tables import like
from local.in_process.world import World

PARAMETERS = {
    "JwtIssuer": "https://login.example.com/",
    "JwtAudience": "payouts",
    "DokuRequestsPerSecond": "0",
    "WebhookUrl": "http://127.0.0.1:1/",  # no receiver, but the resources
}


@dataclass(frozen=True)
class BackingServices:
    """AWS with the template's stateful resources, a DOKU, and the clock."""

    environment: dict[str, str]
    clock: Clock
    clock_file: Path
    functions: tuple[Function, ...]
    doku: Control
    aws: Aws
    secret_id: str
    secret: str
    template: Template
    ids: Mapping[str, str]
    """Physical ids by logical id."""

    def reset(self) -> None:
        """Undo everything but the time and the tables' content."""
        self.doku.reset()
        self.clock.advance(61)  # a queue may be purged once a minute
        for name in ("NOTIFICATION_QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "BATCH_QUEUE_URL"):
            self.aws.sqs.purge_queue(QueueUrl=self.environment[name])
        self.aws.secretsmanager.put_secret_value(SecretId=self.secret_id, SecretString=self.secret)

    def new_table(self) -> str:
        """Create an empty table like the deployment's. Returns its name."""
        return like(self.aws.dynamodb, self.environment["TABLE_NAME"])

    def start(self, environment: Mapping[str, str] | None = None) -> World:
        """Cold-start the functions. The environment variables must be in `os.environ` as well."""
        return World.start({**self.environment, **(environment or {})}, self.clock, self.doku)


@contextmanager
def running(clock_file: Path, table_url: str | None = None, queue_url: str | None = None) -> Iterator[BackingServices]:
    """Run moto and the simulator on one clock for the `with`; tables and queues on other engines if given."""
    clock, secret = Clock(clock_file), doku_secret.generate()
    settings = Settings.from_secret(json.loads(secret), ticker=False)
    with closing(moto_server.start(0, clock)) as server, Simulator(settings, clock=clock) as simulator:
        aws = Aws(server.url, table_url, queue_url)
        translated = template.load(ROOT / "template.yaml", {**PARAMETERS, "DokuBaseUrl": simulator.url})
        functions = tuple(bundle.read(translated).functions.values())
        deployed = aws.deploy(translated, functions)
        secret_id = deployed.ids["DokuSecret"]
        aws.secretsmanager.put_secret_value(SecretId=secret_id, SecretString=secret)
        environment: dict[str, str] = {"DEAD_LETTER_QUEUE_URL": deployed.ids["NotificationDeadLetterQueue"]}
        for variables in (*deployed.environments.values(), aws.environment()):
            environment |= variables
        control = Control(simulator.url, simulator.world)
        yield BackingServices(
            environment, clock, clock_file, functions, control, aws, secret_id, secret, translated, deployed.ids
        )
