"""One cell being played: what a merchant, DOKU and the schedules do, and everything that was seen on the way."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.doku_simulator.faults import parse_fault
from tests.verification.matrix.cells import Cell
from tests.verification.matrix.modes import BEGUN_IN_TIME, BY_DOKU, KILLS
from tests.verification.matrix.oracle import Judge
from tests.verification.matrix.wire import Fault
from tests.verification.matrix.world import World

TICKS = 16
"""So many ticks, at the times at which the transfer is due, settle every transfer once all is healthy (I13)."""
_SOON = 6
_DAY = 25 * 3600
"""After the first few ticks a day goes by between two: absence is inferred over days."""
_ROUNDS = 60
_WAITS = (1, 2, 4, 8, 16)
_QUEUES = ("NotificationQueue", "NotificationDeadLetterQueue")


@dataclass
class Answer:
    """An HTTP answer to the merchant."""

    status: int
    body: dict[str, Any]


class NeverCame(Exception):
    """The call that was to be broken was not made: a machine that is too slow breaks others by itself."""


class Stuck(Exception):
    """A client that does all that it should gets nowhere."""


@dataclass
class Play:
    """A world with one transfer to watch."""

    world: World
    cell: Cell
    reference: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    notes: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    """The calls that left while the flow ran."""

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
        self.judge = Judge(self.world, self.reference, self.body, self.note)
        self._began = time.monotonic()

    def note(self, text: str) -> None:
        """Write down what happened."""
        self.notes.append(f"{time.monotonic() - self._began:7.2f} s  {text}")

    # --- the merchant

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """A request of the merchant's, and what the judge makes of its answer."""
        response = self.world.call(method, path, body, self.key)
        try:
            members = json.loads(response.content)
        except ValueError:
            members = {}
        answer = Answer(response.status_code, members)
        said = members.get("status") if response.ok else members.get("response_message", members.get("message"))
        self.note(f"{method} {path} -> {response.status_code} {said or ''}")
        self.judge.look()
        return answer

    def create(self) -> Answer:
        """POST /v1/transfers."""
        answer = self.call("POST", "/v1/transfers", self.body)
        self.judge.acknowledged |= answer.status in (201, 202)
        self.judge.look()
        return answer

    def inquire(self) -> Answer:
        """POST /v1/account-inquiries; a transfer goes on with its session."""
        names = (
            "customerNumber",
            "beneficiaryAccountNumber",
            "beneficiaryBankCode",
            "beneficiaryAccountName",
            "amount",
        )
        return self.call("POST", "/v1/account-inquiries", {name: self.body[name] for name in names})

    def insist(self, ask: Callable[[], Answer], *wanted: int) -> Answer:
        """Ask until the answer is wanted, as a client does that keeps its key and waits a little longer each time.

        Raises Stuck where it never is, though the world is healthy.
        """
        for seconds in _WAITS:
            answer = ask()
            if answer.status in wanted:
                return answer
            self.world.advance(seconds)
        raise Stuck(f"the same request, sent {len(_WAITS)} times, was answered {answer.status} {answer.body}")

    # --- the flow

    def run(self, act: "Callable[[Play], Answer | None]", function: str) -> None:
        """The flow with its fault; then everything is healthy again."""
        world, fault = self.world, None
        if self.cell.mode is not None:
            fault = Fault(self.cell.label, self.cell.mode, lambda: world.kill(function), self._prepare)
        before = len(world.wire.seen)
        world.wire.begin(fault)
        self.note(f"the flow begins, {self.cell.label} is broken: {self.cell.mode}" if fault else "the flow begins")
        answer = act(self)
        seen = world.wire.seen[before:]
        world.wire.begin()
        self.note("all is healthy again")
        self.labels = [one.label for one in seen]
        if fault and not any(one.mode for one in seen):
            raise NeverCame(f"{self.cell.label} never came")
        self.judge.after_the_flow(seen, answer, killed=self.cell.mode in KILLS)
        if self.cell.mode in BEGUN_IN_TIME:
            self.judge.after_a_late_answer(answer)

    def _prepare(self, operation: str) -> None:
        """Have the simulator break its next call of an operation."""
        kind, options = BY_DOKU[self.cell.mode] if self.cell.mode else ("", {})
        order = {"operation": operation, "kind": kind, **options}
        self.world.doku.board.add(parse_fault(order, self.world.clock()))

    def settle(self) -> None:
        """Let time pass as DOKU, the queue and the schedule have it, until nothing is expected any more."""
        ticks = 0
        for _ in range(_ROUNDS):
            moments = self._expected()
            if not moments:
                break
            if self._next_check() is not None and ticks >= TICKS:
                self.judge.breaks("I13", f"not settled after {ticks} ticks")
                return
            moment = min(moments)
            if ticks >= _SOON and moment == self._next_check():
                moment = max(moment, self.world.clock() + _DAY)
            self.world.advance(moment - self.world.clock())
            self.world.drain()
            due = self._next_check()
            if due is not None and due <= self.world.clock():
                ticks += 1
                self._tick()
            self.judge.look()
        else:
            self.judge.breaks("I11", "there was no end of notifications")

    def _tick(self) -> None:
        before = len(self.world.wire.seen)
        self.note(f"tick: {self.world.tick(self.reference)}")
        self.judge.after_a_tick(self.world.wire.seen[before:])

    def _expected(self) -> list[float]:
        """Moments at which something is to happen, in seconds: a check, a callback, a message that is hidden."""
        moments = [one["due"] for one in self.world.books()["notifications"] if one["outcome"] == "due"]
        if (check := self._next_check()) is not None:
            moments.append(check)
        if self.world.messages(_QUEUES[0]):
            moments.append(self.world.clock() + 60)
        return moments

    def _next_check(self) -> float | None:
        """When an open transfer is due; one that has its end is looked at again only days later."""
        item = self.world.item(self.reference)
        if item is None or item["status"] in ("SUCCESS", "FAILED", "REFUNDED") or "nextCheckAt" not in item:
            return None
        return float(item["nextCheckAt"]) / 1000
