"""Builds the services shared by all functions that call DOKU. Lambda and the tests use the same code."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from payouts.doku.client import DokuClient
from payouts.doku.signer import MerchantKey
from payouts.doku.token import TokenRequester
from payouts.doku.transport import Transport
from payouts.domain.errors import PayoutError
from payouts.domain.schedule import HOUR
from payouts.domain.status import RETURNED
from payouts.domain.transfer import Transfer
from payouts.runtime import aws
from payouts.runtime.config import DokuSettings, TableSettings
from payouts.runtime.credentials import CredentialStore
from payouts.runtime.telemetry import Telemetry
from payouts.services.access_token import AccessTokens
from payouts.services.check_schedule import CheckSchedule
from payouts.services.check_status import StatusChecker
from payouts.services.doku_rate import DokuRate
from payouts.store.rate import RateStore
from payouts.store.table import Table
from payouts.store.tokens import TokenStore
from payouts.store.transfers import TransferStore


@dataclass(frozen=True, slots=True)
class Deployment:
    """The table, DOKU, and the use case that all functions share."""

    table: Table
    store: TransferStore
    credentials: CredentialStore
    doku: DokuClient
    schedule: CheckSchedule
    status_checker: StatusChecker
    rate: DokuRate
    telemetry: Telemetry


def build_services(
    environment: Mapping[str, str],
    clock: Callable[[], float] = time.time,
    jitter: Callable[[], float] = random.random,
    connections: int = 10,
    sleep: Callable[[float], None] = time.sleep,
) -> Deployment:
    """Build the services from the environment. Raises ConfigurationError naming a bad or missing variable."""
    settings, table_settings = DokuSettings.read(environment), TableSettings.read(environment)
    dynamodb, secrets_manager, key = aws.dynamodb(connections), aws.secrets_manager(), MerchantKey(aws.kms)
    table = Table(dynamodb, table_settings.name)
    telemetry = Telemetry(Logger())
    store = TransferStore(table, status_changed=_status_changed(telemetry, table))
    credentials = CredentialStore(secrets_manager, settings.secret_id, clock)
    transport = Transport(settings.base_url, connections, wall_clock=clock)
    rate = DokuRate(RateStore(table), settings.requests_per_second, clock, telemetry.rate_failed)
    tokens = AccessTokens(
        TokenStore(table), TokenRequester(transport, key), credentials, clock, sleep, failed=telemetry.token_failed
    )

    def throttled() -> None:
        telemetry.throttled()
        rate.refused()

    doku = DokuClient(settings, credentials, tokens, transport, clock, throttled)
    schedule = CheckSchedule(clock, jitter, settings.not_received_after_hours * HOUR)
    checker = StatusChecker(store, doku, schedule)
    return Deployment(table, store, credentials, doku, schedule, checker, rate, telemetry)


def _status_changed(telemetry: Telemetry, table: Table) -> Callable[[Transfer, Transfer], None]:
    """The hook of a stored change of status: a log line, its metrics, and an entry for the balance proof."""

    def changed(before: Transfer, after: Transfer) -> None:
        telemetry.status_changed(before, after)
        if after.status not in RETURNED:
            return
        from payouts.store.returned_transfers import ReturnedTransfers  # not at every cold start: most are paid

        try:
            ReturnedTransfers(table).note(before, after)
        except PayoutError as error:  # the transfer is stored; the proof shows an increase that it cannot explain
            telemetry.return_not_noted(error)

    return changed
