"""The services of the notification processor."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from notification_processor.backoff import Backoff
from payouts import wiring
from payouts.runtime import aws
from payouts.runtime.config import ProcessorSettings
from payouts.services.apply_notification import NotificationApplier
from payouts.store.inquiry_sessions import InquirySessions


@dataclass(frozen=True, slots=True)
class Services:
    """The use case, and the delay of a message that failed."""

    applier: NotificationApplier
    backoff: Backoff
    clock: Callable[[], float]


def build_services(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
) -> Services:
    """Build the services from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = ProcessorSettings.read(environment)
    deployed = wiring.build_services(environment, clock, jitter)
    applier = NotificationApplier(deployed.store, deployed.status_checker, InquirySessions(deployed.table))
    return Services(applier, Backoff(aws.sqs(), settings.queue_url, jitter), clock)
