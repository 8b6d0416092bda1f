"""Drives the batches that are due, and publishes which of them wait or do not get on."""

from collections import Counter

from aws_lambda_powertools import Logger

from payouts.doku.time_limits import Remaining
from payouts.domain.batch import Batch, BatchStatus
from payouts.domain.errors import PayoutError
from payouts.runtime import metrics
from payouts.services.drive_batches import DueBatches


def drive_batches(batches: DueBatches, logger: Logger, remaining: Remaining) -> None:
    """Drive them. An error is logged, and the status checks of this tick go on."""
    try:
        driven = batches.run(remaining)
    except PayoutError as error:
        logger.warning("batches not driven", reason=error.message)
        metrics.publish({"BatchesNotDriven": 1})
        return
    failed = [each for each in driven if not isinstance(each, Batch)]
    for reason in failed:
        logger.warning("batch not driven", reason=reason.message)
    statuses = Counter(each.status for each in driven if isinstance(each, Batch))
    metrics.publish(
        {"BatchesNotDriven": len(failed), "BatchesWaitingForFunds": statuses[BatchStatus.WAITING_FOR_FUNDS]}
    )
