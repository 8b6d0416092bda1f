"""The services of the notification receiver."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from notification_receiver.authenticator import Authenticator
from notification_receiver.receiver import Receiver
from notification_receiver.settings import ReceiverSettings
from payouts.runtime import aws
from payouts.runtime.credentials import CredentialStore
from payouts.store.notification_ids import NotificationIds
from payouts.store.table import Table


@dataclass(frozen=True, slots=True)
class Services:
    """The receiver."""

    receiver: Receiver


def build_services(environment: Mapping[str, str], clock: Callable[[], float] = time.time) -> Services:
    """Build the receiver from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = ReceiverSettings.read(environment)
    credentials = CredentialStore(aws.secrets_manager(), settings.secret_id, clock)
    authenticator = Authenticator(credentials, settings.scheme, settings.sources)
    request_ids = NotificationIds(Table(aws.dynamodb(), settings.table_name))
    receiver = Receiver(authenticator, request_ids, aws.sqs(), settings.queue_url, clock)
    return Services(receiver)
