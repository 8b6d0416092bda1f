"""Random histories of webhooks: failures, crashes, duplicates, overtaking senders and time, then the invariants."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from local.in_process.backing_services import BackingServices
from local.in_process.webhooks import Webhooks, receiving
from tests.support.harness import Crash, World, order

OPERATIONS = ("GetItem", "SendMessage", "SendMessageBatch", "ChangeMessageVisibility", "UpdateItem", "DeleteMessage")
WAITS = (1, 6, 61, 301, 1_801, 7_201)
FATES: dict[str, dict[str, Any]] = {
    "paid": {},
    "paid later": {"beneficiaryAccountNumber": "8812345001", "channelCode": "07"},
    "failed": {"beneficiaryBankCode": "002", "beneficiaryAccountNumber": "8812345002", "channelCode": "07"},
}
_ROUNDS = 60
"""Hours after which everything is delivered once the receiver is well."""


class History(RuleBasedStateMachine):
    """One example: transfers that change, and a receiver and a sender that fail."""

    def __init__(self, services: BackingServices, start: Callable[[], World]) -> None:
        super().__init__()
        self._services, self._start = services, start
        self._closing = ExitStack()
        self.references: list[str] = []

    @initialize()
    def begin(self) -> None:
        self.world = self._start()
        self.webhooks: Webhooks = self._closing.enter_context(receiving(self._services, self.world))

    @rule(fate=st.sampled_from(sorted(FATES)))
    def create(self, fate: str) -> None:
        self.references.append(str(self.world.create(order(**FATES[fate])).body["partnerReferenceNo"]))

    @rule()
    def check_what_is_due(self) -> None:
        self.world.tick()

    @rule(seconds=st.sampled_from(WAITS))
    def let_time_pass(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule(count=st.sampled_from((0, 1, 2, 12)), status=st.sampled_from((500, 429, 302)))
    def fail(self, count: int, status: int) -> None:
        self.webhooks.inbox.fail(count, status)

    @rule(operation=st.sampled_from(OPERATIONS), after=st.booleans())
    def crash(self, operation: str, after: bool) -> None:
        """The sender dies before or after its next call of this operation, and starts again."""
        faults = self.world.faults
        (faults.crash_after if after else faults.crash_before)(operation)
        self.deliver()
        faults.before.clear()
        faults.after.clear()

    @rule()
    def deliver(self) -> None:
        try:
            self.webhooks.deliver()
        except Crash:
            self.webhooks.restart()

    @rule()
    def be_overtaken(self) -> None:
        """While a delivery is on its way, the transfers change and another sender delivers."""

        def overtake() -> None:
            self.world.clock.advance(120)  # less than the age at which a receiver refuses a signature
            self.world.tick()
            self.webhooks.deliver()

        self.webhooks.meanwhile.append(overtake)
        self.deliver()
        self.webhooks.meanwhile.clear()

    @precondition(lambda self: self.references)
    @rule(number=st.integers(0, 9), times=st.integers(1, 3))
    def replay(self, number: int, times: int) -> None:
        for _ in range(times):
            reference = self.references[number % len(self.references)]
            self.webhooks.send("WebhookReplay", partnerReferenceNo=reference)

    @rule()
    def catch_up(self) -> None:
        with suppress(Crash):
            self.webhooks.catch_up()

    def teardown(self) -> None:
        """Let the receiver be well and time pass; then every final status was delivered, the newest last."""
        if not hasattr(self, "webhooks"):
            return
        with self._closing:
            self.webhooks.inbox.fail(0)
            for _ in range(_ROUNDS):
                self.world.clock.advance(3_600)
                self.world.tick()
                self.webhooks.catch_up()
                self.webhooks.deliver()
                if self._is_quiet():
                    break
            self._check()

    def _is_quiet(self) -> bool:
        left = self.webhooks.waiting() + self.webhooks.set_aside()
        return not left and all(self.world.get(reference).body["final"] for reference in self.references)

    def _check(self) -> None:
        assert (self.webhooks.waiting(), self.webhooks.set_aside()) == (0, 0), "I28: messages are left"
        bodies: dict[str, set[str]] = defaultdict(set)
        for each in self.webhooks.inbox.state()["deliveries"]:
            assert each["verified"]
            bodies[each["headers"]["webhook-id"]].add(each["body"])
        assert all(len(found) == 1 for found in bodies.values()), "I31"
        last = {body["data"]["partnerReferenceNo"]: body["data"] for body in self.webhooks.bodies()}
        for reference in self.references:
            shown = self.world.get(reference).body
            assert reference in last, f"I28: nothing was delivered about {reference}, which is {shown['status']}"
            told = {name: last[reference][name] for name in ("status", "final", "nextAction", "referenceNo")}
            assert told == {name: shown[name] for name in told}, f"I29: {json.dumps(told)}"


@pytest.fixture
def start(backing_services: BackingServices, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], World]]:
    def cold_start() -> World:
        backing_services.reset()
        table = {"TABLE_NAME": backing_services.new_table()}
        for name, value in {**backing_services.environment, **table}.items():
            monkeypatch.setenv(name, value)
        return backing_services.start(table)

    yield cold_start
    backing_services.doku.heal()


@pytest.mark.covers("I28", "I29", "I30")
def test_no_history_loses_a_webhook(backing_services: BackingServices, start: Callable[[], World]) -> None:
    chosen = settings(
        max_examples=6,
        stateful_step_count=20,
        derandomize=True,
        phases=(Phase.generate,),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    machine: Any = lambda: History(backing_services, start)  # noqa: E731
    run_state_machine_as_test(machine, settings=chosen)
