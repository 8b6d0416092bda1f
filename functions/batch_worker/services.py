"""The services of the batch worker."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from payouts import batch_wiring, wiring
from payouts.domain.limits import DailyLimit
from payouts.domain.rate import Share
from payouts.runtime import aws, limit_settings
from payouts.services.account_inquiry import DokuQueries
from payouts.services.batch_lease import ChunkLeases
from payouts.services.batch_result import BatchResults
from payouts.services.check_chunk import ChunkChecker
from payouts.services.create_transfer import TransferCreator
from payouts.services.daily_limits import DailyLimits
from payouts.services.doku_rate import DokuRate, Pace
from payouts.services.drive_batches import BatchDriver
from payouts.services.kill_switch import KillSwitch
from payouts.services.pay_chunk import ChunkPayer
from payouts.services.prepare_transfer import TransferPreparer
from payouts.services.repay_batch import BatchRepayer
from payouts.services.result_file import ResultWriter
from payouts.services.send_transfer import TransferSender
from payouts.services.settle_chunk import ChunkAccounts, ChunkSettler
from payouts.store.batches import BatchStore
from payouts.store.counters import Counters
from payouts.store.idempotency_keys import IdempotencyKeys
from payouts.store.inquiry_sessions import InquirySessions
from payouts.store.kill_switch import KillSwitchStore

if TYPE_CHECKING:
    from batch_worker.load_file import FileLoader

_LONGEST_WAIT = 60.0
"""Seconds that a row waits for its turn at most."""


@dataclass(frozen=True, slots=True)
class Services:
    """One use case for files, and one for each status in which chunks are worked on."""

    store: BatchStore
    loader: "Callable[[], FileLoader]"
    """Built at the first file: few messages name one."""
    checker: ChunkChecker
    payer: ChunkPayer
    settler: ChunkSettler
    repayer: BatchRepayer
    results: ResultWriter
    driver: BatchDriver
    rate: DokuRate


def build_services(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
    sleep: Callable[[float], None] = time.sleep,
) -> Services:
    """Build the worker from the environment. Raises ConfigurationError naming a bad or missing variable."""
    limits, amounts = limit_settings.payout_limits(environment), limit_settings.amount_limits(environment)
    deployed = wiring.build_services(environment, clock, jitter, sleep=sleep)
    batches = batch_wiring.build_batches(environment, deployed, clock)
    table, workers = deployed.table, batches.settings.concurrency
    pace = Pace(lambda: deployed.rate.of(Share.BATCHES), clock, sleep)

    def take(requests: int) -> None:
        for _ in range(requests):
            pace.wait(_LONGEST_WAIT, workers)

    sessions, keys = InquirySessions(table), IdempotencyKeys(table)
    queries = DokuQueries(deployed.doku, sessions, clock)
    leases = ChunkLeases(batches.chunks, clock)
    accounts = ChunkAccounts(batches.chunks, deployed.store, clock)
    creator = TransferCreator(
        deployed.store,
        keys,
        TransferPreparer(sessions, queries, deployed.doku, clock, take),
        deployed.doku,
        KillSwitch(KillSwitchStore(table), limits.accept_transfers, clock),
        amounts,
        DailyLimits(Counters(table), DailyLimit(None, None), DailyLimit(None, None)),  # a batch is counted as a whole
        TransferSender(deployed.store, deployed.doku, deployed.schedule),
    )
    checker = ChunkChecker(
        batches.store,
        batches.chunks,
        deployed.store,
        leases,
        queries,
        deployed.doku,
        amounts,
        lambda seconds: pace.wait(seconds, workers),
        clock,
    )
    payer = ChunkPayer(
        batches.store,
        batches.chunks,
        accounts,
        leases,
        batches.funds,
        creator,
        batches.settings.approvals_required,
        clock,
    )
    settler = ChunkSettler(batches.store, batches.chunks, accounts, leases)
    results = ResultWriter(
        batches.store,
        batches.chunks,
        BatchResults(batches.chunks, deployed.store),
        aws.s3,
        batches.settings.bucket,
        clock,
    )

    @cache
    def loader() -> "FileLoader":
        from batch_worker.load_file import FileLoader
        from payouts.services.batch_files import BatchFiles

        files = BatchFiles(aws.s3, batches.settings.bucket, clock)
        return FileLoader(batches.store, batches.chunks, files, clock)

    return Services(
        batches.store, loader, checker, payer, settler, batches.repayer, results, batches.driver, deployed.rate
    )
