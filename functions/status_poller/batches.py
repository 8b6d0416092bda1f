"""Drives the batches that are due, and publishes which of them wait or do not get on."""

from collections import Counter
from collections.abc import Callable, Mapping

from aws_lambda_powertools import Logger

from payouts.doku.time_limits import Remaining
from payouts.domain.errors import PayoutError
from payouts.runtime import metrics
from payouts.store.batch_keys import due_batches
from payouts.wiring import Deployment


class DueBatches:
    """The batches to drive in a tick. What drives them is imported if there are any: most ticks find none."""

    def __init__(self, environment: Mapping[str, str], deployed: Deployment, clock: Callable[[], float]) -> None:
        self._environment = environment
        self._deployed = deployed
        self._clock = clock

    def drive(self, logger: Logger, remaining: Remaining) -> None:
        """Drive them, oldest first. An error is logged, and the status checks of this tick go on."""
        try:
            due = list(due_batches(self._deployed.table, int(self._clock() * 1000)))
        except PayoutError as error:
            logger.warning("batches not driven", reason=error.message)
            metrics.publish({"BatchesNotDriven": 1})
            return
        if due:
            self._drive(due, logger, remaining)
        else:
            metrics.publish({"BatchesNotDriven": 0, "BatchesWaitingForFunds": 0})

    def _drive(self, due: list[str], logger: Logger, remaining: Remaining) -> None:
        from payouts.batch_wiring import build_batches
        from payouts.domain.batch import Batch, BatchStatus
        from payouts.services.drive_batches import drive_due

        batches = build_batches(self._environment, self._deployed, self._clock)
        driven = drive_due(due, batches.store, batches.driver, remaining)
        failed = [each for each in driven if not isinstance(each, Batch)]
        for error in failed:
            reason = error.message if isinstance(error, PayoutError) else type(error).__name__
            logger.warning("batch not driven", reason=reason)
        statuses = Counter(each.status for each in driven if isinstance(each, Batch))
        metrics.publish(
            {"BatchesNotDriven": len(failed), "BatchesWaitingForFunds": statuses[BatchStatus.WAITING_FOR_FUNDS]}
        )
