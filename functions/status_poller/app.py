"""The boundary of the poller: which shards, how long, and what to tell operators."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from payouts.domain.transfer import Status
from payouts.runtime.metrics import measured
from payouts.services.poll import CheckOutcome, PollResult
from payouts.store.due_index import READ_SHARDS
from status_poller.services import Services

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

_WATCHED = (Status.SUBMITTING, Status.IN_DOUBT, Status.ACCEPTED, Status.UNPAID, Status.DISPUTED)
"""What is open, or waits for a person."""


def create_handler(services: Services, logger: Logger) -> Handler:
    """The handler over these services.

    The event is `{"poller": 0, "of": 1}`, which poller this is and of how many, or `{"report": "yesterday"}`, or
    `{"measure": "deposit"}`, or `{"dry": true}` for a tick that changes nothing.
    """

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """A tick of the schedule, the day's report or the deposit's measure; what was done."""
        if event.get("dry"):
            return services.rehearsal.run(range(READ_SHARDS))
        if "report" in event:
            written = services.report.write()
            logger.info("report", **written)
            return written
        if "measure" in event:
            return services.deposit.measure(logger)
        shards = share(READ_SHARDS, int(event.get("poller", 0)), int(event.get("of", 1)))
        tick = services.poller.tick(shards, lambda: context.get_remaining_time_in_millis() / 1000)
        if tick.review:
            logger.warning("transfers that a person should look at", references=tick.review[:100])
        if tick.slots[CheckOutcome.OTHER_ACCOUNT]:
            logger.error("transfers were sent with another DOKU host, client id or path prefix than is configured")
        if tick.slots[CheckOutcome.NEWER]:
            logger.error("transfers were written by a newer version of this software; deploy that version again")
        if tick.circuit_open:
            logger.warning("DOKU does not answer; the rest waits for the next tick")
        summary = _summary(tick)
        logger.info("tick", **summary, **measured(_metrics(tick)))
        return summary

    return handler


def share(shards: int, poller: int, of: int) -> range:
    """The shards of one of several pollers: every `of`-th. Raises ValueError for a poller that is not one of them."""
    if not 0 <= poller < of:
        raise ValueError(f"poller {poller} is not one of {of}")
    return range(poller, shards, of)


def _summary(tick: PollResult) -> dict[str, Any]:
    return {
        **{str(outcome): tick.slots[outcome] for outcome in CheckOutcome},
        "statuses": {str(status): count for status, count in tick.statuses.items()},
        "review": len(tick.review),
        "oldestDueSeconds": round(tick.oldest_due_seconds),
        "finished": tick.finished,
        "circuitOpen": tick.circuit_open,
    }


def _metrics(tick: PollResult) -> dict[str, float]:
    """What alarms and the dashboard watch. Open transfers are counted as often as they are asked about."""
    return {
        **{f"Checks{outcome[:1].upper()}{outcome[1:]}": tick.slots[outcome] for outcome in CheckOutcome},
        **{f"Transfers{_words(status)}": tick.statuses[status] for status in _WATCHED},
        "TransfersNotReceived": tick.not_received,
        "TransfersReview": len(tick.review),
        "OldestInDoubtAge": tick.oldest_in_doubt_seconds,
        "OldestDueAge": tick.oldest_due_seconds,
        "CircuitOpen": int(tick.circuit_open),
    }


def _words(status: Status) -> str:
    return "".join(word.capitalize() for word in status.split("_"))
