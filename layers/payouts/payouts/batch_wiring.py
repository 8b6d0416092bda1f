"""Builds the services of batches, for the functions that work on them. Apart, since others start faster without."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts.runtime import aws
from payouts.runtime.config import BatchSettings
from payouts.runtime.limit_settings import payout_limits
from payouts.services.account_inquiry import DokuQueries
from payouts.services.batch_funds import Funds
from payouts.services.batch_queue import BatchQueue
from payouts.services.create_batch import BatchCreator
from payouts.services.daily_limits import DailyLimits
from payouts.services.drive_batches import BatchDriver
from payouts.services.repay_batch import BatchRepayer, FailedRows
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.counters import Counters
from payouts.store.funds import FundsStore
from payouts.store.inquiry_sessions import InquirySessions
from payouts.store.repayments import RepaymentStore
from payouts.wiring import Deployment


@dataclass(frozen=True, slots=True)
class Batches:
    """The stores of batches, and what drives them."""

    store: BatchStore
    chunks: ChunkStore
    funds: Funds
    limits: DailyLimits
    driver: BatchDriver
    repayer: BatchRepayer
    settings: BatchSettings


def build_batches(
    environment: Mapping[str, str],
    deployed: Deployment,
    clock: Callable[[], float] = time.time,
    queries: DokuQueries | None = None,
) -> Batches:
    """Build what all functions that work on batches share; `queries` states the balance. Raises ConfigurationError."""
    settings, limits = BatchSettings.read(environment), payout_limits(environment)
    store, chunks = BatchStore(deployed.table), ChunkStore(deployed.table)
    queries = queries or DokuQueries(deployed.doku, InquirySessions(deployed.table), clock)
    funds = Funds(FundsStore(deployed.table), queries, clock)
    daily = DailyLimits(Counters(deployed.table), limits.all_callers, limits.each_caller)
    queue = BatchQueue(aws.sqs, settings.queue_url)
    window = 2 * settings.concurrency
    driver = BatchDriver(
        store, chunks, queue, funds, daily, settings.approvals_required, window, clock, bool(settings.bucket)
    )
    failed = FailedRows(store, chunks, deployed.store, RepaymentStore(deployed.table), clock)
    repayer = BatchRepayer(store, chunks, BatchCreator(store, chunks, clock), failed, clock)
    return Batches(store, chunks, funds, daily, driver, repayer, settings)
