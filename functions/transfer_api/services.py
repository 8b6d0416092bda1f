"""Composes what the transfer API needs."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts import compose as shared
from payouts.config import AmountLimits, GuardRails
from payouts.inquire import Inquirer
from payouts.limits import DailyLimits
from payouts.reconcile import Reconciler
from payouts.send import Sender
from payouts.snapshot import Forget
from payouts.store.claims import Claims
from payouts.store.counters import Counters
from payouts.store.switch import SwitchStore
from payouts.store.transfers import TransferStore
from payouts.submit import Submitter
from payouts.switch import Switch


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases behind the routes."""

    inquirer: Inquirer
    submitter: Submitter
    reconciler: Reconciler
    store: TransferStore
    limits: AmountLimits
    new_reference: Callable[[], str]
    """For an inquiry whose caller names none."""
    clock: Callable[[], float]
    held: tuple[Forget, ...]


def compose(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
) -> Services:
    """Everything wired up from the environment. Raises ConfigurationError naming a bad or missing variable."""
    limits, rails = AmountLimits.read(environment), GuardRails.read(environment)
    deployed = shared.compose(environment, clock, jitter)
    claims = Claims(deployed.table)
    inquirer = Inquirer(deployed.doku, claims, clock)
    switch = Switch(SwitchStore(deployed.table), rails.accept_transfers, clock)
    daily = DailyLimits(Counters(deployed.table), rails.everybody, rails.each_caller)
    sender = Sender(deployed.store, deployed.doku, clock, jitter, deployed.absence_after)
    return Services(
        inquirer=inquirer,
        submitter=Submitter(deployed.store, claims, inquirer, deployed.doku, switch, daily, sender, clock),
        reconciler=deployed.reconciler,
        store=deployed.store,
        limits=limits,
        new_reference=deployed.doku.new_external_id,
        clock=clock,
        held=deployed.held,
    )
