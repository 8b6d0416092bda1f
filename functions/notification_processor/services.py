"""The services of the notification processor."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from notification_processor.backoff import Backoff
from notification_processor.settings import ProcessorSettings
from payouts import wiring
from payouts.domain.rate import Share
from payouts.runtime import aws
from payouts.services.apply_notification import NotificationApplier
from payouts.services.doku_rate import DokuRate, Pace
from payouts.store.inquiry_sessions import InquirySessions


@dataclass(frozen=True, slots=True)
class Services:
    """The use case, and the delay of a message that failed."""

    applier: NotificationApplier
    backoff: Backoff
    rate: DokuRate
    clock: Callable[[], float]


def build_services(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
    sleep: Callable[[float], None] = time.sleep,
) -> Services:
    """Build the services from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = ProcessorSettings.read(environment)
    deployed = wiring.build_services(environment, clock, jitter, sleep=sleep)
    pace = Pace(lambda: deployed.rate.of(Share.PROCESSOR), clock, sleep)
    applier = NotificationApplier(deployed.store, deployed.status_checker, InquirySessions(deployed.table), pace)
    return Services(applier, Backoff(aws.sqs(), settings.queue_url, jitter), deployed.rate, clock)
