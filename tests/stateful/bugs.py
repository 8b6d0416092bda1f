"""Deployments with one thing wrong in each, put together from the product's own parts: the machine must find it."""

from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, replace

from aws_lambda_powertools import Logger

from notification_processor import entry as processor
from payouts import compose as shared
from payouts.config import DailyLimit, GuardRails
from payouts.doku.callbacks import Kind
from payouts.doku.client import Authority
from payouts.errors import LimitReached, Stopped
from payouts.inquire import Inquirer
from payouts.limits import DailyLimits
from payouts.notified import NotificationApplier, Received
from payouts.poll import Poller
from payouts.reconcile import Reconciler
from payouts.schedule import planned
from payouts.store import items
from payouts.store.claims import Claims
from payouts.store.counters import Bound, Counters, Take
from payouts.store.due import DueIndex, Slot
from payouts.store.switch import SwitchStore
from payouts.store.transfers import TransferStore
from payouts.submit import STOPPED, Order, Remaining, Submitted, Submitter
from payouts.switch import Switch
from payouts.transfer import Finding, Observation, Source, Transfer
from status_poller import entry as poller
from tests.harness import World
from tests.stateful.explore import cold_start
from tests.stateful.merchant import Start
from tests.surroundings import Surroundings
from transfer_api.entry import create_handler


class SendsAgain(Submitter):
    """Sends once more when no answer came."""

    def _attempt(self, transfer: Transfer, authority: Authority) -> tuple[Observation, bool]:
        seen, refused = super()._attempt(transfer, authority)
        return super()._attempt(transfer, authority) if seen.finding is Finding.IN_DOUBT else (seen, refused)


class FailsAtATimeout(Submitter):
    """Believes that what was not answered was not done."""

    def _learned(self, standing: Transfer, seen: Observation) -> Transfer:
        failed = replace(seen, finding=Finding.FAILED) if seen.finding is Finding.IN_DOUBT else seen
        return super()._learned(standing, failed)


class LastWins(Reconciler):
    """Lets the latest observation overwrite all others."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        return planned(replace(standing, history=seen[-1:]), self._now(), 0.0)


class GivesUpAtOnce(Reconciler):
    """Takes one "not found" for a proof."""

    def _learned(self, standing: Transfer, *seen: Observation) -> Transfer:
        failed = (replace(one, finding=Finding.FAILED) if one.finding is Finding.NOT_FOUND else one for one in seen)
        return super()._learned(standing, *failed)


class Believing(NotificationApplier):
    """Takes a notification for evidence."""

    def apply(self, received: Received) -> Transfer:
        transfer, notification = self._find(received.notification), received.notification
        findings = {"50": Finding.SUCCESS, "35": Finding.FAILED, "20": Finding.UNPAID, "40": Finding.REFUNDED}
        is_refund = notification.kind is Kind.REFUND
        said = Finding.REFUNDED if is_refund else findings.get(notification.transaction_status)
        if transfer is None or said is None:
            return super().apply(received)
        number = notification.transaction_id
        return self._reconciler.record(
            transfer, Observation(received.at, said, Source.NOTIFICATION, reference_no=number)
        )


class OpenDoor(TransferStore):
    """Creates a transfer whether there is one or not."""

    def create(self, transfer: Transfer) -> Transfer | None:
        standing = super().create(transfer)
        if standing is not None:
            self.update(standing, lambda _: replace(transfer, version=standing.version))
        return None


class LooksOnly(Counters):
    """Sees whether a day has room, and counts nothing."""

    def take(self, key: str, take: Take, limit: DailyLimit, expires_at: int) -> Bound | None:
        return self.look(key, take, limit)


class CountsLater(DailyLimits):
    """Looks where it should count, and counts when it is told to."""

    def take(self, transfer: Transfer) -> None:
        DailyLimits(LooksOnly(self._counters._table), self._everybody, self._each_caller).take(transfer)

    def count(self, transfer: Transfer) -> None:
        with suppress(LimitReached):
            super().take(transfer)


class CountsWhatWasSent(Submitter):
    """Counts a transfer in a day's limits once it was sent."""

    def _send(self, transfer: Transfer, authority: Authority, remaining: Remaining) -> Submitted:
        submitted = super()._send(transfer, authority, remaining)
        assert isinstance(self._limits, CountsLater)
        self._limits.count(transfer)
        return submitted


class ReadOnce(Switch):
    """Reads how it stands at its first use, and never again."""

    def is_on(self) -> bool:
        return super().is_on() if self._read is None else self._read[1]


class StopsEverybody(Submitter):
    """Refuses replays as well while new transfers are stopped."""

    def submit(self, order: Order, remaining: Remaining) -> Submitted:
        if not self._switch.is_on():
            raise Stopped(STOPPED)
        return super().submit(order, remaining)


class AsksAnyway(DueIndex):
    """Takes a slot that somebody else has taken."""

    def claim(self, slot: Slot, until: int) -> Transfer | None:
        item = self._table.get(items.key(slot.reference))
        return super().claim(slot, until) or (items.decode(item) if item else None)


@dataclass(frozen=True)
class Parts:
    """What a deployment is put together from."""

    submitter: type[Submitter] = Submitter
    reconciler: type[Reconciler] = Reconciler
    store: type[TransferStore] = TransferStore
    index: type[DueIndex] = DueIndex
    applier: type[NotificationApplier] = NotificationApplier
    limits: type[DailyLimits] = DailyLimits
    switch: type[Switch] = Switch


@dataclass(frozen=True)
class Bug:
    """A deployment with one thing wrong, and the invariants that this breaks: which comes first is up to the draw."""

    parts: Parts
    breaks: Set[str]


BUGS: Mapping[str, Bug] = {
    "sends again after a timeout": Bug(Parts(submitter=SendsAgain), {"I1", "I2"}),
    "a timeout is a failure": Bug(Parts(submitter=FailsAtATimeout), {"I5", "I6", "I13", "I19"}),
    "the last observation wins": Bug(Parts(reconciler=LastWins), {"I4", "I5", "I6", "I13", "I19"}),
    "not found once is a failure": Bug(Parts(reconciler=GivesUpAtOnce), {"I5", "I6", "I13", "I19"}),
    "no condition on the door": Bug(Parts(store=OpenDoor), {"I1", "I2", "I4", "I5", "I8"}),
    "two pollers ask about one slot": Bug(Parts(index=AsksAnyway), {"I12"}),
    "a callback is believed": Bug(Parts(applier=Believing), {"I5", "I6", "I13", "I19"}),
    "a limit counts what was sent": Bug(Parts(submitter=CountsWhatWasSent, limits=CountsLater), {"I21"}),
    "the switch is read once": Bug(Parts(switch=ReadOnce), {"I22", "I23"}),
    "a stop refuses replays": Bug(Parts(submitter=StopsEverybody), {"I23"}),
}


def started_with(parts: Parts) -> Start:
    """A cold start with these parts in place of the product's."""

    def start(surroundings: Surroundings, skew: float) -> World:
        world, now = cold_start(surroundings, skew), lambda: surroundings.clock() + skew
        deployed = shared.compose(world.environment, now, _no_jitter)
        store = parts.store(deployed.table, deployed.settings.due_shards)
        reconciler = parts.reconciler(store, deployed.doku, now, _no_jitter)
        claims = Claims(deployed.table)
        inquirer = Inquirer(deployed.doku, claims, now)
        rails = GuardRails.read(world.environment)
        switch = parts.switch(SwitchStore(deployed.table), rails.accept_transfers, now)
        limits = parts.limits(Counters(deployed.table), rails.everybody, rails.each_caller)
        submitter = parts.submitter(store, claims, inquirer, deployed.doku, switch, limits, now, _no_jitter)
        services = replace(world.services, submitter=submitter, reconciler=reconciler, store=store)
        applier = parts.applier(store, reconciler, claims)
        applying = replace(processor.compose(world.environment, now, _no_jitter), applier=applier)
        asking = poller.compose(world.environment, now, _no_jitter)
        asking = replace(asking, poller=Poller(parts.index(deployed.table), reconciler, 1, now))
        logger = Logger(service="payouts")
        return replace(
            world,
            services=services,
            call_handler=create_handler(services, logger),
            call_processor=processor.create_handler(applying, logger),
            call_poller=poller.create_handler(asking, logger),
        )

    return start


def _no_jitter() -> float:
    return 0.0
