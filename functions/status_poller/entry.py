"""The boundary of the poller: which shards, how long, and what to tell operators."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from payouts import aws
from payouts import compose as shared
from payouts.config import PollerSettings
from payouts.poll import Checked, Poller, Tick, threads_for
from payouts.snapshot import Forget
from payouts.store.due import DueIndex
from payouts.transfer import Status
from status_poller.reports import DailyReport

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

_WATCHED = (Status.IN_DOUBT, Status.DISPUTED, Status.REFUNDED)


@dataclass(frozen=True, slots=True)
class Services:
    """The poller and the shards there are."""

    poller: Poller
    report: DailyReport
    shards: int
    held: tuple[Forget, ...]


def compose(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
) -> Services:
    """The poller from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = PollerSettings.read(environment)
    deployed = shared.compose(environment, clock, jitter, connections=threads_for(settings.concurrency))
    poller = Poller(DueIndex(deployed.table), deployed.reconciler, settings.concurrency, clock)
    report = DailyReport(deployed.store, settings.report_bucket, aws.s3, clock)
    return Services(poller, report, deployed.settings.due_shards, deployed.held)


def create_handler(services: Services, logger: Logger, metrics: Metrics) -> Handler:
    """The handler over these services.

    The event is `{"poller": 0, "of": 1}`, which poller this is and of how many, or `{"report": "yesterday"}`.
    """

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        if "report" in event:
            written = services.report.write()
            logger.info("report", **written)
            return written
        shards = share(services.shards, int(event.get("poller", 0)), int(event.get("of", 1)))
        tick = services.poller.tick(shards, lambda: context.get_remaining_time_in_millis() / 1000)
        if tick.review:
            logger.warning("open for more than seven days", references=tick.review[:100])
        if tick.circuit_open:
            logger.warning("DOKU does not answer; the rest waits for the next tick")
        summary = _summary(tick)
        logger.info("tick", **summary)
        _measure(metrics, tick)
        return summary

    return handler


def share(shards: int, poller: int, of: int) -> range:
    """The shards of one of several pollers: every `of`-th. Raises ValueError for a poller that is not one of them."""
    if not 0 <= poller < of:
        raise ValueError(f"poller {poller} is not one of {of}")
    return range(poller, shards, of)


def _summary(tick: Tick) -> dict[str, Any]:
    return {
        **{str(outcome): tick.slots[outcome] for outcome in Checked},
        "statuses": {str(status): count for status, count in tick.statuses.items()},
        "review": len(tick.review),
        "oldestDueSeconds": round(tick.oldest_due_seconds),
        "finished": tick.finished,
        "circuitOpen": tick.circuit_open,
    }


def _measure(metrics: Metrics, tick: Tick) -> None:
    """What alarms watch, as embedded metrics."""
    for outcome in Checked:
        metrics.add_metric(f"Checks{outcome.capitalize()}", MetricUnit.Count, tick.slots[outcome])
    for status in _WATCHED:
        name = "".join(word.capitalize() for word in status.split("_"))
        metrics.add_metric(f"Transfers{name}", MetricUnit.Count, tick.statuses[status])
    metrics.add_metric("TransfersNotReceived", MetricUnit.Count, tick.not_received)
    metrics.add_metric("TransfersReview", MetricUnit.Count, len(tick.review))
    metrics.add_metric("OldestDueAge", MetricUnit.Seconds, tick.oldest_due_seconds)
    metrics.add_metric("CircuitOpen", MetricUnit.Count, int(tick.circuit_open))
    metrics.flush_metrics()
