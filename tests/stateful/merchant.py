"""A deployment that is called, crashes, and is started again; what was seen of it is remembered.

The machine's rules are in `machine`; here is what they have in common.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from local.aws.dead_letters import move
from local.in_process.backing_services import BackingServices
from payouts.domain.errors import PayoutError
from payouts.domain.schedule import needs_review
from payouts.domain.transfer import Status
from payouts.services.settle import settle
from payouts.store import items
from payouts.store.due_index import WRITTEN_SHARDS
from payouts.store.kill_switch import KillSwitchStore, Turned
from payouts.store.table import Table
from tests.stateful.callbacks import Callback
from tests.stateful.invariants import END_OF, Memory
from tests.stateful.orders import Order
from tests.stateful.rails import Limits, Met, Rails, Stop, refused_by, until_midnight
from tests.stateful.snapshot import Shelf, Snapshot
from tests.support.harness import Answer, Crash, World, inquiry_of

T = TypeVar("T")
Start = Callable[[BackingServices, float], World]
"""A cold start, with a clock so many seconds off."""
_LAPSE = 6.0
"""Seconds from a crash to the next cold start: a token's lock, which the dead may have held, has lapsed by then."""
_DAY_AND_AN_HOUR = 25 * 3600
_EIGHT = 8 * 3600
_TICKS = 18
"""So many ticks at most, a day apart: what is executed late, inferred before that and looked at again needs most."""
_HEALTHY_TICKS = 2
"""The same where DOKU answers: one sees the payment, the next one a refund."""


class Merchant:
    """The functions over one table, one DOKU and one clock, in the merchant's and DOKU's hands."""

    def __init__(self, backing_services: BackingServices, start: Start, limits: Limits, duplicate_check: bool) -> None:
        environment = {**backing_services.environment, **limits.environment}
        self._surroundings, self._start = replace(backing_services, environment=environment), start
        self.clock, self.doku = backing_services.clock, backing_services.doku
        self.orders: list[Order] = []
        self.callbacks: list[Callback] = []
        self.memory = Memory()
        self.rails = Rails(limits)
        self.faulty = False
        """Whether AWS was made to fail since the last cold start."""
        self.crashes = 0
        """How often a process died in a call."""
        self.skewed = False
        """Whether the functions' clock is off, which the rival's never is."""
        self.contended = False
        """Whether another environment may act in the middle of a call."""
        backing_services.tidy()
        self.doku.settings(duplicate_check=duplicate_check)
        self.clock.advance(until_midnight(self.clock()) + _EIGHT)  # a history has the same midnights when played again
        self.world = start(self._surroundings, 0.0)
        for item in self.world.scan():
            key = {"pk": {"S": item["pk"]}}
            self.world.dynamodb.delete_item(TableName=self.world.environment["TABLE_NAME"], Key=key)
        self._shelf = Shelf(self.world.environment["TABLE_NAME"])
        self._certain = self._condition

    def snapshot(self) -> Snapshot:
        """Both sides as they are now. Messages are counted where some should be there."""
        return Snapshot.take(self.world, self._shelf, count=self.memory.kept > self.memory.applied)

    @property
    def _condition(self) -> tuple[int, bool]:
        return self.crashes, self.faulty

    def listen(self, now: Snapshot) -> None:
        """Note what DOKU said since the last time, and whether the functions were sure to store it."""
        before, self._certain = self._certain, self._condition
        self.memory.listen(now, certain=before == self._certain == (self.crashes, False))

    def restart(self, skew: float = 0.0) -> None:
        """A cold start in place of the functions that ran; no fault of AWS outlives it."""
        self.world = self._start(self._surroundings, skew)
        self.faulty = False
        self.skewed = skew != 0.0
        self.memory.tokens_disturbed |= self.skewed

    @cached_property
    def rival(self) -> World:
        """Another environment of the same functions, which nothing befalls."""
        return self._start(self._surroundings, 0.0)

    def interrupt(self, action: Callable[[World], Any] | None) -> None:
        """Have the rival do this once, before the next write of a transfer leaves; None for nothing any more."""
        waiting = [action] if action else []
        self.contended = bool(action)

        def watch(operation: str, body: str) -> None:
            if waiting and operation in ("PutItem", "UpdateItem") and '"TRANSFER#' in body:
                waiting.pop()(self.rival)

        self.world.faults.watch = watch

    def attempt(self, call: Callable[[], T]) -> T | None:
        """What the call returns; None when the process died in it, and was started again."""
        try:
            return call()
        except Crash:
            self.clock.advance(_LAPSE)
            self.crashes += 1
            self.restart()
            self.memory.tokens_disturbed = True  # one may have been requested and not stored
            return None

    def create(self, order: Order, world: World | None = None, body: Any = None) -> Answer | None:
        """Ask for the transfer. An error is an answer only where nothing was sent."""
        sent, asked = len(self._sent(order)), body or order.body
        answer = self.attempt(lambda: (world or self.world).create(asked, headers=order.headers, caller=order.caller))
        if answer is None:
            return None
        if by := refused_by(answer):
            order.refused = True
            self.rails.met[by] += 1
            assert not self._is_stored(order), f"I23: {order} stands, and was answered {answer.body}"
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
        """Without a client, so that no fault strikes it."""
        return self._table.get(items.key(order.reference)) is not None

    @property
    def _table(self) -> Table:
        return Table(self.world.dynamodb, self.world.environment["TABLE_NAME"])

    def call_back(self, callback: Callback, world: World | None = None) -> int | None:
        """The receiver's HTTP status."""
        world = world or self.world
        answer = self.attempt(lambda: world.notify(callback.kind, callback.body, callback.headers))
        if answer is None:
            return None
        if answer.status == 200:
            self.memory.kept += 1
            self._note_claim(json.loads(callback.body))
        return answer.status

    def _note_claim(self, body: dict[str, Any]) -> None:
        named = body.get("sendTrxId")
        books = self.doku.ledger()["transfers"]
        owners = [one["partnerReferenceNo"] for one in books if one["referenceNo"] == body["transactionId"]]
        for reference in [named] if named else owners[:1]:
            self.memory.claims[reference].append(body.get("transactionStatus", "40"))

    def check_status(self, reference: str, world: World | None = None) -> None:
        """As an impatient client does."""
        path = f"/v1/transfers/{reference}/status-checks"
        self.attempt(lambda: (world or self.world).request("POST", path))

    def tick(self, world: World | None = None) -> None:
        """Once a minute, or when the rules say so."""
        self.attempt((world or self.world).tick)

    def inquire(self, order: Order) -> None:
        """Have the order name an account inquiry's session, if it can be had."""
        answer = self.attempt(lambda: self.world.request("POST", "/v1/account-inquiries", inquiry_of(order.body)))
        if answer is not None and answer.status == 200:
            order.body["sessionId"] = answer.body["sessionId"]

    def pump(self, world: World | None = None) -> None:
        """Let the processor have what is visible."""
        calling = world or self.world
        while (drained := self.attempt(lambda: calling.pump(batches=1))) and drained.batches:
            self.memory.applied += drained.succeeded

    def redrive(self) -> None:
        """As `make redrive` does it."""
        environment = self.world.environment
        move(self.world.sqs, environment["DEAD_LETTER_QUEUE_URL"], environment["NOTIFICATION_QUEUE_URL"])

    def turn(self, stopped: bool) -> None:
        """As `make stop-transfers` and `make start-transfers` do it."""
        before, stops = self.clock(), self.rails.stops
        if not KillSwitchStore(self._table).turn(Turned(stopped, "Dewi", "ticket 4711", int(before * 1000))):
            return
        if stopped:
            stops.append(Stop(self.clock()))
        elif stops:
            stops[-1].until = before

    def secret(self) -> dict[str, str]:
        """The merchant's secret as it is now."""
        found = self._surroundings.aws.secretsmanager.get_secret_value(SecretId=self._surroundings.secret_id)
        members: dict[str, str] = json.loads(found["SecretString"])
        return members

    def put_secret(self, members: dict[str, str]) -> None:
        """A new version of it."""
        text = json.dumps(members)
        self._surroundings.aws.secretsmanager.put_secret_value(SecretId=self._surroundings.secret_id, SecretString=text)

    def settle(self, reference: str) -> bool:
        """By hand, as DOKU's books have it. False where there is nothing to settle, or nothing known yet."""
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
        """Heal everything and let time pass until nothing is open or unsaid, and `look` at each day.

        What is stopped stays so.
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
        """Whether DOKU will do no more, and each transfer is as DOKU has it or up for review."""
        now, at = self.snapshot(), int(self.clock() * 1000)
        return all(
            not now.may_move(reference)
            and (needs_review(one, at) or (one.is_final and one.status == END_OF.get(now.state(reference), "FAILED")))
            for reference, one in now.stored.items()
        )

    def settle_the_rest(self) -> None:
        """By hand, what is up for review."""
        at = int(self.clock() * 1000)
        for reference in [one for one, kept in self.snapshot().stored.items() if needs_review(kept, at)]:
            assert self.settle(reference), f"I27: {reference} is up for review and can't be settled"

    def plant(self, order: Order) -> str | None:
        """Have a newer version of the software write another transfer like this one; it is due."""
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
            "day": {"S": items.day_partition(items.day(yesterday), items.shard(reference, items.WRITTEN_DAY_SHARDS))},
            "nextCheckAt": {"N": str(yesterday)},
            "dueShard": {"S": items.shard(reference, WRITTEN_SHARDS)},
        }
        self.world.dynamodb.put_item(TableName=self._table_name, Item=newer)
        self.memory.planted |= {reference: self.snapshot().planted[reference]}
        return reference

    def mark(self, order: Order) -> None:
        """Have a newer version of the software add an observation and an attribute of its own to this transfer."""
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

    def come_back(self) -> None:
        """Ask once more for what a limit or the stop refused, each on a day of its own: nothing is in the way now."""
        self.turn(stopped=False)
        waiting = [order for order in self.orders if order.refused and not order.acknowledged]
        for order in filter(self.rails.limits.ever_allow, waiting):
            self.clock.advance(_DAY_AND_AN_HOUR)
            if "sessionId" in order.body:
                self.inquire(order)
            self.create(order)
            assert order.acknowledged, f"I23: {order} was refused once and is for ever"
        self._let_days_pass(_HEALTHY_TICKS if waiting else 0)

    def _let_days_pass(self, days: int) -> None:
        for _ in range(days):
            self.clock.advance(_DAY_AND_AN_HOUR)
            self.world.tick()
