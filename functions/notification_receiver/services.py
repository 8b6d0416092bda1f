"""Builds the receiver and what it depends on."""

import time
from collections.abc import Callable, Mapping

from notification_receiver.authenticator import Authenticator
from notification_receiver.receiver import Receiver
from notification_receiver.settings import ReceiverSettings
from payouts.runtime import aws
from payouts.runtime.credentials import CredentialStore
from payouts.store.notification_ids import NotificationIds
from payouts.store.table import Table


def build_receiver(environment: Mapping[str, str], clock: Callable[[], float] = time.time) -> Receiver:
    """Build the receiver from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = ReceiverSettings.read(environment)
    credentials = CredentialStore(aws.secrets_manager(), settings.secret_id, clock)
    authenticator = Authenticator(credentials, settings.scheme, settings.sources)
    request_ids = NotificationIds(Table(aws.dynamodb(), settings.table_name))
    return Receiver(authenticator, request_ids, aws.sqs(), settings.queue_url, clock)
