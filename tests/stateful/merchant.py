"""A deployment that is called, crashes, and is started again; what was seen of it is remembered.

The machine's rules are in `machine`; here is what they have in common.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from payouts.errors import PayoutError
from payouts.settle import settle
from payouts.store import items
from payouts.store.switch import SwitchStore, Turned
from payouts.store.table import Table
from payouts.transfer import Status
from tests.harness import Answer, Crash, World, inquiry_of
from tests.stateful.callbacks import Callback
from tests.stateful.invariants import END_OF, Memory
from tests.stateful.orders import Order
from tests.stateful.rails import Limits, Met, Rails, Stop, refused_by, until_midnight
from tests.stateful.snapshot import Snapshot
from tests.surroundings import Surroundings
from tools.redrive import move

T = TypeVar("T")
Start = Callable[[Surroundings, float], World]
"""A cold start, with a clock so many seconds off."""
_LAPSE = 6.0
"""Seconds from a crash to the next cold start: a token's lock, which the dead may have held, has lapsed by then."""
_DAY_AND_AN_HOUR = 25 * 3600
_EIGHT = 8 * 3600
_TICKS = 6
"""A day apart: an open transfer is due at each, and "not found" proves something at the third."""
_HEALTHY_TICKS = 2
"""The same where DOKU answers: one sees the payment, the next one a refund."""


class Merchant:
    """The functions over one table, one DOKU and one clock, in the merchant's and DOKU's hands."""

    def __init__(self, surroundings: Surroundings, start: Start, limits: Limits) -> None:
        environment = {**surroundings.environment, **limits.environment}
        self._surroundings, self._start = replace(surroundings, environment=environment), start
        self.clock, self.doku = surroundings.clock, surroundings.doku
        self.orders: list[Order] = []
        self.callbacks: list[Callback] = []
        self.memory = Memory()
        self.rails = Rails(limits)
        self.faulty = False
        """Whether AWS was made to fail since the last cold start."""
        self.hidden = False
        """Whether DOKU has denied its transfers for a while."""
        self.skewed = False
        """Whether the functions' clock is off, which the rival's never is."""
        self.contended = False
        """Whether another environment may act in the middle of a call."""
        surroundings.tidy()
        self.clock.advance(until_midnight(self.clock()) + _EIGHT)  # a history has the same midnights when played again
        self.world = start(self._surroundings, 0.0)
        for item in self.world.scan():
            key = {"pk": {"S": item["pk"]}}
            self.world.dynamodb.delete_item(TableName=self.world.environment["TABLE_NAME"], Key=key)

    def snapshot(self) -> Snapshot:
        """Both sides as they are now. Messages are counted where some should be there."""
        return Snapshot.take(self.world, count=self.memory.kept > self.memory.applied)

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
            self.restart()
            self.memory.tokens_disturbed = True  # one may have been minted and not shared
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
        """As nobody's client says whom a fault could befall."""
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
        self.memory.kept += answer.status == 200
        return answer.status

    def check_status(self, reference: str, world: World | None = None) -> None:
        """As whoever is impatient does."""
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
        if not SwitchStore(self._table).turn(Turned(stopped, "Dewi", "ticket 4711", int(before * 1000))):
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
        books = self.doku.ledger()["transfers"]
        state = next((one["state"] for one in books if one["partnerReferenceNo"] == reference), "FAILED")
        transfer = self.world.stored(reference)
        if state not in END_OF or transfer is None:
            return False
        try:
            settle(
                self.rival.store, transfer, Status(END_OF[state]), "Dewi", "as DOKU has it", int(self.clock() * 1000)
            )
        except PayoutError:
            return False
        self.memory.settled.add(reference)
        return True

    def converge(self) -> None:
        """Heal everything and let time pass until nothing is open or unsaid. What is stopped stays so."""
        self.doku.heal()
        self.restart()
        self.pump()  # the days to come may outlast the queue's 14
        self._let_days_pass(_TICKS)
        for reference in [one for one, kept in self.snapshot().stored.items() if kept.status is Status.DISPUTED]:
            assert self.settle(reference)
        self.redrive()
        self.pump()

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
