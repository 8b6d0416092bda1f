"""The webhook sender's handler: delivers a batch of messages, or catches up on those that were set aside."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from webhook_sender.batch import BatchSender
from webhook_sender.catch_up import CatchUp
from webhook_sender.services import Services

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def create_handler(services: Services, logger: Logger) -> Handler:
    """Create the handler. Its event is a batch from SQS, or `{"catchUp": true}` from the schedule."""
    sender = BatchSender(services, logger)
    catch_up = CatchUp(services, logger)

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Return the messages that SQS must deliver again, or a summary of catching up."""
        if event.get("catchUp"):
            return catch_up.run(lambda: context.get_remaining_time_in_millis() / 1000)
        failed = sender.send(event["Records"])
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    return handler
