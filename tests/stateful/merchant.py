"""A deployment that is called, crashes, and is started again; what was seen of it is remembered.

The machine's rules are in `machine`; here is what they have in common.
"""

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from payouts.errors import PayoutError
from payouts.settle import settle
from payouts.transfer import Status
from tests.harness import Answer, Crash, World, inquiry_of
from tests.stateful.callbacks import Callback
from tests.stateful.invariants import END_OF, Memory
from tests.stateful.orders import Order
from tests.stateful.snapshot import Snapshot
from tests.surroundings import Surroundings
from tools.redrive import move

T = TypeVar("T")
Start = Callable[[Surroundings, float], World]
"""A cold start, with a clock so many seconds off."""
_LAPSE = 6.0
"""Seconds from a crash to the next cold start: a token's lock, which the dead may have held, has lapsed by then."""
_DAY_AND_AN_HOUR = 25 * 3600
_TICKS = 6
"""A day apart: an open transfer is due at each, and "not found" proves something at the third."""


class Merchant:
    """The functions over one table, one DOKU and one clock, in the merchant's and DOKU's hands."""

    def __init__(self, surroundings: Surroundings, start: Start) -> None:
        self._surroundings, self._start = surroundings, start
        self.clock, self.doku = surroundings.clock, surroundings.doku
        self.orders: list[Order] = []
        self.callbacks: list[Callback] = []
        self.memory = Memory()
        self.faulty = False
        """Whether AWS was made to fail since the last cold start."""
        self.hidden = False
        """Whether DOKU has denied its transfers for a while."""
        self.contended = False
        """Whether another environment may act in the middle of a call."""
        surroundings.tidy()
        self.world = start(surroundings, 0.0)
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
        self.memory.tokens_disturbed |= skew != 0.0

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
        sent = len(self._sent(order))
        answer = self.attempt(lambda: (world or self.world).create(body or order.body, headers=order.headers))
        if answer is None:
            return None
        if answer.status in (201, 202):
            assert answer.body["partnerReferenceNo"] == order.reference, "I8: another transfer"
            order.acknowledged = True
        elif not self.contended:
            assert len(self._sent(order)) == sent, f"{order} was sent and answered {answer.status}"
        return answer

    def _sent(self, order: Order) -> list[Any]:
        return self.world.sent(order.reference)

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
        """Heal everything and let time pass until nothing is open or unsaid."""
        self.doku.heal()
        self.restart()
        for _ in range(_TICKS):
            self.clock.advance(_DAY_AND_AN_HOUR)
            self.world.tick()
        for reference in [one for one, kept in self.snapshot().stored.items() if kept.status is Status.DISPUTED]:
            assert self.settle(reference)
        self.redrive()
        self.pump()
