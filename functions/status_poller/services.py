"""The services of the status poller."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts import wiring
from payouts.domain.rate import Share
from payouts.runtime import aws, config
from payouts.services.account_inquiry import DokuQueries
from payouts.services.balance_ledger import BalanceLedger, Sources
from payouts.services.checks import Checks, threads_for
from payouts.services.doku_rate import DokuRate, Pace
from payouts.services.poll import Poller
from payouts.services.sweep import Sweep
from payouts.services.tick import Ticker
from payouts.store.balance_readings import BalanceReadings
from payouts.store.due_index import DueIndex
from payouts.store.inquiry_sessions import InquirySessions
from payouts.store.leases import Leases
from payouts.store.report_progress import ReportProgress
from payouts.store.returned_transfers import ReturnedTransfers
from payouts.store.sweep_progress import SweepProgress
from status_poller.balance import BalanceMeter
from status_poller.batches import DueBatches
from status_poller.dry_run import DryRun
from status_poller.reports import DailyReport
from status_poller.settings import PollerSettings


@dataclass(frozen=True, slots=True)
class Services:
    """One use case for each kind of event."""

    ticker: Ticker
    dry_run: DryRun
    balance: BalanceMeter
    report: DailyReport
    batches: DueBatches
    rate: DokuRate


def build_services(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
    sleep: Callable[[float], None] = time.sleep,
) -> Services:
    """Build the poller from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings = PollerSettings.read(environment)
    deployed = wiring.build_services(environment, clock, jitter, threads_for(settings.concurrency), sleep)
    pace = Pace(lambda: deployed.rate.of(Share.POLLER), clock, sleep)
    table, index = deployed.table, DueIndex(deployed.table)
    checks = Checks(index, deployed.status_checker, settings.concurrency, pace)
    sweep = Sweep(deployed.store, SweepProgress(table), checks, clock)
    ticker = Ticker(Leases(table), Poller(index, checks, clock), sweep, clock)
    dry_run = DryRun(index, deployed.credentials, clock)
    readings = BalanceReadings(table)
    ledger = BalanceLedger(readings, Sources(deployed.store, ReturnedTransfers(table), index))
    balance = BalanceMeter(DokuQueries(deployed.doku, InquirySessions(table), clock), ledger, clock)
    report = DailyReport(deployed.store, readings, ReportProgress(table), settings.report_bucket, aws.s3, clock)
    config.BatchSettings.read(environment)  # a bad variable fails the cold start, not the first batch
    batches = DueBatches(environment, deployed, clock)
    return Services(ticker, dry_run, balance, report, batches, deployed.rate)
