"""Composes what the transfer API needs."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts import wiring
from payouts.domain.limits import AmountLimits
from payouts.runtime import config
from payouts.services.account_inquiry import DokuQueries
from payouts.services.check_status import StatusChecker
from payouts.services.create_transfer import TransferCreator
from payouts.services.daily_limits import DailyLimits
from payouts.services.kill_switch import KillSwitch
from payouts.services.send_transfer import TransferSender
from payouts.store.counters import Counters
from payouts.store.inquiry_sessions import Claims
from payouts.store.kill_switch import KillSwitchStore
from payouts.store.transfers import TransferStore


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases behind the routes."""

    queries: DokuQueries
    transfer_creator: TransferCreator
    status_checker: StatusChecker
    store: TransferStore
    limits: AmountLimits
    new_reference: Callable[[], str]
    """For an inquiry whose caller names none."""
    clock: Callable[[], float]


def build_services(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
) -> Services:
    """Everything wired up from the environment. Raises ConfigurationError naming a bad or missing variable."""
    amounts, limits = config.amount_limits(environment), config.payout_limits(environment)
    deployed = wiring.build_services(environment, clock, jitter)
    claims = Claims(deployed.table)
    queries = DokuQueries(deployed.doku, claims, clock)
    switch = KillSwitch(KillSwitchStore(deployed.table), limits.accept_transfers, clock)
    daily = DailyLimits(Counters(deployed.table), limits.all_callers, limits.each_caller)
    sender = TransferSender(deployed.store, deployed.doku, clock, jitter, deployed.absence_after)
    return Services(
        queries=queries,
        transfer_creator=TransferCreator(deployed.store, claims, queries, deployed.doku, switch, daily, sender, clock),
        status_checker=deployed.status_checker,
        store=deployed.store,
        limits=amounts,
        new_reference=deployed.doku.new_external_id,
        clock=clock,
    )
