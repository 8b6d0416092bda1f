"""The boundary of the receiver: one log line a callback, and an answer in DOKU's shape whatever happens."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from notification_receiver.receiver import Reply
from notification_receiver.services import Services
from payouts.runtime.metrics import measured

_METRICS = {
    200: "NotificationsKept",
    400: "NotificationsMalformed",
    401: "NotificationsRefused",
    404: "NotificationsMalformed",
}

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


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
