"""Deployments of the product's parts with one seeded bug each, which the state machine must find."""

from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, replace

from aws_lambda_powertools import Logger

from local.in_process.backing_services import BackingServices
from notification_processor import app as processor
from notification_processor import services as processor_services
from payouts import wiring
from payouts.doku.client import Authority
from payouts.doku.outcomes import Outcome
from payouts.doku.queued_notification import QueuedNotification
from payouts.doku.time_limits import Remaining, unlimited
from payouts.domain.errors import LimitReached, Stopped
from payouts.domain.limits import DailyLimit
from payouts.domain.schedule import MINUTE
from payouts.domain.transfer import Finding, Observation, Source, Status, Transfer, record
from payouts.runtime import limit_settings
from payouts.services.account_inquiry import DokuQueries
from payouts.services.apply_notification import NotificationApplier
from payouts.services.check_status import DokuSilent, StatusChecker
from payouts.services.checks import Checks
from payouts.services.create_transfer import STOPPED, CreateResult, TransferCreator
from payouts.services.daily_limits import DailyLimits
from payouts.services.kill_switch import KillSwitch
from payouts.services.poll import Poller
from payouts.services.prepare_transfer import TransferPreparer, TransferRequest
from payouts.services.send_transfer import TransferSender
from payouts.services.sweep import Sweep
from payouts.services.tick import Ticker
from payouts.store import items
from payouts.store.counters import Bound, CounterEntry, Counters
from payouts.store.due_index import DueIndex, Slot
from payouts.store.idempotency_keys import IdempotencyKeys
from payouts.store.inquiry_sessions import InquirySessions
from payouts.store.kill_switch import KillSwitchStore
from payouts.store.leases import Leases
from payouts.store.sweep_progress import SweepProgress
from payouts.store.transfers import TransferStore
from status_poller import app as poller_app
from status_poller import services as poller_services
from tests.stateful.explore import cold_start
from tests.stateful.merchant import Start
from tests.support.harness import World
from transfer_api.app import create_handler


class SendsAgain(TransferSender):
    """Sends again if there is no answer."""

    def _attempt(self, transfer: Transfer, authority: Authority) -> tuple[Observation, Outcome]:
        seen, outcome = super()._attempt(transfer, authority)
        return super()._attempt(transfer, authority) if seen.finding is Finding.IN_DOUBT else (seen, outcome)


class FailsAtATimeout(TransferSender):
    """Records a missing answer as a refusal."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        refused = (replace(one, finding=Finding.REFUSED) if one.finding is Finding.IN_DOUBT else one for one in seen)
        return super()._learned(standing, *refused)


class NeverConfirms(TransferSender):
    """Sends again after a 401 without asking DOKU whether it executed the first request."""

    def _confirmed(self, transfer: Transfer, refused: Observation, remaining: Remaining) -> tuple[Observation, ...]:
        return (refused,)


class LastWins(StatusChecker):
    """Lets the latest observation overwrite all others."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        return self._schedule.with_next_check(replace(standing, history=seen[-1:]))


class GivesUpAtOnce(StatusChecker):
    """Records one "not found" as a failure."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        failed = (replace(one, finding=Finding.FAILED) if one.finding is Finding.NOT_FOUND else one for one in seen)
        return super()._learned(standing, *failed)


class InfersSoon(StatusChecker):
    """Infers absence from three "not found" over half an hour."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        learned = super()._learned(standing, *seen)
        missing = learned.reading.missing()
        if len(missing) < 3 or missing[-1].at - missing[0].at < 30 * MINUTE or learned.reading.has_sign_of_life:
            return learned
        return self._schedule.with_next_check(record(learned, replace(missing[-1], finding=Finding.NOT_RECEIVED)))


class StaysFailed(StatusChecker):
    """Records nothing more after a failure."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        return standing if standing.status is Status.FAILED else super()._learned(standing, *seen)


class BelievesAnyAnswer(StatusChecker):
    """Accepts an answer about another transfer."""

    def ask(self, transfer: Transfer, remaining: Remaining = unlimited) -> Observation:
        try:
            seen = super().ask(transfer)
        except DokuSilent as silent:
            if "another" not in silent.seen.message:
                raise
            seen = silent.seen
        about_another = seen.finding is Finding.UNCLEAR and "another" in seen.message
        return replace(seen, finding=Finding.SUCCESS) if about_another else seen


class ForgetsNewFields(TransferStore):
    """Drops the fields of newer versions from each history that it writes."""

    def _write(self, transfer: Transfer) -> None:
        known = tuple(replace(one, extra={}) for one in transfer.history)
        super()._write(replace(transfer, history=known))


class BelievesNotifications(NotificationApplier):
    """Records a notification as a status check."""

    def apply(self, queued: QueuedNotification, remaining: Remaining = unlimited) -> Transfer:
        transfer = super().apply(queued)
        said = [one for one in transfer.history if one.claim is not None]
        words = (replace(one, finding=one.claim, source=Source.STATUS_CHECK) for one in said[-1:] if one.claim)
        return self._status_checker.record(transfer, *words)


class ForgetsNotifications(NotificationApplier):
    """Checks the status after a notification, and does not record the notification."""

    def apply(self, queued: QueuedNotification, remaining: Remaining = unlimited) -> Transfer:
        transfer = self._find(queued.notification)
        return self._status_checker.check(transfer)[0] if transfer else super().apply(queued)


class UnconditionalCreate(TransferStore):
    """Creates a transfer even if it exists."""

    def create(self, transfer: Transfer) -> Transfer | None:
        standing = super().create(transfer)
        if standing is not None:
            self.update(standing, lambda _: replace(transfer, version=standing.version))
        return None


class CountsNothing(Counters):
    """Checks a daily limit without counting."""

    def consume(self, key: str, entry: CounterEntry, limit: DailyLimit, expires_at: int) -> Bound | None:
        return self.peek(key, entry, limit)


class CountsLater(DailyLimits):
    """Checks the limits when it should count, and counts in `count`."""

    def consume(self, transfer: Transfer) -> None:
        DailyLimits(CountsNothing(self._counters._table), self._all_callers, self._each_caller).consume(transfer)

    def count(self, transfer: Transfer) -> None:
        with suppress(LimitReached):
            super().consume(transfer)


class CountsAfterSending(TransferCreator):
    """Counts a transfer in the daily limits after it was sent."""

    def _create(self, request: TransferRequest, transfer: Transfer, remaining: Remaining) -> CreateResult:
        submitted = super()._create(request, transfer, remaining)
        assert isinstance(self._limits, CountsLater)
        self._limits.count(submitted.transfer)
        return submitted


class ReadOnce(KillSwitch):
    """Reads the switch once and never again."""

    def is_on(self) -> bool:
        return super().is_on() if self._read is None else self._read[1]


class StopsReplays(TransferCreator):
    """Refuses replays while new transfers are stopped."""

    def create(self, request: TransferRequest, remaining: Remaining) -> CreateResult:
        if not self._switch.is_on():
            raise Stopped(STOPPED)
        return super().create(request, remaining)


class TakesEveryLease(Leases):
    """Takes a lease that another invocation has."""

    def take(self, name: str, now: int, until: int) -> bool:
        super().take(name, now, until)
        return True


class PutsOffNewerItems(DueIndex):
    """Puts off what a newer version wrote."""

    def read(self, slot: Slot) -> Transfer | None:
        item = self._table.get(items.key(slot.reference))
        if item and items.is_newer(item):
            expression, condition = "SET nextCheckAt = :until", "attribute_exists(pk)"
            self._table.update(items.key(slot.reference), expression, condition, {}, {":until": slot.at + MINUTE})
        return super().read(slot)


@dataclass(frozen=True)
class Parts:
    """The classes of a deployment."""

    transfer_creator: type[TransferCreator] = TransferCreator
    sender: type[TransferSender] = TransferSender
    status_checker: type[StatusChecker] = StatusChecker
    store: type[TransferStore] = TransferStore
    index: type[DueIndex] = DueIndex
    leases: type[Leases] = Leases
    sweep: type[Sweep] = Sweep
    progress: type[SweepProgress] = SweepProgress
    applier: type[NotificationApplier] = NotificationApplier
    limits: type[DailyLimits] = DailyLimits
    switch: type[KillSwitch] = KillSwitch


@dataclass(frozen=True)
class Bug:
    """A faulty deployment, and the invariants that it may break first."""

    parts: Parts
    breaks: Set[str]


_LIES = {"I5", "I6", "I13", "I19", "I24", "I25", "I27"}
"""The invariants that a status without DOKU's word may break first."""
BUGS: Mapping[str, Bug] = {
    "sends again after a timeout": Bug(Parts(sender=SendsAgain), {"I1", "I2"}),
    "a timeout is a failure": Bug(Parts(sender=FailsAtATimeout), _LIES),
    "sends again after a 401 unasked": Bug(Parts(sender=NeverConfirms), {"I1", "I2", *_LIES}),
    "the last observation wins": Bug(Parts(status_checker=LastWins), {"I4", "I26", *_LIES}),
    "not found once is a failure": Bug(Parts(status_checker=GivesUpAtOnce), _LIES),
    "absence is inferred in half an hour": Bug(Parts(status_checker=InfersSoon), _LIES),
    "a failure is never revised": Bug(Parts(status_checker=StaysFailed), _LIES),
    "an answer about something else is believed": Bug(Parts(status_checker=BelievesAnyAnswer), _LIES),
    "a notification is believed": Bug(Parts(applier=BelievesNotifications), _LIES),
    "a notification is not recorded": Bug(Parts(applier=ForgetsNotifications), {"I27"}),
    "no condition on the create": Bug(Parts(store=UnconditionalCreate), {"I1", "I2", "I4", "I5", "I8"}),
    "two invocations of a poller are at work": Bug(Parts(leases=TakesEveryLease), {"I12"}),
    "a newer item is put off": Bug(Parts(index=PutsOffNewerItems), {"I26"}),
    "a newer observation is cut": Bug(Parts(store=ForgetsNewFields), {"I26"}),
    "a limit counts what was sent": Bug(Parts(transfer_creator=CountsAfterSending, limits=CountsLater), {"I21"}),
    "the switch is read once": Bug(Parts(switch=ReadOnce), {"I22", "I23"}),
    "a stop refuses replays": Bug(Parts(transfer_creator=StopsReplays), {"I23"}),
}


def started_with(parts: Parts) -> Start:
    """A cold start with these parts instead of the product's."""

    def start(backing_services: BackingServices, skew: float) -> World:
        world, now = cold_start(backing_services, skew), lambda: backing_services.clock() + skew
        deployed = wiring.build_services(world.environment, now, _no_jitter)
        store = parts.store(deployed.table)
        status_checker = parts.status_checker(store, deployed.doku, deployed.schedule)
        sessions, keys = InquirySessions(deployed.table), IdempotencyKeys(deployed.table)
        queries = DokuQueries(deployed.doku, sessions, now)
        limits = limit_settings.payout_limits(world.environment)
        switch = parts.switch(KillSwitchStore(deployed.table), limits.accept_transfers, now)
        daily_limits = parts.limits(Counters(deployed.table), limits.all_callers, limits.each_caller)
        sender = parts.sender(store, deployed.doku, deployed.schedule)
        preparer, amounts = TransferPreparer(sessions, queries, deployed.doku, now), world.services.amount_limits
        transfer_creator = parts.transfer_creator(
            store, keys, preparer, deployed.doku, switch, amounts, daily_limits, sender
        )
        services = replace(
            world.services, transfer_creator=transfer_creator, status_checker=status_checker, store=store
        )
        applier = parts.applier(store, status_checker, sessions)
        applying = replace(processor_services.build_services(world.environment, now, _no_jitter), applier=applier)
        asking = poller_services.build_services(world.environment, now, _no_jitter)
        index = parts.index(deployed.table)
        checks = Checks(index, status_checker, 1)
        sweep = parts.sweep(store, parts.progress(deployed.table), checks, now)
        asking = replace(asking, ticker=Ticker(parts.leases(deployed.table), Poller(index, checks, now), sweep, now))
        logger = Logger(service="payouts")
        return replace(
            world,
            services=services,
            call_handler=create_handler(services, logger),
            call_processor=processor.create_handler(applying, logger),
            call_poller=poller_app.create_handler(asking, logger),
        )

    return start


def _no_jitter() -> float:
    return 0.0
