"""Random histories of batches: workers that die, people who change their minds, funds and faults of DOKU."""

import traceback
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from local.in_process.backing_services import BackingServices
from local.in_process.batches import CHECKER, MAKER, Batches
from tests.stateful.explore import cold_start
from tests.support.harness import Crash, new_reference, order

_MOST = 3
_ENOUGH, _LITTLE = "900000000.00", "300000.00"
_DEAD = 400
"""Seconds after which the lease of a worker that died has ended."""
_ENDS = {"DONE", "DONE_WITH_FAILURES", "CANCELLED", "REJECTED", "EXPIRED"}
_WAITS = {"READY", "NEEDS_ATTENTION", "PENDING_APPROVAL"}
_OPERATIONS = ("GetItem", "PutItem", "UpdateItem", "BatchGetItem", "TransactWriteItems", "SendMessageBatch")
_FAULTS = (
    *(("inquiry", "throttled"), ("balance", "error-before")),
    *(("transfer", "reset-after"), ("transfer", "throttled")),
)
_CHANGES = ("submission", "withdrawal", "pause", "resume", "cancellation", "checks")
_WHICH = st.integers(0, _MOST - 1)


@dataclass
class Known:
    """What the test knows about a batch."""

    reference: str
    rows: int
    digest: str = ""
    """Of the content that the checker has approved."""
    sent_when_cancelled: int = -1


class BatchHistories(RuleBasedStateMachine):
    """Rules for every event of batches."""

    def __init__(self, backing_services: BackingServices, counted: Counter[str]) -> None:
        super().__init__()
        backing_services.reset()
        self.world = cold_start(backing_services, 0.0)
        self.batches, self.known, self.counted = Batches.start(self.world), list[Known](), counted

    @rule(rows=st.integers(1, 3), twice=st.booleans(), released=st.booleans())
    def create(self, rows: int, twice: bool, released: bool) -> None:
        """Create a batch, perhaps by two copies of the request, and perhaps release it at once."""
        if len(self.known) < _MOST:
            self._create(rows, twice, released)

    @initialize(rows=st.integers(1, 3), released=st.booleans())
    def begin(self, rows: int, released: bool) -> None:
        """Begin with a batch."""
        self._create(rows, False, released)

    def _create(self, rows: int, twice: bool, released: bool) -> None:
        known = Known(new_reference().replace("PAY", "BATCH"), rows)
        body = {name: value for name, value in order().items() if name != "partnerReferenceNo"}
        for _ in range(1 + twice):
            self.batches.create(known.reference, *[body] * rows)
        self.known.append(known)
        if released:
            self._release(known)

    @rule(which=_WHICH)
    def release(self, which: int) -> None:
        """The usual way: check, submit and approve."""
        for known in self.known[which : which + 1]:
            self._release(known)

    @rule(which=_WHICH, what=st.sampled_from(_CHANGES))
    def change(self, which: int, what: str) -> None:
        """Submit, withdraw, pause, resume, cancel, or check again. Much of it is refused."""
        for known in self.known[which : which + 1]:
            if self.batches.request("POST", f"{known.reference}/{what}").status < 300 and what == "withdrawal":
                known.digest = ""

    @rule(which=_WHICH, row=st.integers(1, 3), excluded=st.booleans())
    def exclude(self, which: int, row: int, excluded: bool) -> None:
        """Exclude a row, or include it again."""
        for known in self.known[which : which + 1]:
            self.batches.request("PATCH", f"{known.reference}/rows/{row}", {"excluded": excluded})

    @rule(which=_WHICH, caller=st.sampled_from([CHECKER, CHECKER, MAKER]))
    def approve(self, which: int, caller: str) -> None:
        """Approve what is submitted."""
        for known in self.known[which : which + 1]:
            self._approve(known, caller)

    @rule(which=_WHICH, crash=st.none() | st.tuples(st.sampled_from(_OPERATIONS), st.integers(0, 12), st.booleans()))
    def deliver(self, which: int, crash: tuple[str, int, bool] | None) -> None:
        """Deliver a message about a chunk, whether it was sent or not. The worker may die at a call."""
        for known in self.known[which : which + 1]:
            if crash is not None:
                operation, calls, after = crash
                hooks = self.world.faults.after if after else self.world.faults.before
                hooks[operation] = [lambda: None] * calls + [_die]
            try:
                self.batches.deliver(known.reference)
            except Crash:
                self.batches = Batches.start(self.world)
            finally:
                self.world.faults.before.clear()
                self.world.faults.after.clear()

    @rule(seconds=st.sampled_from([1, 61, _DEAD, 3600]))
    def tick(self, seconds: int) -> None:
        """Let time pass, and drive what is due."""
        self.world.clock.advance(seconds)
        self.world.tick()

    @rule()
    def work(self) -> None:
        """Let the worker have the messages that are visible."""
        self.batches.work()

    @rule(fault=st.sampled_from(_FAULTS), funds=st.booleans())
    def trouble(self, fault: tuple[str, str], funds: bool) -> None:
        """One faulty answer of DOKU, or a balance that covers one row."""
        if funds:
            self.world.doku.deposit(_LITTLE)
        else:
            self.world.doku.fault(*fault)

    @rule()
    def top_up(self) -> None:
        """Enough funds."""
        self.world.doku.deposit(_ENOUGH)

    @rule(which=_WHICH, row=st.integers(1, 3))
    def single(self, which: int, row: int) -> None:
        """A single transfer under the reference of a row."""
        for known in self.known[which : which + 1]:
            self.world.create({**order(), "partnerReferenceNo": f"{known.reference}-{row}"})

    @invariant()
    def holds(self) -> None:
        """I1, I2, I33 and I38."""
        self.counted["steps"] += 1
        for known in self.known:
            references = [f"{known.reference}-{row}" for row in range(1, known.rows + 1)]
            assert max(len(self.world.debits(each)) for each in references) <= 1, "I2: a row was debited twice"
            own = [each for each in map(self.world.stored, references) if each is not None and each.origin]
            assert known.digest or not own, "I33: rows are sent, and nobody has approved them"
            if self.batches.get(known.reference)["status"] == "CANCELLED":
                if known.sent_when_cancelled < 0:
                    known.sent_when_cancelled = len(own)
                assert len(own) == known.sent_when_cancelled, "I38: a row was sent after the cancellation"

    def _release(self, known: Known) -> None:
        self.batches.work()
        self.batches.request("POST", f"{known.reference}/submission")
        self._approve(known, CHECKER)

    def _approve(self, known: Known, caller: str) -> None:
        digest = self.batches.get(known.reference)["digest"]
        if digest and self.batches.approve(known.reference, caller, digest).status == 200:
            assert caller == CHECKER, "I32: the maker has approved"
            known.digest = digest

    def teardown(self) -> None:
        """I35 and I36: without faults, every batch ends, and each row has a transfer or a reason."""
        self.world.doku.heal()
        self.world.doku.deposit(_ENOUGH)
        for _ in range(25):
            for known in self.known:
                self.batches.request("POST", f"{known.reference}/resume")
            self.world.clock.advance(_DEAD)
            self.world.tick()
            self.batches.work()
            found = [self.batches.get(known.reference) for known in self.known]
            if all(batch["status"] in _ENDS | _WAITS for batch in found):
                break
        for batch, known in zip(found, self.known, strict=True):
            assert batch["status"] in _ENDS | _WAITS, f"I35: {batch['status']} at the end"
            if batch["status"] in _ENDS and any(event["action"] == "RELEASED" for event in batch["history"]):
                self._check(batch, known)
                self.counted[batch["status"]] += 1

    def _check(self, batch: dict[str, Any], known: Known) -> None:
        rows = [row for row in self.batches.rows(known.reference) if row["payable"]]
        lost = [row["row"] for row in rows if row["status"] is None]
        assert not lost, f"I35: rows {lost} have neither a transfer nor a reason"
        counted = sum(each["count"] for each in batch["statuses"].values())
        assert counted + batch["notPaid"]["count"] == len(rows), "I35: the figures are not those of the rows"
        paid = [row for row in rows if row["status"] == "SUCCESS"]
        assert all(self.world.debits(row["partnerReferenceNo"]) for row in paid), "I36: paid without a debit"


def explore_batches(backing_services: BackingServices, profile: settings) -> tuple[Counter[str], str | None]:
    """Run the machine. Returns the numbers of steps and of released batches by their last status, and the history that
    breaks an invariant; None if there is none."""
    counted, failed = Counter[str](), None
    try:
        with redirect_stdout(StringIO()):  # metrics are printed
            machine: Any = lambda: BatchHistories(backing_services, counted)  # noqa: E731
            run_state_machine_as_test(machine, settings=profile)
    except Exception as error:  # any error is a finding
        failed = "".join(traceback.format_exception(error))
    return counted, failed


def _die() -> None:
    raise Crash
