"""What every function that asks DOKU is made of. The same constructors serve Lambda and tests."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts import aws
from payouts.config import DokuSettings, TableSettings
from payouts.credentials import CredentialStore
from payouts.doku.client import DokuClient
from payouts.doku.transport import Transport
from payouts.reconcile import Reconciler
from payouts.shared_token import SharedToken
from payouts.store.table import Table
from payouts.store.tokens import TokenStore
from payouts.store.transfers import TransferStore


@dataclass(frozen=True, slots=True)
class Deployment:
    """The two edges, and the use case that all functions share."""

    settings: TableSettings
    table: Table
    store: TransferStore
    doku: DokuClient
    reconciler: Reconciler


def compose(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
    connections: int = 10,
) -> Deployment:
    """Everything wired up from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings, table_settings = DokuSettings.read(environment), TableSettings.read(environment)
    table = Table(aws.dynamodb(connections), table_settings.name)
    store = TransferStore(table, table_settings.due_shards)
    credentials = CredentialStore(aws.secrets_manager(), settings.secret_id, clock)
    transport = Transport(settings.base_url, connections)
    tokens = SharedToken(TokenStore(table), transport, credentials, clock)
    doku = DokuClient(settings, credentials, tokens, transport, clock)
    return Deployment(table_settings, table, store, doku, Reconciler(store, doku, clock, jitter))
