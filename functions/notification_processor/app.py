"""The processor's handler: applies each message of a batch; a message that fails is delivered again by SQS."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from notification_processor.services import Services
from payouts.doku import queued_notification
from payouts.domain.errors import PayoutError
from payouts.runtime import metrics
from payouts.services.apply_notification import CHECK_SECONDS, RetryLater, UnknownTransfer

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

_UNKNOWN_SECONDS = 3600
"""How long a transfer may be unknown: its record and the index by DOKU's reference may be written late."""
_UNKNOWN_DELIVERIES = 2
"""The minimum number of lookups, however old a backlog has made the notification."""


def create_handler(services: Services, logger: Logger) -> Handler:
    """Create the handler. It returns the messages that SQS must deliver again."""
    processor = _MessageProcessor(services, logger)

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Apply a batch from SQS and return the messages that failed."""
        failed = [record for record in event["Records"] if not processor.apply(record, context)]
        services.rate.slow_down()
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    return handler


class _MessageProcessor:
    """Applies one message at a time, and logs and counts the result."""

    def __init__(self, services: Services, logger: Logger) -> None:
        self._services = services
        self._logger = logger

    def apply(self, record: Mapping[str, Any], context: LambdaContext) -> bool:
        """Apply the message. False if SQS must deliver it again."""
        if context.get_remaining_time_in_millis() < CHECK_SECONDS * 1000:  # SQS delivers the rest of the batch again
            return False
        try:
            transfer = self._services.applier.apply(
                queued_notification.decode(record["body"]), lambda: context.get_remaining_time_in_millis() / 1000
            )
        except Exception as error:
            if isinstance(error, UnknownTransfer) and _is_never_known(record, error, self._services.clock()):
                self._drop(record, error)
                return True
            self._put_off(record, error)
            return False
        self._logger.info(
            "notification applied",
            partner_reference_no=transfer.partner_reference_no,
            transfer_status=transfer.status,
        )
        metrics.publish({"NotificationsApplied": 1})
        return True

    def _put_off(self, record: Mapping[str, Any], error: Exception) -> None:
        is_safe_to_log = isinstance(error, RetryLater | PayoutError)
        self._logger.warning(
            "notification kept",
            message_id=record["messageId"],
            reason=str(error) if is_safe_to_log else type(error).__name__,
            again_after_s=self._services.backoff.put_off(record),
        )
        metrics.publish({"NotificationsPutOff": 1})

    def _drop(self, record: Mapping[str, Any], error: UnknownTransfer) -> None:
        self._logger.warning(
            "notification dropped",
            message_id=record["messageId"],
            reason=str(error),
            received_at=error.received_at,
        )
        metrics.publish({"NotificationsUnknown": 1})


def _is_never_known(record: Mapping[str, Any], error: UnknownTransfer, now: float) -> bool:
    """True after enough lookups over a long enough time: the notification is about no transfer of this deployment.

    The table answered each lookup. An outage of the table or of DOKU raises other errors, which keep the notification.
    """
    deliveries = int(record["attributes"]["ApproximateReceiveCount"])
    return deliveries >= _UNKNOWN_DELIVERIES and now - error.received_at / 1000 >= _UNKNOWN_SECONDS
