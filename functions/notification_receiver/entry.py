"""The boundary of the receiver: one log line a callback, and an answer in DOKU's shape whatever happens."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from notification_receiver.authenticator import Authenticator
from notification_receiver.receiver import Receiver, Reply
from payouts import aws
from payouts.config import ReceiverSettings
from payouts.credentials import CredentialStore
from payouts.measure import measured
from payouts.snapshot import Forget
from payouts.store.requests import RequestIds
from payouts.store.table import Table

_METRICS = {
    200: "NotificationsKept",
    400: "NotificationsMalformed",
    401: "NotificationsRefused",
    404: "NotificationsMalformed",
}

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Services:
    """The receiver."""

    receiver: Receiver
    held: tuple[Forget, ...]


def compose(environment: Mapping[str, str], clock: Callable[[], float] = time.time) -> Services:
    """The receiver from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = ReceiverSettings.read(environment)
    secrets_manager, sqs, dynamodb = aws.secrets_manager(), aws.sqs(), aws.dynamodb()
    credentials = CredentialStore(secrets_manager, settings.secret_id, clock)
    authenticator = Authenticator(credentials, settings.scheme, settings.sources)
    request_ids = RequestIds(Table(dynamodb, settings.table_name))
    receiver = Receiver(authenticator, request_ids, sqs, settings.queue_url, clock)
    return Services(receiver, (credentials.forget, secrets_manager.close, sqs.close, dynamodb.close))


def create_handler(services: Services, logger: Logger) -> Handler:
    """The handler over these services. What nobody foresaw is a 500, so that DOKU sends again."""
    receiver = services.receiver

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """A callback from API Gateway; the reply, and one log line about it."""
        try:
            reply = receiver.receive(event)
        except Exception as error:
            logger.error("unexpected failure", error=type(error).__name__, **measured({"UnexpectedFailures": 1}))
            reply = Reply(500, "99", "try again later")
        logger.info(
            "notification",
            status=reply.status,
            reason=reply.message,
            transaction_id=reply.transaction_id,
            **measured(_counted(reply)),
        )
        return reply.to_gateway()

    return handler


def _counted(reply: Reply) -> dict[str, float]:
    replayed = {"NotificationsReplayed": 1.0} if reply.replayed else {}
    return {_METRICS.get(reply.status, "NotificationsFailed"): 1, **replayed}
