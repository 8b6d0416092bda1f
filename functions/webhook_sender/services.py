"""The services of the webhook sender."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts.doku.transport import Transport
from payouts.runtime import aws
from payouts.runtime.config import TableSettings
from payouts.runtime.credentials import CredentialStore
from payouts.services.deliver_webhook import WebhookDelivery
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from payouts.store.webhook_breaker import BreakerStore
from payouts.store.webhook_tests import WebhookTests
from payouts.webhooks.receiver import Receiver
from webhook_sender.queues import Queues
from webhook_sender.settings import WebhookSettings

CONNECTIONS = 10
"""Deliveries at the same time: as many as a batch has messages."""


@dataclass(frozen=True, slots=True)
class Services:
    """The use case, the breaker, the results of tests, and the queues."""

    delivery: WebhookDelivery
    breaker: BreakerStore
    tests: WebhookTests
    queues: Queues
    clock: Callable[[], float]


def build_services(environment: Mapping[str, str], clock: Callable[[], float] = time.time) -> Services:
    """Build the services from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = WebhookSettings.read(environment)
    table = Table(aws.dynamodb(CONNECTIONS), TableSettings.read(environment).name)
    credentials = CredentialStore(aws.secrets_manager(), settings.secret_id, clock)
    receiver = Receiver(Transport(settings.url, CONNECTIONS, wall_clock=clock), clock)
    delivery = WebhookDelivery(
        TransferStore(table),
        BatchStore(table),
        ChunkStore(table),
        receiver,
        lambda: credentials.current().webhook_secrets,
        clock,
    )
    return Services(delivery, BreakerStore(table), WebhookTests(table), Queues(aws.sqs, settings), clock)
