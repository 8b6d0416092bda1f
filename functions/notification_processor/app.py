"""The boundary of the processor: a message that can't be applied goes back to the queue, and holds up no other."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from notification_processor.services import Services
from payouts.doku import queued_notification
from payouts.domain.errors import PayoutError
from payouts.runtime.metrics import measured
from payouts.services.apply_notification import RetryLater, UnknownTransfer

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

_RESERVE_MILLIS = 20_000
"""Time for one check status with a new token. With less left, the rest of the batch goes back as it is."""
_UNKNOWN_SECONDS = 3600
"""How long an unknown transfer may still turn up: the record of a create call, and the index by DOKU's reference."""
_UNKNOWN_DELIVERIES = 2
"""Looked for at least so often, however old a backlog has made the notification."""


def create_handler(services: Services, logger: Logger) -> Handler:
    """The handler over these services; answers which messages are to be delivered again."""
    applier, backoff = services.applier, services.backoff

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """A batch from SQS; the messages that were not applied are delivered again."""
        failed = [record for record in event["Records"] if not _applied(record, context)]
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    def _applied(record: Mapping[str, Any], context: LambdaContext) -> bool:
        if context.get_remaining_time_in_millis() < _RESERVE_MILLIS:
            return False
        try:
            transfer = applier.apply(queued_notification.decode(record["body"]))
        except Exception as error:
            if isinstance(error, UnknownTransfer) and _is_never_known(record, error, services.clock()):
                _drop(record, error)
                return True
            _put_off(record, error)
            return False
        logger.info(
            "notification applied",
            partner_reference_no=transfer.partner_reference_no,
            transfer_status=transfer.status,
            **measured({"NotificationsApplied": 1}),
        )
        return True

    def _put_off(record: Mapping[str, Any], error: Exception) -> None:
        known = isinstance(error, RetryLater | PayoutError)
        logger.warning(
            "notification kept",
            message_id=record["messageId"],
            reason=str(error) if known else type(error).__name__,
            again_after_s=backoff.put_off(record),
            **measured({"NotificationsPutOff": 1}),
        )

    def _drop(record: Mapping[str, Any], error: UnknownTransfer) -> None:
        logger.warning(
            "notification dropped",
            message_id=record["messageId"],
            reason=str(error),
            received_at=error.received_at,
            **measured({"NotificationsUnknown": 1}),
        )

    return handler


def _is_never_known(record: Mapping[str, Any], error: UnknownTransfer, now: float) -> bool:
    """Whether the notification was looked for often and long enough to be about no transfer of this deployment.

    The table answered each time: an outage of the table or of DOKU raises other errors, which keep the notification.
    """
    deliveries = int(record["attributes"]["ApproximateReceiveCount"])
    return deliveries >= _UNKNOWN_DELIVERIES and now - error.received_at / 1000 >= _UNKNOWN_SECONDS
