"""The receiver's handler: one log line for each notification, and always an answer in DOKU's format."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from notification_receiver.receiver import Receiver, Reply
from payouts.runtime import metrics

_METRIC_BY_STATUS = {
    200: "NotificationsKept",
    400: "NotificationsMalformed",
    401: "NotificationsRefused",
    404: "NotificationsMalformed",
}

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def create_handler(receiver: Receiver, logger: Logger) -> Handler:
    """Create the handler. An unexpected error is answered with 500, so that DOKU sends the notification again."""

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer a notification from API Gateway."""
        try:
            reply = receiver.receive(event)
        except Exception as error:
            logger.error("unexpected failure", error=type(error).__name__)
            metrics.publish({"UnexpectedFailures": 1})
            reply = Reply(500, "99", "try again later")
        logger.info(
            "notification",
            status=reply.status,
            reason=reply.message,
            transaction_id=reply.transaction_id,
        )
        metrics.publish(_counts(reply))
        return reply.to_gateway()

    return handler


def _counts(reply: Reply) -> dict[str, float]:
    replayed = {"NotificationsReplayed": 1.0} if reply.replayed else {}
    return {_METRIC_BY_STATUS.get(reply.status, "NotificationsFailed"): 1, **replayed}
