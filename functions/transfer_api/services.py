"""Composes what the transfer API needs. The same constructors serve Lambda and tests."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts import aws
from payouts.config import AmountLimits, DokuSettings, TableSettings
from payouts.credentials import CredentialStore
from payouts.doku.client import DokuClient
from payouts.doku.transport import Transport
from payouts.inquire import Inquirer
from payouts.reconcile import Reconciler
from payouts.shared_token import SharedToken
from payouts.store.claims import Claims
from payouts.store.table import Table
from payouts.store.tokens import TokenStore
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


def compose(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
) -> Services:
    """Everything wired up from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings, table_settings = DokuSettings.read(environment), TableSettings.read(environment)
    limits = AmountLimits.read(environment)
    table = Table(aws.dynamodb(), table_settings.name)
    store, claims = TransferStore(table, table_settings.due_shards), Claims(table)
    credentials = CredentialStore(aws.secrets_manager(), settings.secret_id, clock)
    transport = Transport(settings.base_url)
    tokens = SharedToken(TokenStore(table), transport, credentials, clock)
    doku = DokuClient(settings, credentials, tokens, transport, clock)
    inquirer = Inquirer(doku, claims, clock)
    return Services(
        inquirer=inquirer,
        submitter=Submitter(store, claims, inquirer, doku, clock, jitter),
        reconciler=Reconciler(store, doku, clock, jitter),
        store=store,
        limits=limits,
        new_reference=doku.new_external_id,
        clock=clock,
    )
