"""The webhook sender of a deployment in this process: the status events, its queues, and an inbox that receives."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from local.aws.bundle import QueueTrigger
from local.aws.event_source import Drained, Pump
from local.aws.status_events import StatusEvents
from local.gateway.http_server import HttpServer, Request, Response
from local.gateway.inbox import PATH, Inbox
from local.in_process.backing_services import BackingServices
from local.in_process.invocation import Context, InProcess
from local.in_process.world import World
from webhook_sender.app import create_handler
from webhook_sender.services import build_services

QUEUES = ("WEBHOOK_QUEUE_URL", "WEBHOOK_REPLAY_QUEUE_URL")
DEAD_LETTERS = "WEBHOOK_DEAD_LETTER_QUEUE_URL"


@dataclass
class Webhooks:
    """A sender after a cold start, and its receiver."""

    world: World
    environment: dict[str, str]
    events: StatusEvents
    inbox: Inbox
    call: Callable[[dict[str, Any], Any], dict[str, Any]]
    meanwhile: list[Callable[[], object]]
    """What happens while the next deliveries are on their way, one call each."""

    def restart(self) -> None:
        """A cold start, as after a crash."""
        self.call = _handler(self.world, self.environment)

    def publish(self) -> int:
        """Move new status events to the queue."""
        return self.events.step()

    def deliver(self) -> Drained:
        """Publish, and let the sender have every message that is visible now, in both queues."""
        self.publish()
        return sum((self._pump(name).drain() for name in QUEUES), Drained())

    def catch_up(self) -> dict[str, Any]:
        """One run of the schedule."""
        return self.call({"catchUp": True}, Context(lambda: 60_000, "WebhookSenderFunction"))

    def send(self, detail_type: str, **detail: Any) -> None:
        """Put a message into the replay queue."""
        body = json.dumps({"detail-type": detail_type, "detail": detail})
        self.world.sqs.send_message(QueueUrl=self.environment["WEBHOOK_REPLAY_QUEUE_URL"], MessageBody=body)

    def waiting(self) -> int:
        """Messages in both queues, visible or not."""
        return sum(self.world.messages(name) for name in QUEUES)

    def set_aside(self) -> int:
        """Messages in the dead-letter queue."""
        return self.world.messages(DEAD_LETTERS)

    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of the deliveries that the inbox answered with 2xx, oldest first."""
        received = reversed(self.inbox.state()["deliveries"])
        return [json.loads(each["body"]) for each in received if each["status"] == 204]

    def _pump(self, queue: str) -> Pump:
        trigger = QueueTrigger("WebhookSenderFunction", queue, 10, 0, True, None)
        return Pump(trigger, self.environment[queue], self.world.sqs, InProcess(self.call))


@contextmanager
def receiving(services: BackingServices, world: World) -> Iterator[Webhooks]:
    """The sender of `world`, whose receiver is an inbox on a port of its own. It hears of what happens from now on."""
    inbox = Inbox(lambda: _secrets(services), world.clock)
    meanwhile: list[Callable[[], object]] = []

    def receive(request: Request) -> Response:
        if meanwhile:
            meanwhile.pop(0)()
        return inbox.handlers()[PATH](request)

    server = HttpServer(receive, 0)
    server.start()
    world.environment = {**world.environment, "WEBHOOK_URL": server.url + PATH}
    ids = {**services.ids, "TransfersTable": world.environment["TABLE_NAME"]}
    events = StatusEvents(services.template, services.aws, ids, from_now=True)
    for name in (*QUEUES, DEAD_LETTERS):
        world.sqs.purge_queue(QueueUrl=world.environment[name])
    try:
        yield Webhooks(world, world.environment, events, inbox, _handler(world, world.environment), meanwhile)
    finally:
        server.close()


def _handler(world: World, environment: dict[str, str]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    return create_handler(build_services(environment, world.clock), Logger(service="payouts"))


def _secrets(services: BackingServices) -> list[str]:
    client = services.aws.secretsmanager
    found: list[str] = json.loads(client.get_secret_value(SecretId=services.secret_id)["SecretString"])[
        "webhookSecrets"
    ]
    return found
