"""The poller's handler: runs a tick, the daily report, the balance measurement or a dry run."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from payouts.domain.transfer import Status
from payouts.runtime import metrics
from payouts.services.poll_result import CheckOutcome, PollResult
from payouts.store.due_index import READ_SHARDS
from status_poller.services import Services

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

_WATCHED = (Status.SUBMITTING, Status.IN_DOUBT, Status.ACCEPTED, Status.UNPAID, Status.DISPUTED)
"""Statuses of open transfers and of those that an operator must settle."""


def create_handler(services: Services, logger: Logger) -> Handler:
    """Create the handler. Its event is one of:

    `{"poller": 0, "of": 1}` for a tick of one of several pollers, `{"report": "yesterday"}`, `{"measure": "deposit"}`
    for the balance, `{"dry": true}` for a tick that changes nothing.
    """

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Do what the event asks for and return a summary."""
        if event.get("dry"):
            return services.dry_run.run(range(READ_SHARDS))
        if "report" in event:
            written = services.report.write(lambda: context.get_remaining_time_in_millis() / 1000)
            logger.info("report", **written)
            return written
        if "measure" in event:
            return services.balance.measure(logger)
        poller, of = int(event.get("poller", 0)), int(event.get("of", 1))

        def remaining() -> float:
            return context.get_remaining_time_in_millis() / 1000

        if poller == 0:  # before the checks, which may use up the time
            services.batches.drive(logger, remaining)
        tick = services.ticker.tick(poller, of, remaining)
        services.rate.slow_down()
        _warn(tick, logger)
        summary = _summary(tick)
        logger.info("tick", **summary)
        metrics.publish(_metrics(tick))
        return summary

    return handler


def _warn(tick: PollResult, logger: Logger) -> None:
    if tick.review:
        logger.warning("transfers need attention", references=tick.review[:100])
    if tick.checks[CheckOutcome.OTHER_ACCOUNT]:
        logger.error("transfers were sent with another DOKU host, client id or path prefix than is configured")
    if tick.checks[CheckOutcome.NEWER]:
        logger.error("transfers were written by a newer version of this software; deploy that version again")
    if tick.circuit_open:
        logger.warning("DOKU does not answer; the remaining checks wait for the next tick")


def _summary(tick: PollResult) -> dict[str, Any]:
    return {
        **{str(outcome): tick.checks[outcome] for outcome in CheckOutcome},
        "statuses": {str(status): count for status, count in tick.statuses.items()},
        "review": len(tick.review),
        "looks": tick.looks,
        "oldestDueSeconds": round(tick.oldest_due_seconds),
        "oldestLookSeconds": round(tick.oldest_look_seconds),
        "busy": tick.is_busy,
        "finished": tick.finished,
        "circuitOpen": tick.circuit_open,
    }


def _metrics(tick: PollResult) -> dict[str, float]:
    """The tick's metrics for alarms and the dashboard. An open transfer counts once for each check."""
    if tick.is_busy:  # the invocation at work publishes the rest
        return {"TicksBusy": 1}
    return {
        **{f"Checks{outcome[:1].upper()}{outcome[1:]}": tick.checks[outcome] for outcome in CheckOutcome},
        **{f"Transfers{_camel_case(status)}": tick.statuses[status] for status in _WATCHED},
        "TransfersNotReceived": tick.not_received,
        "TransfersReview": len(tick.review),
        "OldestInDoubtAge": tick.oldest_in_doubt_seconds,
        "OldestDueAge": tick.oldest_due_seconds,
        "OldestLookAge": tick.oldest_look_seconds,
        "CircuitOpen": int(tick.circuit_open),
    }


def _camel_case(status: Status) -> str:
    return "".join(word.capitalize() for word in status.split("_"))
