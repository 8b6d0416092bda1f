"""The services of the transfer API."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from payouts import wiring
from payouts.domain.limits import AmountLimits
from payouts.runtime import config, limit_settings
from payouts.services.account_inquiry import DokuQueries
from payouts.services.check_status import StatusChecker
from payouts.services.create_transfer import TransferCreator
from payouts.services.daily_limits import DailyLimits
from payouts.services.doku_rate import DokuRate
from payouts.services.kill_switch import KillSwitch
from payouts.services.prepare_transfer import TransferPreparer
from payouts.services.request_budget import RequestBudget
from payouts.services.send_transfer import TransferSender
from payouts.store.counters import Counters
from payouts.store.due_index import DueIndex
from payouts.store.idempotency_keys import IdempotencyKeys
from payouts.store.inquiry_sessions import InquirySessions
from payouts.store.kill_switch import KillSwitchStore
from payouts.store.rate import RateStore
from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from transfer_api.listing import TransferLists

if TYPE_CHECKING:
    from transfer_api.batch_services import BatchServices


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases behind the routes."""

    queries: DokuQueries
    transfer_creator: TransferCreator
    status_checker: StatusChecker
    store: TransferStore
    lists: TransferLists
    amount_limits: AmountLimits
    switch: KillSwitch
    table: Table
    """For what few requests need, such as notes and the balance proof: their modules are imported by these alone."""
    budget: RequestBudget
    rate: DokuRate
    batches: "Callable[[], BatchServices]"
    """The use cases of the batch routes, which are built at the first request of one."""
    person_claim: str
    """The claim of a token that names a person."""
    new_reference: Callable[[], str]
    """Makes the reference of an account inquiry that has none."""
    clock: Callable[[], float]


def build_services(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
) -> Services:
    """Build the services from the environment. Raises ConfigurationError naming a bad or missing variable."""
    limits = limit_settings.payout_limits(environment)
    deployed = wiring.build_services(environment, clock, jitter)
    sessions, keys = InquirySessions(deployed.table), IdempotencyKeys(deployed.table)
    budget = RequestBudget(RateStore(deployed.table), deployed.rate, clock, jitter, deployed.telemetry.rate_failed)
    queries = DokuQueries(deployed.doku, sessions, clock, budget.take, budget.take_spare)
    switch = KillSwitch(KillSwitchStore(deployed.table), limits.accept_transfers, clock)
    daily = DailyLimits(Counters(deployed.table), limits.all_callers, limits.each_caller)
    sender = TransferSender(deployed.store, deployed.doku, deployed.schedule)
    preparer = TransferPreparer(sessions, queries, deployed.doku, clock, budget.take)
    amounts = limit_settings.amount_limits(environment)

    @cache
    def batches() -> "BatchServices":
        from transfer_api import batch_services  # not at every cold start

        return batch_services.build(environment, deployed, clock)

    return Services(
        queries=queries,
        transfer_creator=TransferCreator(deployed.store, keys, preparer, deployed.doku, switch, amounts, daily, sender),
        status_checker=deployed.status_checker,
        store=deployed.store,
        lists=TransferLists(deployed.store, DueIndex(deployed.table)),
        amount_limits=amounts,
        switch=switch,
        table=deployed.table,
        budget=budget,
        rate=deployed.rate,
        batches=batches,
        person_claim=config.BatchSettings.read(environment).person_claim,
        new_reference=deployed.doku.new_external_id,
        clock=clock,
    )
