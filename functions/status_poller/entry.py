"""The boundary of the poller: which shards, how long, and what to tell operators."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from payouts import aws
from payouts import compose as shared
from payouts.config import PollerSettings
from payouts.inquire import Inquirer
from payouts.measure import measured
from payouts.poll import Checked, Poller, Tick, threads_for
from payouts.snapshot import Forget
from payouts.store.claims import Claims
from payouts.store.due import READ_SHARDS, DueIndex
from payouts.transfer import Status
from status_poller.deposit import Deposit
from status_poller.rehearsal import Rehearsal
from status_poller.reports import DailyReport

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

_WATCHED = (Status.SUBMITTING, Status.IN_DOUBT, Status.ACCEPTED, Status.UNPAID, Status.DISPUTED)
"""What is open, or waits for a person."""


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases of the schedule's events."""

    poller: Poller
    rehearsal: Rehearsal
    deposit: Deposit
    report: DailyReport
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
    rehearsal = Rehearsal(DueIndex(deployed.table), deployed.credentials, clock)
    deposit = Deposit(Inquirer(deployed.doku, Claims(deployed.table), clock))
    report = DailyReport(deployed.store, settings.report_bucket, aws.s3, clock)
    return Services(poller, rehearsal, deposit, report, deployed.held)


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
        if tick.slots[Checked.OTHER_ACCOUNT]:
            logger.error("transfers were sent with another DOKU host, client id or path prefix than is configured")
        if tick.slots[Checked.NEWER]:
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


def _summary(tick: Tick) -> dict[str, Any]:
    return {
        **{str(outcome): tick.slots[outcome] for outcome in Checked},
        "statuses": {str(status): count for status, count in tick.statuses.items()},
        "review": len(tick.review),
        "oldestDueSeconds": round(tick.oldest_due_seconds),
        "finished": tick.finished,
        "circuitOpen": tick.circuit_open,
    }


def _metrics(tick: Tick) -> dict[str, float]:
    """What alarms and the dashboard watch. Open transfers are counted as often as they are asked about."""
    return {
        **{f"Checks{outcome[:1].upper()}{outcome[1:]}": tick.slots[outcome] for outcome in Checked},
        **{f"Transfers{_words(status)}": tick.statuses[status] for status in _WATCHED},
        "TransfersNotReceived": tick.not_received,
        "TransfersReview": len(tick.review),
        "OldestInDoubtAge": tick.oldest_in_doubt_seconds,
        "OldestDueAge": tick.oldest_due_seconds,
        "CircuitOpen": int(tick.circuit_open),
    }


def _words(status: Status) -> str:
    return "".join(word.capitalize() for word in status.split("_"))
