"""Drives the batches that are due, and publishes which of them wait or do not get on."""

from collections import Counter
from collections.abc import Callable, Mapping

from aws_lambda_powertools import Logger

from payouts.doku.responses import Balance
from payouts.doku.time_limits import Remaining, unlimited
from payouts.domain.errors import PayoutError
from payouts.runtime import metrics
from payouts.services.account_inquiry import DokuQueries
from payouts.store.batch_keys import due_batches
from payouts.store.inquiry_sessions import InquirySessions
from payouts.wiring import Deployment

_MOST_SECONDS = 15.0
"""Of a tick. The rest is for the status checks, of which none begins in the last 20 seconds."""


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
            if due:
                self._drive(due, logger, _at_most(_MOST_SECONDS, remaining))
            else:
                metrics.publish({"BatchesStuck": 0, "BatchesWaitingForFunds": 0})
        except Exception as error:  # no fault of batches may cost the status checks of transfers
            _warn(logger, "batches not driven", error)
            metrics.publish({"BatchesStuck": 1})

    def _drive(self, due: list[str], logger: Logger, remaining: Remaining) -> None:
        from payouts.batch_wiring import build_batches
        from payouts.domain.batch import BatchStatus
        from payouts.services.drive_due import drive_due

        queries = _OneBalance(self._deployed.doku, InquirySessions(self._deployed.table), self._clock)
        batches = build_batches(self._environment, self._deployed, self._clock, queries)
        driven = drive_due(due, batches.store, batches.driver, remaining)
        for error in driven.failed:
            _warn(logger, "batch not driven", error)
        now = int(self._clock() * 1000)
        stuck = [each for each in driven.batches if each.is_stuck(now)]
        for batch in stuck:
            logger.warning("batch stuck", batch=batch.reference, status=batch.status, rowsDone=batch.rows_done)
        statuses = Counter(each.status for each in driven.batches)
        metrics.publish(
            {
                "BatchesStuck": len(driven.failed) + driven.left + len(stuck),
                "BatchesWaitingForFunds": statuses[BatchStatus.WAITING_FOR_FUNDS],
            }
        )


class _OneBalance(DokuQueries):
    """Asks DOKU for the balance once, for all batches of a tick. Paying a chunk asks again."""

    _answer: Balance | PayoutError | None = None

    def balance(self, remaining: Remaining = unlimited) -> Balance:
        """The balance, or the error, of the first question."""
        if self._answer is None:
            try:
                self._answer = super().balance(remaining)
            except PayoutError as error:
                self._answer = error
        if isinstance(self._answer, PayoutError):
            raise self._answer
        return self._answer


def _at_most(seconds: float, remaining: Remaining) -> Remaining:
    """The time that is left, of these seconds."""
    behind = remaining() - seconds
    return lambda: remaining() - max(0.0, behind)


def _warn(logger: Logger, message: str, error: Exception) -> None:
    """Log an error. The text of an unexpected one may have personal data."""
    logger.warning(message, reason=error.message if isinstance(error, PayoutError) else type(error).__name__)
