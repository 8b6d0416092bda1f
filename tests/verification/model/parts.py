"""Builds the real use cases with the model's outside. Tests replace a part with a faulty one."""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self, cast
from unittest.mock import patch

from doku_signing.notification import Scheme
from notification_receiver.authenticator import Authenticator
from notification_receiver.receiver import Receiver
from payouts.doku import queued_notification
from payouts.domain.limits import AmountLimits, DailyLimit
from payouts.domain.money import Rupiah
from payouts.domain.schedule import HOUR
from payouts.domain.transfer import Intent, Status
from payouts.services import poll, sweep
from payouts.services.account_inquiry import DokuQueries
from payouts.services.apply_notification import NotificationApplier
from payouts.services.check_schedule import CheckSchedule
from payouts.services.check_status import StatusChecker
from payouts.services.checks import Checks
from payouts.services.create_transfer import TransferCreator
from payouts.services.daily_limits import DailyLimits
from payouts.services.kill_switch import KillSwitch
from payouts.services.poll import Poller
from payouts.services.poll_result import PollResult
from payouts.services.prepare_transfer import TransferPreparer, TransferRequest
from payouts.services.send_transfer import TransferSender
from payouts.services.settle import settle
from payouts.services.sweep import Sweep
from payouts.services.tick import Ticker
from payouts.store.counters import Counters
from payouts.store.due_index import DueIndex
from payouts.store.idempotency_keys import IdempotencyKeys
from payouts.store.inquiry_sessions import InquirySessions
from payouts.store.kill_switch import KillSwitchStore
from payouts.store.leases import Leases
from payouts.store.notification_ids import NotificationIds
from payouts.store.sweep_progress import SweepProgress
from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from tests.verification.model.outside import (
    SETTINGS,
    ModelCredentials,
    ModelDoku,
    ModelQueue,
    ModelTable,
    ModelTokens,
    ModelTransport,
    Outside,
    signed_headers,
)

ABSENCE_AFTER = SETTINGS.not_received_after_hours * HOUR
TIME_ENOUGH = (29.0,)
TICK_SECONDS = 60.0
_TIME_IS_READ = (
    *("before the inquiry", "for the inquiry", "before the limits", "before the create", "after the create"),
    *("to confirm a refusal", "for the status check", "to send again", "for a second send"),
)
"""When a create without a session asks how much time is left, if DOKU refuses its token."""


def too_little_time(when: str) -> tuple[float, ...]:
    """The time left at each of these calls: enough until then, and too little from then on."""
    return (29.0,) * _TIME_IS_READ.index(when) + (10.0,)


class _EmptyTable(Table):
    """A table without the switch's item."""

    def __init__(self) -> None:
        pass

    def get(self, pk: str, consistent: bool = True) -> None:
        """Nothing."""


SWITCH = KillSwitch(KillSwitchStore(_EmptyTable()), accept=True)
AMOUNTS = AmountLimits(Rupiah(1), Rupiah(10**15))
LIMITS = DailyLimits(Counters(_EmptyTable()), DailyLimit(None, None), DailyLimit(None, None))
"""The kill switch and the limits are not part of the model: all transfers are accepted, and none is counted."""


@dataclass(frozen=True)
class Parts:
    """The classes of an invocation; the real ones by default."""

    store: type[TransferStore] = TransferStore
    sessions: type[InquirySessions] = InquirySessions
    keys: type[IdempotencyKeys] = IdempotencyKeys
    status_checker: type[StatusChecker] = StatusChecker
    transfer_creator: type[TransferCreator] = TransferCreator
    sender: type[TransferSender] = TransferSender
    due_index: type[DueIndex] = DueIndex
    authenticator: type[Authenticator] = Authenticator
    doku: type[ModelDoku] = ModelDoku
    leases: type[Leases] = Leases
    sweep: type[Sweep] = Sweep
    progress: type[SweepProgress] = SweepProgress
    request_ids: type[NotificationIds] = NotificationIds
    applier: type[NotificationApplier] = NotificationApplier


class Release(NamedTuple):
    """One version of the code: the shards of the `due` index that its pollers read, and those it writes to."""

    read: int = 1
    written: int = 1


ONE_SHARD = Release()


def order(reference: str = "PAY-1", account: str = "8377388292", session: str = "", key: str = "") -> TransferRequest:
    """A merchant's order. Its fingerprint depends on account and session."""
    intent = Intent(reference, "628115678890", account, "014", Rupiah(20_000_000), session)
    if not session:
        intent = Intent(**{**_fields(intent), "beneficiary_account_name": "SUHUT"})
    return TransferRequest(intent, f"fingerprint of {account} {session}", key)


class InThisThread:
    """Replaces `ThreadPoolExecutor`: the order of a tick's threads is not part of the model."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: all work is done."""

    def submit(self, work: Callable[..., None], *arguments: Any) -> "Future[None]":
        """Run the work at once."""
        work(*arguments)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def map(self, work: Callable[[Any], Any], arguments: Iterable[Any]) -> Iterator[Any]:
        """Run the work on each argument."""
        return map(work, arguments)


@dataclass(frozen=True)
class Invocation:
    """One run of a use case. Equal invocations with equal answers behave equally."""

    actor: str
    order: TransferRequest | None = None
    remaining: tuple[float, ...] = TIME_ENOUGH
    """Seconds left at each call; the last value is repeated."""
    message: str = ""
    reference: str = ""
    verdict: Status = Status.SUCCESS
    kind: str = ""
    body: bytes = field(default=b"", repr=False)
    clock_ahead: int = 0
    """Milliseconds by which the clock of its machine is ahead."""
    release: Release = ONE_SHARD
    day_shards: tuple[int, ...] = ()
    """Shards of the days that a poller sweeps."""
    leased: bool = False
    """True if a poller takes its lease."""

    def run(self, outside: Outside, parts: Parts) -> Any:
        """Run the real code. Raises Suspended at a call without an answer."""
        table = ModelTable(outside)
        store = parts.store(table, self.release.written)
        doku = parts.doku(SETTINGS, ModelCredentials(), ModelTokens(), ModelTransport(outside), outside.clock)
        doku.outside = outside
        schedule = CheckSchedule(outside.clock, lambda: 0.0, ABSENCE_AFTER)
        status_checker = parts.status_checker(store, doku, schedule)
        if self.order is not None:
            sessions, keys = parts.sessions(table), parts.keys(table)
            queries = DokuQueries(doku, sessions, outside.clock)
            sender = parts.sender(store, doku, schedule)
            preparer = TransferPreparer(sessions, queries, doku, outside.clock)
            transfer_creator = parts.transfer_creator(store, keys, preparer, doku, SWITCH, AMOUNTS, LIMITS, sender)
            return transfer_creator.create(self.order, _counting(self.remaining))
        if self.message:
            return parts.applier(store, status_checker, parts.sessions(table)).apply(
                queued_notification.decode(self.message)
            )
        if self.kind:
            return self._receive(outside, parts)
        if self.reference:
            transfer = store.get(self.reference)
            now = int(outside.clock() * 1000)
            reason = "seen at the bank"
            return transfer and settle(store, transfer, self.verdict, "ani", reason, now, transfer.version)
        with (
            patch.object(poll, "ThreadPoolExecutor", InThisThread),
            patch.object(sweep, "ThreadPoolExecutor", InThisThread),
        ):
            return self._tick(table, store, status_checker, outside, parts)

    def _tick(
        self, table: Table, store: TransferStore, checker: StatusChecker, outside: Outside, parts: Parts
    ) -> PollResult:
        index, shards = parts.due_index(table, self.release.written), range(self.release.read)
        checks = Checks(index, checker, 2)
        poller = Poller(index, checks, outside.clock)
        sweeping = parts.sweep(store, parts.progress(table), checks, outside.clock)
        if self.leased:
            ticker = Ticker(parts.leases(table), poller, sweeping, outside.clock, shards, self.day_shards)
            return ticker.tick(0, 1, lambda: TICK_SECONDS)
        result = poller.tick(shards, lambda: TICK_SECONDS)
        sweeping.run(self.day_shards, result, lambda: TICK_SECONDS)
        return result

    def _receive(self, outside: Outside, parts: Parts) -> Any:
        authenticator = parts.authenticator(ModelCredentials(), Scheme.HMAC_SHA512, ())
        request_ids = parts.request_ids(ModelTable(outside))
        receiver = Receiver(authenticator, request_ids, cast("Any", ModelQueue(outside)), "queue", outside.clock)
        event = {
            "rawPath": f"/notifications/kirim-doku/{self.kind}",
            "headers": signed_headers(valid=self.actor != "forger"),
            "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.1"}},
            "body": self.body.decode(),
        }
        return receiver.receive(event)


def notification_body(kind: str, reference_no: str, reference: str, status: str) -> bytes:
    """A notification's body. A refund has DOKU's reference only."""
    fields = {"transactionId": reference_no, "transactionStatus": status}
    return json.dumps(fields | ({"sendTrxId": reference} if kind == "unpaid" else {})).encode()


def _counting(times: tuple[float, ...]) -> Callable[[], float]:
    left: Iterator[float] = iter(times)
    last = times[-1]
    return lambda: next(left, last)


def _fields(intent: Intent) -> dict[str, Any]:
    return {name: getattr(intent, name) for name in Intent.__slots__}
