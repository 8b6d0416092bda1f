"""The boundary of the receiver: one log line a callback, and an answer in DOKU's shape whatever happens."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from notification_receiver.authenticator import Authenticator
from notification_receiver.receiver import Receiver, Reply
from payouts import aws
from payouts.config import ReceiverSettings
from payouts.credentials import CredentialStore

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def compose(environment: Mapping[str, str], clock: Callable[[], float] = time.time) -> Receiver:
    """The receiver from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = ReceiverSettings.read(environment)
    credentials = CredentialStore(aws.secrets_manager(), settings.secret_id, clock)
    authenticator = Authenticator(credentials, settings.scheme, settings.sources)
    return Receiver(authenticator, aws.sqs(), settings.queue_url, clock)


def create_handler(receiver: Receiver, logger: Logger) -> Handler:
    """The handler over this receiver. What nobody foresaw is a 500, so that DOKU sends again."""

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            reply = receiver.receive(event)
        except Exception as error:
            logger.error("unexpected failure", error=type(error).__name__)
            reply = Reply(500, "99", "try again later")
        logger.info("notification", status=reply.status, reason=reply.message, transaction_id=reply.transaction_id)
        return reply.to_gateway()

    return handler
