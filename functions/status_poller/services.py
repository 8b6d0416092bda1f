"""What the status poller is built from."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts import wiring
from payouts.runtime import aws
from payouts.runtime.config import PollerSettings
from payouts.services.account_inquiry import DokuQueries
from payouts.services.poll import Poller, threads_for
from payouts.store.due_index import DueIndex
from payouts.store.inquiry_sessions import Claims
from status_poller.deposit import Deposit
from status_poller.rehearsal import Rehearsal
from status_poller.reports import DailyReport


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases of the schedule's events."""

    poller: Poller
    rehearsal: Rehearsal
    deposit: Deposit
    report: DailyReport


def build_services(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
) -> Services:
    """The poller from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = PollerSettings.read(environment)
    deployed = wiring.build_services(environment, clock, jitter, connections=threads_for(settings.concurrency))
    poller = Poller(DueIndex(deployed.table), deployed.status_checker, settings.concurrency, clock)
    rehearsal = Rehearsal(DueIndex(deployed.table), deployed.credentials, clock)
    deposit = Deposit(DokuQueries(deployed.doku, Claims(deployed.table), clock))
    report = DailyReport(deployed.store, settings.report_bucket, aws.s3, clock)
    return Services(poller, rehearsal, deposit, report)
