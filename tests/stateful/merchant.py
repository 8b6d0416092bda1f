"""The deployment under test: it is called, crashes and restarts, and its answers are checked.

The actions that the rules in `machine` share.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from local.aws.dead_letters import move
from local.in_process.backing_services import BackingServices
from payouts.domain.days import day_of
from payouts.domain.errors import PayoutError
from payouts.domain.schedule import needs_review
from payouts.domain.transfer import Status
from payouts.services.settle import settle
from payouts.store import items
from payouts.store.due_index import WRITTEN_SHARDS
from payouts.store.kill_switch import KillSwitchStore, Turned
from payouts.store.table import Table
from tests.stateful.invariants import END_OF, Memory
from tests.stateful.notifications import Notification
from tests.stateful.orders import Order
from tests.stateful.rails import Limits, Met, Rails, Stop, refused_by, until_midnight
from tests.stateful.snapshot import Shelf, Snapshot
from tests.support.harness import Answer, Crash, World, inquiry_of

T = TypeVar("T")
Start = Callable[[BackingServices, float], World]
"""Cold-starts the functions with a clock that is some seconds ahead."""
_LAPSE = 6.0
"""Seconds from a crash to the next cold start: a token's lock that the crashed process had is released by then."""
_DAY_AND_AN_HOUR = 25 * 3600
_EIGHT = 8 * 3600
_TICKS = 18
"""Maximum number of daily ticks. A transfer that is executed after its absence was inferred needs most."""
_HEALTHY_TICKS = 2
"""Ticks while DOKU is healthy: one finds the payment, the next one a refund."""


class Merchant:
    """The functions with one table, one DOKU and one clock, as the merchant and DOKU use them."""

    def __init__(self, backing_services: BackingServices, start: Start, limits: Limits, duplicate_check: bool) -> None:
        environment = {**backing_services.environment, **limits.environment}
        self._backing_services, self._start = replace(backing_services, environment=environment), start
        self.clock, self.doku = backing_services.clock, backing_services.doku
        self.orders: list[Order] = []
        self.notifications: list[Notification] = []
        self.memory = Memory()
        self.rails = Rails(limits)
        self.faulty = False
        """True if AWS failed since the last cold start."""
        self.crashes = 0
        """The number of crashes."""
        self.skewed = False
        """True if the functions' clock is wrong. The rival's is always right."""
        self.contended = False
        """True if another environment may act during a call."""
        backing_services.reset()
        self.doku.settings(duplicate_check=duplicate_check)
        self.clock.advance(until_midnight(self.clock()) + _EIGHT)  # so that a replayed history has the same midnights
        self.world = start(self._backing_services, 0.0)
        for item in self.world.scan():
            key = {"pk": {"S": item["pk"]}}
            self.world.dynamodb.delete_item(TableName=self.world.environment["TABLE_NAME"], Key=key)
        self._shelf = Shelf(self.world.environment["TABLE_NAME"])
        self._certain = self._condition

    def snapshot(self) -> Snapshot:
        """The table and DOKU's ledger now. Messages are counted only if some are expected."""
        return Snapshot.take(self.world, self._shelf, count=self.memory.kept > self.memory.applied)

    @property
    def _condition(self) -> tuple[int, bool]:
        return self.crashes, self.faulty

    def listen(self, now: Snapshot) -> None:
        """Note DOKU's answers since the last call, and whether the functions certainly stored them."""
        before, self._certain = self._certain, self._condition
        self.memory.listen(now, certain=before == self._certain == (self.crashes, False))

    def restart(self, skew: float = 0.0) -> None:
        """Replace the functions with a cold start, which ends all faults of AWS."""
        self.world = self._start(self._backing_services, skew)
        self.faulty = False
        self.skewed = skew != 0.0
        self.memory.tokens_disturbed |= self.skewed

    @cached_property
    def rival(self) -> World:
        """Another environment of the same functions, without faults."""
        return self._start(self._backing_services, 0.0)

    def interrupt(self, action: Callable[[World], Any] | None) -> None:
        """Let the rival run `action` once, before the next write of a transfer. None removes the action."""
        waiting = [action] if action else []
        self.contended = bool(action)

        def watch(operation: str, body: str) -> None:
            if waiting and operation in ("PutItem", "UpdateItem") and '"TRANSFER#' in body:
                waiting.pop()(self.rival)

        self.world.faults.watch = watch

    def attempt(self, call: Callable[[], T]) -> T | None:
        """The call's result. None if the process crashed in it; it was restarted then."""
        try:
            return call()
        except Crash:
            self.clock.advance(_LAPSE)
            self.crashes += 1
            self.restart()
            self.memory.tokens_disturbed = True  # one may have been requested and not stored
            return None

    def create(self, order: Order, world: World | None = None, body: Any = None) -> Answer | None:
        """Create the transfer, and check that an error means that nothing was sent."""
        sent, asked = len(self._sent(order)), body or order.body
        answer = self.attempt(lambda: (world or self.world).create(asked, headers=order.headers, caller=order.caller))
        if answer is None:
            return None
        if by := refused_by(answer):
            order.refused = True
            self.rails.met[by] += 1
            assert not self._is_stored(order), f"I23: {order} exists, and was answered {answer.body}"
            assert not self._sent(order), f"I23: {order} was sent, and was answered {answer.body}"
        if answer.status in (201, 202):
            assert answer.body["partnerReferenceNo"] == order.reference, "I8: another transfer"
            self.rails.met[Met.RETURN] += order.refused and not order.acknowledged
            order.acknowledged = True
        elif not self.contended:
            assert len(self._sent(order)) == sent, f"{order} was sent and answered {answer.status}"
        return answer

    def _sent(self, order: Order) -> list[Any]:
        return self.world.sent(order.reference)

    def _is_stored(self, order: Order) -> bool:
        """Read the table with a client without faults."""
        return self._table.get(items.key(order.reference)) is not None

    @property
    def _table(self) -> Table:
        return Table(self.world.dynamodb, self.world.environment["TABLE_NAME"])

    def notify(self, notification: Notification, world: World | None = None) -> int | None:
        """Deliver a notification. Returns the receiver's HTTP status; None after a crash."""
        world = world or self.world
        answer = self.attempt(lambda: world.notify(notification.kind, notification.body, notification.headers))
        if answer is None:
            return None
        if answer.status == 200:
            self.memory.kept += 1
            self._note_claim(json.loads(notification.body))
        return answer.status

    def _note_claim(self, body: dict[str, Any]) -> None:
        named = body.get("sendTrxId")
        transfers = self.doku.ledger()["transfers"]
        owners = [one["partnerReferenceNo"] for one in transfers if one["referenceNo"] == body["transactionId"]]
        for reference in [named] if named else owners[:1]:
            self.memory.claims[reference].append(body.get("transactionStatus", "40"))

    def check_status(self, reference: str, world: World | None = None) -> None:
        """POST a status check."""
        path = f"/v1/transfers/{reference}/status-checks"
        self.attempt(lambda: (world or self.world).request("POST", path))

    def tick(self, world: World | None = None) -> None:
        """Run a tick of the poller."""
        self.attempt((world or self.world).tick)

    def inquire(self, order: Order) -> None:
        """Make an account inquiry and add its session to the order, if it succeeds."""
        answer = self.attempt(lambda: self.world.request("POST", "/v1/account-inquiries", inquiry_of(order.body)))
        if answer is not None and answer.status == 200:
            order.body["sessionId"] = answer.body["sessionId"]

    def pump(self, world: World | None = None) -> None:
        """Process all visible messages."""
        calling = world or self.world
        while (drained := self.attempt(lambda: calling.pump(batches=1))) and drained.batches:
            self.memory.applied += drained.succeeded

    def redrive(self) -> None:
        """Redrive the dead notifications, as `make redrive` does."""
        environment = self.world.environment
        move(self.world.sqs, environment["DEAD_LETTER_QUEUE_URL"], environment["NOTIFICATION_QUEUE_URL"])

    def turn(self, stopped: bool) -> None:
        """Set the kill switch, as `make stop-transfers` and `make start-transfers` do."""
        before, stops = self.clock(), self.rails.stops
        if not KillSwitchStore(self._table).turn(Turned(stopped, "Dewi", "ticket 4711", int(before * 1000))):
            return
        if stopped:
            stops.append(Stop(self.clock()))
        elif stops:
            stops[-1].until = before

    def secret(self) -> dict[str, str]:
        """The merchant's current secret."""
        found = self._backing_services.aws.secretsmanager.get_secret_value(SecretId=self._backing_services.secret_id)
        fields: dict[str, str] = json.loads(found["SecretString"])
        return fields

    def put_secret(self, fields: dict[str, str]) -> None:
        """Store a new version of the secret."""
        text = json.dumps(fields)
        secret_id = self._backing_services.secret_id
        self._backing_services.aws.secretsmanager.put_secret_value(SecretId=secret_id, SecretString=text)

    def settle(self, reference: str) -> bool:
        """Settle the transfer as in DOKU's ledger. Returns False if that is not possible (yet)."""
        now, transfer = self.snapshot(), self.world.stored(reference)
        state = now.state(reference) or "FAILED"
        if state not in END_OF or transfer is None or now.may_move(reference):
            return False
        try:
            settle(
                self.rival.store,
                transfer,
                Status(END_OF[state]),
                "Dewi",
                "as DOKU has it",
                int(self.clock() * 1000),
                read_version=transfer.version,
            )
        except PayoutError:
            return False
        self.memory.settled.add(reference)
        return True

    def converge(self, look: Callable[[], object]) -> None:
        """Heal all faults and let time pass until nothing changes any more. Calls `look` each day.

        A stop of new transfers stays in force.
        """
        self.doku.heal()
        self.restart()
        self.redrive()
        self.pump()
        for _ in range(_TICKS):
            self._let_days_pass(1)
            self.pump()
            look()
            if self._is_quiet():
                break
        self.redrive()
        self.pump()

    def _is_quiet(self) -> bool:
        """True if DOKU will do no more, and each transfer is as in DOKU's ledger or in review."""
        now, at = self.snapshot(), int(self.clock() * 1000)
        return all(
            not now.may_move(reference)
            and (needs_review(one, at) or (one.is_final and one.status == END_OF.get(now.state(reference), "FAILED")))
            for reference, one in now.stored.items()
        )

    def settle_the_rest(self) -> None:
        """Settle all transfers in review."""
        at = int(self.clock() * 1000)
        for reference in [one for one, kept in self.snapshot().stored.items() if needs_review(kept, at)]:
            assert self.settle(reference), f"I27: {reference} is in review and can't be settled"

    def plant(self, order: Order) -> str | None:
        """Write a due transfer like this one, as a newer version of the software would."""
        item = self.world.dynamodb.get_item(TableName=self._table_name, Key={"pk": {"S": items.key(order.reference)}})
        if "Item" not in item:
            return None
        reference, yesterday = f"NEWER-{order.reference}"[:64], int((self.clock() - 86_400) * 1000)
        newer: dict[str, Any] = dict(item["Item"]) | {
            "pk": {"S": items.key(reference)},
            "schema": {"N": "2"},
            "status": {"S": "SCHEDULED"},
            "history": {"M": {"packed": {"S": "another form"}}},
            "createdAt": {"N": str(yesterday)},
            "day": {"S": items.day_partition(day_of(yesterday), items.shard(reference, items.WRITTEN_DAY_SHARDS))},
            "nextCheckAt": {"N": str(yesterday)},
            "dueShard": {"S": items.shard(reference, WRITTEN_SHARDS)},
        }
        self.world.dynamodb.put_item(TableName=self._table_name, Item=newer)
        self.memory.planted |= {reference: self.snapshot().planted[reference]}
        return reference

    def mark(self, order: Order) -> None:
        """Add an observation and an attribute to this transfer, as a newer version of the software would."""
        setting = "SET history = list_append(history, :seen), newAttribute = :kept, version = version + :one"
        seen = {
            "at": {"N": str(int(self.clock() * 1000))},
            "is": {"S": "RESENT"},
            "newField": {"S": "x"},
        }
        self.world.dynamodb.update_item(
            TableName=self._table_name,
            Key={"pk": {"S": items.key(order.reference)}},
            UpdateExpression=setting,
            ExpressionAttributeValues={":seen": {"L": [{"M": seen}]}, ":kept": {"S": "kept"}, ":one": {"N": "1"}},
        )
        self.memory.marked.add(order.reference)

    @property
    def _table_name(self) -> str:
        return self.world.environment["TABLE_NAME"]

    def retry_refused(self) -> None:
        """Repeat the requests that a limit or the stop refused, one a day. Each must succeed."""
        self.turn(stopped=False)
        waiting = [order for order in self.orders if order.refused and not order.acknowledged]
        for order in filter(self.rails.limits.ever_allow, waiting):
            self.clock.advance(_DAY_AND_AN_HOUR)
            if "sessionId" in order.body:
                self.inquire(order)
            self.create(order)
            assert order.acknowledged, f"I23: {order} is still refused"
        self._let_days_pass(_HEALTHY_TICKS if waiting else 0)

    def _let_days_pass(self, days: int) -> None:
        for _ in range(days):
            self.clock.advance(_DAY_AND_AN_HOUR)
            self.world.tick()
