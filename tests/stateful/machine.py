"""Everything that may happen to a deployment, in any order (Hypothesis draws it), and what must hold after each step."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.harness import World, inquiry_of
from tests.stateful import invariants
from tests.stateful.callbacks import FORGERIES, Callback, forged, of_doku
from tests.stateful.merchant import OPERATIONS, Merchant, Start
from tests.stateful.orders import FATES, Order
from tests.surroundings import Surroundings

_TRANSFER_FAULTS = (
    *("error-before", "error-after", "reset-before", "reset-after", "reset-mid-body", "garbage", "truncated", "empty"),
    *("in-progress", "throttled", "redirect", "unauthorized", "maintenance", "wrong-reference", "wrong-amount"),
)
_QUESTION_FAULTS = ("error-before", "error-after", "reset-before", "reset-mid-body", "garbage", "unauthorized", "throttled")
_AWS = (
    *("PutItem", "UpdateItem", "GetItem", "Query", "SendMessage", "ChangeMessageVisibility", "GetSecretValue"),
)
_LONGEST = 8 * 24 * 3600
"""Seconds that may go by in an example: what queues keep for 14 days must outlast its end, too."""
_PATIENCE = 11
"""Rounds of an hour after which a message that can't be applied is dead."""
_KEYS = ("0123456789abcdef", "00112233445566778899aabb", "ffeeddccbbaa99887766554433221100")


class Counted:
    """Examples and steps, over all machines of a run."""

    examples = 0
    steps = 0


class Payouts(RuleBasedStateMachine):
    """One example: a deployment from its first request until everything has come to its end."""

    orders = Bundle("orders")

    def __init__(self, surroundings: Surroundings, start: Start, counted: Counted) -> None:
        super().__init__()
        self.merchant = Merchant(surroundings, start)
        self.counted = counted
        self.passed = 0
        self.meanwhile: Callable[[World], None] | None = None
        counted.examples += 1

    # --- the merchant

    @rule(
        target=orders,
        fate=st.sampled_from(sorted(FATES)),
        identity=st.sampled_from(["reference", "key", "both"]),
        amount=st.integers(10_000, 900_000),
        session=st.booleans(),
    )
    def create(self, fate: str, identity: str, amount: int, session: bool) -> Order:
        order = Order.of(fate, identity, amount)
        if session:
            inquire = lambda: self.merchant.world.request("POST", "/v1/account-inquiries", inquiry_of(order.body))  # noqa: E731
            inquired = self.merchant.attempt(inquire)
            if inquired is not None and inquired.status == 200:
                order.body["sessionId"] = inquired.body["sessionId"]
        self.merchant.orders.append(order)
        self.merchant.create(order)
        return order

    @rule(order=orders)
    def ask_again(self, order: Order) -> None:
        """I8: the same request, the same transfer."""
        stood = self.merchant.world.stored(order.reference)
        answer = self.merchant.create(order)
        if stood is not None and answer is not None and answer.status in (201, 202):
            assert answer.headers.get("Idempotency-Replayed") == "true"
            assert answer.body["amount"] == order.body["amount"]

    @rule(order=orders)
    def ask_for_something_else_under_the_same_key(self, order: Order) -> None:
        """I8, I2: refused, and nothing changes."""
        before = self.merchant.snapshot()
        if order.reference not in before.items:
            return
        answer = self.merchant.create(order, body=order.with_another_amount)
        assert answer is None or answer.status in (409, 429, 503), answer
        if "Idempotency-Key" in order.headers and "partnerReferenceNo" in order.body:
            other = {**order.body, "partnerReferenceNo": f"{order.reference}-other"}
            refused = self.merchant.attempt(lambda: self.merchant.world.create(other, headers=order.headers))
            assert refused is None or refused.status in (409, 429, 503), refused
        after = self.merchant.snapshot()
        assert after.items == before.items
        assert after.requests("transfer") == before.requests("transfer")

    @rule(order=orders, refresh=st.booleans())
    def look(self, order: Order, refresh: bool) -> None:
        answer = self.merchant.attempt(lambda: self.merchant.world.get(order.reference, refresh))
        assert answer is None or answer.status == 200 or not order.acknowledged or self.merchant.faulty, answer

    @rule(order=orders)
    def check_status(self, order: Order) -> None:
        path = f"/v1/transfers/{order.reference}/status-checks"
        self.merchant.attempt(lambda: self.merchant.world.request("POST", path))

    # --- DOKU calls back

    def _announced(self, number: int, **changes: str) -> Callback | None:
        """One of DOKU's announcements so far; None while there is none."""
        announced = self.merchant.doku.ledger()["notifications"]
        secret = self.merchant.secret()
        if not announced:
            return None
        return of_doku(announced[number % len(announced)], secret["agentKey"], secret["notificationKey"], **changes)

    @rule(number=st.integers(0, 7), times=st.integers(1, 3))
    def deliver(self, number: int, times: int) -> None:
        """In any order, more than once."""
        callback = self._announced(number)
        if callback is None:
            return
        for _ in range(times):
            self.merchant.call_back(callback)
        self.merchant.callbacks.append(callback)

    @precondition(lambda self: self.merchant.callbacks)
    @rule(number=st.integers(0, 7))
    def replay(self, number: int) -> None:
        """Something that was said before, however long ago; its key may have been replaced since."""
        callbacks = self.merchant.callbacks
        self.merchant.call_back(callbacks[number % len(callbacks)])

    @rule(number=st.integers(0, 7), status=st.sampled_from(["50", "35", "20", "40", "99"]))
    def alter(self, number: int, status: str) -> None:
        """Another body under a true signature, which does not cover it (DESIGN 2.7)."""
        if changed := self._announced(number, transactionStatus=status):
            self.merchant.call_back(changed)

    @rule(number=st.integers(0, 7), how=st.sampled_from(FORGERIES))
    def forge(self, number: int, how: str) -> None:
        """I9."""
        before, true = self.merchant.snapshot(), self._announced(number)
        if true is None:
            return
        status = self.merchant.call_back(forged(true, how))
        assert status in (None, 401) or (self.merchant.faulty and status == 503), status
        after = self.merchant.snapshot()
        assert (after.items, after.waiting) == (before.items, before.waiting)

    # --- the schedule, the queue and operators

    @rule()
    def pump(self) -> None:
        self.merchant.pump()

    @rule(rival=st.booleans())
    def tick(self, rival: bool) -> None:
        """I12: with `rival`, another poller has its whole tick between the first one's look at the index and its claim."""
        before = self.merchant.snapshot().answered("status")
        if rival:
            self.meanwhile = lambda world: self._tick(world)
        self._tick()
        self.meanwhile = None
        asked = self.merchant.snapshot().answered("status") - before
        assert max(asked.values(), default=0) <= 1, f"I12: asked more than once in a slot: {asked}"

    def _tick(self, world: World | None = None) -> None:
        self._watched()
        self.merchant.attempt((world or self.merchant.world).tick)

    @rule()
    def redrive(self) -> None:
        self.merchant.redrive()

    @rule(order=orders)
    def settle(self, order: Order) -> None:
        self.merchant.settle(order.reference)

    @rule(skew=st.sampled_from([0.0, -100.0, 100.0]))
    def cold_start(self, skew: float) -> None:
        """27: on a machine whose clock is off."""
        self.merchant.restart(skew)

    # --- at the same time

    @rule(order=orders, again=orders, what=st.sampled_from(["replay", "tick", "pump", "check"]))
    def at_once(self, order: Order, again: Order, what: str) -> None:
        """Before a write of a transfer by one environment, another one does something about the same or another."""
        actions: dict[str, Callable[[World], Any]] = {
            "replay": lambda world: self.merchant.create(again, world),
            "tick": lambda world: self.merchant.attempt(world.tick),
            "pump": self.merchant.pump,
            "check": lambda world: world.request("POST", f"/v1/transfers/{again.reference}/status-checks"),
        }
        self.meanwhile, self.merchant.contended = actions[what], True
        self._watched()
        self.merchant.create(order)
        self.merchant.attempt(lambda: self.merchant.world.get(order.reference, refresh=True))
        self.meanwhile, self.merchant.contended = None, False

    def _watched(self) -> None:
        def watch(operation: str, body: str) -> None:
            if self.meanwhile and operation in ("PutItem", "UpdateItem") and '"TRANSFER#' in body:
                action, self.meanwhile = self.meanwhile, None
                action(self.merchant.rival())

        self.merchant.world.faults.watch = watch

    # --- time and faults

    @rule(seconds=st.sampled_from([1, 30, 61, 300, 660, 1800, 3600, 7200, 6 * 3600, 25 * 3600, 8 * 24 * 3600 - 60]))
    def time_goes_by(self, seconds: int) -> None:
        seconds = min(seconds, _LONGEST - self.passed)
        self.passed += seconds
        self.merchant.clock.advance(seconds)

    @rule()
    def patience_runs_out(self) -> None:
        """46: what can't be applied for hours ends in the dead-letter queue."""
        for _ in range(_PATIENCE if self.merchant.world.messages() else 0):
            self.time_goes_by(3601)
            self.merchant.pump()

    @rule(operation=st.sampled_from(["transfer", "transfer", "status", "inquiry", "token"]), data=st.data())
    def doku_errs(self, operation: str, data: st.DataObject) -> None:
        kinds = _TRANSFER_FAULTS if operation == "transfer" else _QUESTION_FAULTS
        kind, times = data.draw(st.sampled_from(kinds)), data.draw(st.integers(1, 3))
        self.merchant.doku.fault(operation, kind, times=times)
        self.merchant.memory.tokens_disturbed |= operation == "token"

    @rule(kind=st.sampled_from(["reset-before", "maintenance", "error-after"]))
    def doku_goes_down(self, kind: str) -> None:
        """52."""
        for operation in OPERATIONS:
            self.merchant.doku.fault(operation, kind, times=None)
        self.merchant.memory.tokens_disturbed = True

    @rule()
    def doku_comes_up(self) -> None:
        self.merchant.doku.heal()

    @rule(order=orders)
    def doku_contradicts_itself(self, order: Order) -> None:
        """21: a paid transfer is said to have failed, once."""
        if self.merchant.memory.statuses.get(order.reference) != "SUCCESS":
            return
        said = {"partnerReferenceNo": order.reference, "latestTransactionStatus": "06"}
        self.merchant.doku.fault("status", "status-says", **said)
        self.check_status(order)

    @rule(operation=st.sampled_from(_AWS), kind=st.sampled_from(["throttle", "lose", "crash before", "crash after"]))
    def aws_errs(self, operation: str, kind: str) -> None:
        faults = self.merchant.world.faults
        act = {
            "throttle": faults.throttle,
            "lose": faults.lose_reply,
            "crash before": faults.crash_before,
            "crash after": faults.crash_after,
        }
        act[kind](operation)
        self.merchant.faulty = self.merchant.memory.tokens_disturbed = True

    @rule(members=st.sampled_from(["clientSecret", "notificationKey"]), number=st.integers(0, 2))
    def rotate_the_secret(self, members: str, number: int) -> None:
        """63."""
        value = _KEYS[number] if members == "notificationKey" else f"SK-rotated-{number}"
        self.merchant.put_secret({**self.merchant.secret(), members: value})
        self.merchant.doku.rotate(**{members: value})
        self.merchant.memory.tokens_disturbed = True

    @rule()
    def tokens_expire(self) -> None:
        self.merchant.doku.expire_tokens()

    # --- what holds

    @initialize()
    def begin(self) -> None:
        self.merchant.memory.tokens_disturbed = False

    @invariant()
    def invariants_hold(self) -> None:
        self.counted.steps += 1
        invariants.check(self.merchant.snapshot(), self.merchant.orders, self.merchant.memory)

    def teardown(self) -> None:
        """Heal everything and let time pass."""
        self.merchant.converge()
        now = self.merchant.snapshot()
        invariants.check(now, self.merchant.orders, self.merchant.memory)
        invariants.check_converged(now, self.merchant.memory)
