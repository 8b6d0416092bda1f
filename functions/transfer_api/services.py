"""Composes what the transfer API needs."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts import compose as shared
from payouts.config import AmountLimits
from payouts.inquire import Inquirer
from payouts.reconcile import Reconciler
from payouts.snapshot import Forget
from payouts.store.claims import Claims
from payouts.store.transfers import TransferStore
from payouts.submit import Submitter


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
    limits = AmountLimits.read(environment)
    deployed = shared.compose(environment, clock, jitter)
    claims = Claims(deployed.table)
    inquirer = Inquirer(deployed.doku, claims, clock)
    return Services(
        inquirer=inquirer,
        submitter=Submitter(deployed.store, claims, inquirer, deployed.doku, clock, jitter),
        reconciler=deployed.reconciler,
        store=deployed.store,
        limits=limits,
        new_reference=deployed.doku.new_external_id,
        clock=clock,
        held=deployed.held,
    )
