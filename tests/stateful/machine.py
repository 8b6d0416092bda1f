"""The state machine: rules for every event of a deployment, and the invariants after each step."""

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from local.in_process.backing_services import BackingServices
from local.in_process.clients import given_back
from payouts.domain.days import day_of
from tests.stateful import faults, invariants, rails
from tests.stateful.merchant import Merchant, Start
from tests.stateful.notifications import FORGERIES, Notification, claiming, forged, of_doku, replayed
from tests.stateful.orders import FATES, Order
from tests.stateful.snapshot import Snapshot
from tests.support.harness import World

_LONGEST = 8 * 24 * 3600
"""Maximum seconds of an example: queues must keep their messages, for 14 days, until its end."""
_PATIENCE = 11
"""Hourly rounds after which a message that can't be applied is in the dead-letter queue."""
_LEAPS = (1, 30, 61, 300, 660, 1800, 3600, 7200, 25 * 3600, _LONGEST - 3600)
ORDERS = st.builds(
    Order.of,
    fate=st.sampled_from(sorted(FATES)),
    identity=st.sampled_from(["reference", "key", "both"]),
    amount=st.integers(10_000, 900_000),
    caller=st.sampled_from(["frontend-1", "frontend-2", None]),
)
FAULTS = st.one_of(
    st.none(), faults.OF_TRANSFERS, faults.OF_AWS, faults.LATE, faults.LIES, faults.LOST, faults.REFUSED_AND_EXECUTED
)
WISHES = st.tuples(ORDERS, st.booleans(), FAULTS)
"""An order, whether an inquiry precedes it, and a fault."""
MEANWHILE = st.sampled_from(["replay", "tick", "pump", "check", "stop"])

Wish = tuple[Order, bool, faults.Fault | None]


class Counted:
    """Numbers of examples, steps and refusals over all machines of a run."""

    def __init__(self) -> None:
        self.examples = 0
        self.steps = 0
        self.met: Counter[rails.Met] = Counter()


class Payouts(RuleBasedStateMachine):
    """One example: a deployment from its first request until all transfers are final or settled."""

    orders = Bundle("orders")

    def __init__(self, backing_services: BackingServices, start: Start, counted: Counted) -> None:
        super().__init__()
        self._deploy = partial(Merchant, backing_services, start)
        self.counted = counted
        self.passed = 0
        """Seconds by which the clock was advanced."""
        counted.examples += 1
        self._sessions = ExitStack()
        self._sessions.enter_context(given_back())

    @initialize(
        target=orders,
        limits=rails.LIMITS,
        one=WISHES,
        another=WISHES,
        together=st.booleans(),
        duplicate_check=st.booleans(),
    )
    def begin(
        self, limits: rails.Limits, one: Wish, another: Wish, together: bool, duplicate_check: bool
    ) -> MultipleResults[Order]:
        """A deployment with two transfers, at once or one after the other, at a DOKU that may lack a duplicate check.

        A limit that has room for one of them matters most if they are created at once.
        """
        self.merchant = self._deploy(limits, duplicate_check)
        self.now = self.merchant.snapshot()
        if together:
            self._want(*one[:2])
            self._want(*another[:2])
            self._at_once(one[0], another[0], "replay")
            return multiple(one[0], another[0])
        return multiple(self._created(*one), self._created(*another))

    # --- the merchant

    @rule(target=orders, wish=WISHES)
    def create(self, wish: Wish) -> Order:
        return self._created(*wish)

    def _created(self, order: Order, session: bool, fault: faults.Fault | None) -> Order:
        self._want(order, session)
        if fault is not None:
            fault.strike(self.merchant)
        self.merchant.create(order)
        return order

    def _want(self, order: Order, session: bool) -> None:
        if session:
            self.merchant.inquire(order)
        self.merchant.orders.append(order)

    @rule(target=orders, order=ORDERS, session=st.booleans(), what=MEANWHILE)
    def create_contended(self, order: Order, session: bool, what: str) -> Order:
        """Before one environment writes a new transfer, another one acts on the same transfer."""
        self._want(order, session)
        self._at_once(order, order, what)
        return order

    @rule(target=orders, order=ORDERS, other=ORDERS, session=st.booleans())
    def create_two_at_once(self, order: Order, other: Order, session: bool) -> MultipleResults[Order]:
        """A second request arrives before the first one's conditional create; a daily limit may have room for one."""
        self._want(order, session)
        self._want(other, session)
        self._at_once(order, other, "replay")
        return multiple(order, other)

    @rule(order=orders)
    def ask_again(self, order: Order) -> None:
        """I8: the same request returns the same transfer."""
        existed = order.reference in self.now.items
        answer = self.merchant.create(order)
        if existed and answer is not None and not self.merchant.faulty:
            assert answer.status in (201, 202), f"I8: {answer}"
            assert answer.headers.get("Idempotency-Replayed") == "true", "I8"
            assert answer.body["amount"] == order.body["amount"], "I8"

    @rule(order=orders)
    def ask_for_something_else_under_the_same_key(self, order: Order) -> None:
        """I8, I2: another request is refused and changes nothing."""
        before = self.now
        if order.reference not in before.items:
            return
        answer = self.merchant.create(order, body=order.with_another_amount)
        assert answer is None or answer.status in (409, 429, 503), f"I8: {answer}"
        if "Idempotency-Key" in order.headers and "partnerReferenceNo" in order.body:
            other = {**order.body, "partnerReferenceNo": f"{order.reference}-other"}
            refused = self.merchant.attempt(lambda: self.merchant.world.create(other, headers=order.headers))
            assert refused is None or refused.status in (409, 429, 503), f"I2: {refused}"
        after = self.merchant.snapshot()
        assert after.items == before.items, "I8"
        assert after.requests("transfer") == before.requests("transfer"), "I8"

    @rule(order=orders, how=st.sampled_from(["look", "refresh", "check"]))
    def look(self, order: Order, how: str) -> None:
        if how == "check":
            self.merchant.check_status(order.reference)
            return
        answer = self.merchant.attempt(lambda: self.merchant.world.get(order.reference, refresh=how == "refresh"))
        assert answer is None or answer.status == 200 or not order.acknowledged or self.merchant.faulty, f"I3: {answer}"

    # --- DOKU sends a notification

    def _announced(self, number: int, **changes: str) -> Notification | None:
        """One of DOKU's notifications; some minutes later if there is none yet. None if there still is none."""
        if not self.merchant.doku.ledger()["notifications"]:
            self.time_goes_by(301)
        announced, secret = self.merchant.doku.ledger()["notifications"], self.merchant.secret()
        if not announced:
            return None
        return of_doku(announced[number % len(announced)], secret["agentKey"], secret["notificationKey"], **changes)

    @rule(number=st.integers(0, 7), times=st.integers(1, 3))
    def deliver(self, number: int, times: int) -> None:
        """Deliver notifications in any order, more than once."""
        notification = self._announced(number)
        if notification is None:
            return
        for _ in range(times):
            self.merchant.notify(notification)
        self.merchant.notifications.append(notification)

    @precondition(lambda self: self.merchant.notifications)
    @rule(number=st.integers(0, 7))
    def replay(self, number: int) -> None:
        """Deliver an earlier notification again. Its key may have been replaced since."""
        earlier = self.merchant.notifications
        self.merchant.notify(earlier[number % len(earlier)])

    @rule(number=st.integers(0, 7), status=st.sampled_from(["50", "35", "20", "40", "99"]))
    def alter(self, number: int, status: str) -> None:
        """Another body with a valid signature, which does not cover it."""
        if changed := self._announced(number, transactionStatus=status):
            self.merchant.notify(changed)
            self.merchant.pump()

    @rule(number=st.integers(0, 7))
    def alter_what_was_kept(self, number: int) -> None:
        """Another body with the headers of an earlier notification is refused and not queued."""
        true = self._announced(number)
        if true is None or self.merchant.notify(true) != 200:
            return
        items, messages = self.merchant.snapshot().items, self.merchant.world.messages()
        status = self.merchant.notify(replayed(true))
        assert status in (None, 401) or (self.merchant.faulty and status in (500, 503)), f"I9: {status}"
        assert self.merchant.snapshot().items == items, "I9"
        assert self.merchant.world.messages() == messages, "I9"

    @rule(order=orders, status=st.sampled_from(["50", "35", "40"]))
    def claim(self, order: Order, status: str) -> None:
        """DOKU sends a notification about a transfer, preferably one in doubt, and never confirms it."""
        statuses = self.merchant.memory.statuses
        order = next((one for one in self.merchant.orders if statuses.get(one.reference) == "IN_DOUBT"), order)
        if order.reference in self.now.items:
            secret = self.merchant.secret()
            self.merchant.notify(claiming(order.reference, status, secret["agentKey"], secret["notificationKey"]))
            self.merchant.pump()

    @rule(number=st.integers(0, 7), how=st.sampled_from(FORGERIES))
    def forge(self, number: int, how: str) -> None:
        before, true, messages = self.now, self._announced(number), self.merchant.world.messages()
        if true is None:
            return
        status = self.merchant.notify(forged(true, how))
        assert status in (None, 401) or (self.merchant.faulty and status == 503), f"I9: {status}"
        assert self.merchant.snapshot().items == before.items, "I9"
        assert self.merchant.world.messages() == messages, "I9"

    # --- the schedule, the queue and operators

    @rule(number=st.none() | st.integers(0, 7))
    def pump(self, number: int | None) -> None:
        if number is not None:
            self.deliver(number, 1)
        self.merchant.pump()

    @rule(rival=st.booleans())
    def tick(self, rival: bool) -> None:
        """I12: with `rival`, another invocation comes before the first one has recorded an answer.

        By clocks that are apart each of the two may come in a slot of its own, or take the lease as ended. A lease that
        could not be stored stops nobody.
        """
        before, unsure = self.now.answered("status"), self.merchant.skewed or self.merchant.faulty
        self.merchant.interrupt(self.merchant.tick if rival else None)
        self.merchant.tick()
        self.merchant.interrupt(None)
        asked = self.merchant.snapshot().answered("status") - before
        slots = 2 if rival and unsure else 1
        assert max(asked.values(), default=0) <= slots, f"I12: asked more than once in a slot: {asked}"

    @rule(order=orders, again=orders, what=MEANWHILE)
    def ask_contended(self, order: Order, again: Order, what: str) -> None:
        """The same for an existing transfer, and perhaps another one."""
        self._at_once(order, again, what)

    def _at_once(self, order: Order, again: Order, what: str) -> None:
        actions: dict[str, Callable[[World], Any]] = {
            "replay": lambda world: self.merchant.create(again, world),
            "tick": self.merchant.tick,
            "pump": self.merchant.pump,
            "check": lambda world: self.merchant.check_status(again.reference, world),
            "stop": lambda _: self.merchant.turn(stopped=True),
        }
        self.merchant.interrupt(actions[what])
        self.merchant.create(order)
        self.merchant.check_status(order.reference)
        self.merchant.interrupt(None)

    @rule(order=orders, what=st.sampled_from(["redrive", "settle", "restart", "restart early", "restart late"]))
    def operate(self, order: Order, what: str) -> None:
        if what == "redrive":
            self.merchant.redrive()
        elif what == "settle":
            self.merchant.settle(order.reference)
        else:
            self.merchant.restart({"restart early": -100.0, "restart late": 100.0}.get(what, 0.0))

    @rule(stopped=st.booleans(), seconds=st.sampled_from((0, 29, 36)))
    def turn_the_switch(self, stopped: bool, seconds: int) -> None:
        """Stop or start new transfers."""
        self.merchant.turn(stopped)
        self.time_goes_by(seconds)

    # --- time and faults

    @rule(seconds=st.sampled_from(_LEAPS))
    def time_goes_by(self, seconds: int) -> None:
        seconds = min(seconds, _LONGEST - self.passed)
        self.passed += seconds
        self.merchant.clock.advance(seconds)

    @rule(seconds=st.sampled_from((-40, 1, 300)))
    def midnight_comes(self, seconds: int) -> None:
        """The end of a day of the limits in WIB; with a wrong clock, perhaps not yet or already."""
        self.time_goes_by(max(0, rails.until_midnight(self.merchant.clock()) + seconds))

    @rule()
    def patience_runs_out(self) -> None:
        """Messages that can't be applied for hours move to the dead-letter queue."""
        for _ in range(_PATIENCE if self.merchant.world.messages() else 0):
            self.time_goes_by(3601)
            self.merchant.pump()

    @rule(fault=st.one_of(faults.OF_TRANSFERS, faults.OF_QUESTIONS, faults.OF_AWS, faults.OUTAGES, faults.OF_KEYS))
    def something_breaks(self, fault: faults.Fault) -> None:
        fault.strike(self.merchant)

    @rule(fault=st.one_of(faults.LIES, faults.LATE))
    def doku_lies(self, fault: faults.Fault) -> None:
        fault.strike(self.merchant)

    @rule()
    def doku_comes_up(self) -> None:
        self.merchant.doku.heal()

    @rule(order=orders, says=st.sampled_from(["06", "06", "03", "04"]))
    def doku_contradicts_itself(self, order: Order, says: str) -> None:
        """DOKU reports another status than the true one, once."""
        said = {"partnerReferenceNo": order.reference, "latestTransactionStatus": says}
        self.merchant.doku.fault("status", "status-says", **said)
        self.merchant.check_status(order.reference)

    # --- two versions of the software with one table

    @rule(order=orders)
    def a_newer_version_writes(self, order: Order) -> None:
        """A newer version writes an item. It is shown, and does not stop lists, the report or the poller."""
        if self.merchant.faulty or (reference := self.merchant.plant(order)) is None:
            return
        world = self.merchant.world
        self.merchant.tick()
        assert self.merchant.snapshot().planted == self.merchant.memory.planted, "I26: a tick changed a newer item"
        path = f"/v1/transfers/{reference}"
        for method, path_, wanted in (("GET", path, 200), ("POST", f"{path}/status-checks", 503)):
            answer = self.merchant.attempt(partial(world.request, method, path_))
            assert answer is None or answer.status in (wanted, 503), f"I26: {answer}"
        yesterday = day_of(int((self.merchant.clock() - 86_400) * 1000))
        page = self.merchant.attempt(lambda: world.request("GET", "/v1/transfers", query={"day": yesterday}))
        assert page is None or page.status == 200, f"I26: {page}"
        assert page is None or reference in str(page.body), "I26: the list lacks an item of a newer version"

    @rule(order=orders)
    def a_newer_version_adds(self, order: Order) -> None:
        """A newer version adds an observation and an attribute that this version does not know."""
        if order.reference in self.now.items:
            self.merchant.mark(order)

    # --- invariants

    @invariant()
    def invariants_hold(self) -> None:
        self.counted.steps += 1
        self.now = self._checked()

    def _checked(self) -> Snapshot:
        now = self.merchant.snapshot()
        self.merchant.listen(now)
        invariants.check(now, self.merchant.orders, self.merchant.memory)
        self.merchant.rails.check(now, self.merchant.orders)
        return now

    def teardown(self) -> None:
        """Heal all faults and let time pass, unless an invariant is broken already."""
        with self._sessions:
            if sys.exception() is None:
                self._end()

    def _end(self) -> None:
        self.merchant.converge(look=self._checked)
        invariants.check_attention(self._checked(), self.merchant.memory, self.merchant.clock())
        self.merchant.settle_the_rest()
        invariants.check_converged(self._checked(), self.merchant.memory)
        self.merchant.retry_refused()
        invariants.check_converged(self._checked(), self.merchant.memory)
        self.counted.met += self.merchant.rails.met
