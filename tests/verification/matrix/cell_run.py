"""One run of a cell: the actions of the merchant, DOKU and the schedules, and a timeline of what happened."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.doku_simulator.faults import parse_fault
from tests.verification.matrix.cells import Cell
from tests.verification.matrix.modes import BY_DOKU, IN_TIME, KILLS
from tests.verification.matrix.oracle import Oracle
from tests.verification.matrix.wire import Fault
from tests.verification.matrix.world import MAKER, WEBHOOK_QUEUES, World

TICKS = 16
"""Ticks within which every transfer is settled once the fault is over (I13), each made when the transfer is due."""
_SOON = 6
_DAY = 25 * 3600
"""Time between two ticks after the first `_SOON`: absence is inferred over days."""
_ROUNDS = 60
_WAITS = (1, 2, 4, 8, 16)
_QUEUES = ("NotificationQueue", "NotificationDeadLetterQueue")


@dataclass
class Answer:
    """An HTTP answer to the merchant."""

    status: int
    body: dict[str, Any]


class NeverCame(Exception):
    """The call to break was never made, for example because a slow machine caused other failures."""


class Stuck(Exception):
    """A client that retries correctly gets no success."""


@dataclass
class CellRun:
    """One transfer in a world, the fault to inject, and the oracle that checks the result."""

    world: World
    cell: Cell
    reference: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    batch: dict[str, Any] = field(default_factory=dict)
    """Further fields of the batch, in the flows of batches."""
    notes: list[str] = field(default_factory=list)
    reports: bool = False
    """True if the flow delivers webhooks."""
    labels: list[str] = field(default_factory=list)
    """The calls that the functions made while the flow ran."""

    def __post_init__(self) -> None:
        self.reference = self.world.new_reference()
        self.body = {
            "partnerReferenceNo": self.reference,
            "customerNumber": "628115678890",
            "beneficiaryAccountNumber": "8812345001",  # UNPAID at first, paid after four minutes
            "beneficiaryBankCode": "014",
            "beneficiaryAccountName": "SUHUT",
            "amount": {"value": "200000.00", "currency": "IDR"},
        }
        self.oracle = Oracle(self.world, self.reference, self.body, self.note)
        self._began = time.monotonic()

    def note(self, text: str) -> None:
        """Add a line to the timeline."""
        self.notes.append(f"{time.monotonic() - self._began:7.2f} s  {text}")

    # --- the merchant

    def call(self, method: str, path: str, body: Any = None, caller: str = MAKER) -> Answer:
        """Send a request of the merchant; check the transfer after the answer."""
        response = self.world.call(method, path, body, self.key, caller)
        try:
            fields = json.loads(response.content)
        except ValueError:
            fields = {}
        answer = Answer(response.status_code, fields)
        text = fields.get("status") if response.ok else fields.get("response_message", fields.get("message"))
        self.note(f"{method} {path} -> {response.status_code} {text or ''}")
        self.oracle.check_now()
        return answer

    def create(self) -> Answer:
        """POST /v1/transfers."""
        answer = self.call("POST", "/v1/transfers", self.body)
        self.oracle.acknowledged |= answer.status in (201, 202)
        self.oracle.check_now()
        return answer

    def inquire(self) -> Answer:
        """POST /v1/account-inquiries, whose session a transfer may use."""
        names = (
            "customerNumber",
            "beneficiaryAccountNumber",
            "beneficiaryBankCode",
            "beneficiaryAccountName",
            "amount",
        )
        return self.call("POST", "/v1/account-inquiries", {name: self.body[name] for name in names})

    def retry(self, request: Callable[[], Answer], *wanted: int) -> Answer:
        """Send a request with growing waits until its status is one of `wanted`, as a correct client does.

        Raises Stuck if it never is.
        """
        for seconds in _WAITS:
            answer = request()
            if answer.status in wanted:
                return answer
            self.world.advance(seconds)
        raise Stuck(f"the same request, sent {len(_WAITS)} times, is answered {answer.status} {answer.body}")

    # --- the flow

    def act(self, flow: "Callable[[CellRun], Answer | None]", function: str) -> None:
        """Run the flow with the fault in place, then remove the fault."""
        world, fault = self.world, None
        if self.cell.mode is not None:
            fault = Fault(self.cell.label, self.cell.mode, lambda: world.kill(function), self._prepare)
        before = len(world.wire.seen)
        world.wire.begin(fault)
        self.note(f"the flow starts; {self.cell.label} fails: {self.cell.mode}" if fault else "the flow starts")
        answer = flow(self)
        seen = world.wire.seen[before:]
        world.wire.begin()
        self.note("the fault is over")
        self.labels = [one.label for one in seen]
        if fault and not any(one.mode for one in seen):
            raise NeverCame(f"{self.cell.label} was never made")
        self.oracle.after_the_flow(seen, answer, killed=self.cell.mode in KILLS)
        if self.cell.mode in IN_TIME:
            self.oracle.after_a_late_answer(answer)

    def _prepare(self, operation: str) -> None:
        """Have the simulator inject the fault into its next call of an operation."""
        kind, options = BY_DOKU[self.cell.mode] if self.cell.mode else ("", {})
        fault = {"operation": operation, "kind": kind, **options}
        self.world.doku.board.add(parse_fault(fault, self.world.clock()))

    def settle(self) -> None:
        """Let time pass, with notifications, retries of the queue and ticks when due, until nothing is pending."""
        ticks = 0
        for _ in range(_ROUNDS):
            moments = self._pending()
            if not moments:
                break
            if self._next_check() is not None and ticks >= TICKS:
                self.oracle.report("I13", f"not settled after {ticks} ticks")
                return
            moment = min(moments)
            if ticks >= _SOON and moment == self._next_check():
                moment = max(moment, self.world.clock() + _DAY)
            self.world.advance(moment - self.world.clock())
            self.world.drain()
            if self.reports:
                self._deliver()
            due = self._next_check()
            if due is not None and due <= self.world.clock():
                ticks += 1
                self._tick()
            self.oracle.check_now()
        else:
            self.oracle.report("I11", "notifications never end")

    def _deliver(self) -> None:
        if self.world.messages("WebhookDeadLetterQueue"):
            self.world.catch_up()
        self.world.deliver()

    def _tick(self) -> None:
        before = len(self.world.wire.seen)
        self.note(f"tick: {self.world.tick(self.reference)}")
        self.oracle.after_a_tick(self.world.wire.seen[before:])

    def _pending(self) -> list[float]:
        """Times of the pending events, in seconds: a status check, a notification, a message in the queue."""
        moments = [one["due"] for one in self.world.ledger()["notifications"] if one["outcome"] == "due"]
        if (check := self._next_check()) is not None:
            moments.append(check)
        if self.world.messages(_QUEUES[0]):
            moments.append(self.world.clock() + 60)
        if self.reports and any(map(self.world.messages, WEBHOOK_QUEUES)):
            moments.append(self.world.clock() + 400)
        return moments

    def _next_check(self) -> float | None:
        """When an open transfer is due; None for a final one, which is checked again only after days."""
        item = self.world.item(self.reference)
        if item is None or item["status"] in ("SUCCESS", "FAILED", "REFUNDED") or "nextCheckAt" not in item:
            return None
        return float(item["nextCheckAt"]) / 1000
