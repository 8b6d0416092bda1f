"""The judge of a cell. DOKU's ledger and what was seen on the wire are its oracle, never the bundle's own word."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.support.log_watch import leaks
from tests.verification.matrix.calls import TRANSFER, Call
from tests.verification.matrix.modes import HONEST, Mode, limits
from tests.verification.matrix.wire import Seen
from tests.verification.matrix.world import World

if TYPE_CHECKING:
    from tests.verification.matrix.play import Answer

_ORDER = {"SUBMITTING": 0, "IN_DOUBT": 1, "ACCEPTED": 2, "UNPAID": 3, "SUCCESS": 4, "FAILED": 4, "DISPUTED": 5}
_ORDER["REFUNDED"] = 6
_ENDS = {"PAID": "SUCCESS", "FAILED": "FAILED", "REFUNDED": "REFUNDED"}
_SLOW_MACHINE = 3.0
"""Seconds that a caller may take to notice that its time is over."""
_QUEUES = ("NotificationQueue", "NotificationDeadLetterQueue")
_PRIVATE = ("8812345001", "7746555134", "628115678890", "SUHUT")


class Judge:
    """Watches one transfer. `broken` has each invariant that was broken, and how."""

    def __init__(self, world: World, reference: str, body: dict[str, Any], note: Callable[[str], None]) -> None:
        self._world, self._reference, self._body, self._note = world, reference, body, note
        self._status = ""
        self._logs = world.log_sizes()
        self.acknowledged = False
        self.broken: list[tuple[str, str]] = []

    def breaks(self, invariant: str, how: str) -> None:
        """Take down what does not hold, once."""
        if (invariant, how) not in self.broken:
            self.broken.append((invariant, how))
            self._note(f"BROKEN {invariant}: {how}")

    # --- at every moment

    def arriving(self, call: Call) -> None:
        """A call is about to reach the service."""
        if call.name != TRANSFER:
            return
        sent, item = call.members, self._world.item(self._reference)
        if item is None:
            self.breaks("I4", "money was asked for before the intent was stored")
            return
        if call.request.headers["x-external-id"] not in item["externalIds"]:
            self.breaks("I4", "the X-EXTERNAL-ID that was sent is not stored")
        asked = (self._body["amount"]["value"], self._body["beneficiaryAccountNumber"])
        stored = (item["intent"]["amount"], item["intent"]["beneficiary_account_number"])
        if not (sent["amount"]["value"], sent["beneficiaryAccountNumber"]) == stored == asked:
            self.breaks("I7", f"asked for {asked}, stored {stored}, sent {sent}")

    def look(self) -> None:
        """What may be seen at any moment: I3, I5, I6."""
        item = self._world.item(self._reference)
        if item is None:
            if self.acknowledged or self._status:
                self.breaks("I3", "the transfer was acknowledged and is not in the table")
            return
        status = item["status"]
        if status not in ("REFUNDED", "FAILED", "SUCCESS") and not ("nextCheckAt" in item and "dueShard" in item):
            self.breaks("I3", f"{status} and nobody will ever ask about it")
        if status != self._status:
            self._note(f"the transfer is {status}")
            if _ORDER[status] < _ORDER[self._status or "SUBMITTING"]:
                self.breaks("I5", f"{self._status} became {status}")
            self._status = status
            self._agrees(status)

    def _agrees(self, status: str) -> None:
        states, returned = self._with_doku()
        if status == "SUCCESS" and "PAID" not in states:
            self.breaks("I5", "SUCCESS, and DOKU never paid")
        if status == "FAILED" and states and not returned:
            self.breaks("I6", "FAILED, and DOKU has the money")
        if status == "DISPUTED":
            self.breaks("I6", "DISPUTED, and DOKU never said both")

    def _with_doku(self) -> tuple[list[str], bool]:
        """The states that the transfer has had in DOKU's books, and whether the money came back."""
        books = self._world.books()
        states = [
            change["state"]
            for transfer in books["transfers"]
            if transfer["partnerReferenceNo"] == self._reference
            for change in transfer["changes"]
        ]
        debits = [one for one in books["debits"] if one["partnerReferenceNo"] == self._reference]
        return states, all(one["returned"] for one in debits)

    # --- after steps

    def after_the_flow(self, seen: Sequence[Seen], answer: "Answer | None", *, killed: bool) -> None:
        """I16, and that nobody hears of an error about a transfer that was sent."""
        for one in seen:
            if one.mode is Mode.HEAD_OUTSIDE and one.seconds > limits(one.call.name)[1] + _SLOW_MACHINE:
                self.breaks("the limits", f"{one.call.name} waited {one.seconds:.1f} s for a head without end")
        issued = sum(one.call.name == "doku.token" for one in seen)
        refused = sum(one.status == 401 for one in seen)
        if issued > 1 + refused:
            self.breaks("I16", f"{issued} tokens were asked for, and {refused} calls refused")
        if answer is None or killed:
            return
        sent = any(one.call.name == TRANSFER for one in seen)
        if sent and answer.status not in (201, 202):
            self.breaks("I6", f"a transfer was sent, and the merchant was answered {answer.status} {answer.body}")
        if answer.status >= 500 and "response_code" not in answer.body:
            self.breaks("I3", f"an error that is not ours: {answer.status} {answer.body}")

    def after_a_late_answer(self, answer: "Answer | None") -> None:
        """An answer within its limits is waited for, and learned from."""
        item = self._world.item(self._reference)
        if answer is not None and (answer.status >= 300 or answer.body.get("status") == "IN_DOUBT"):
            self.breaks("the limits", f"DOKU answered in time, and the merchant reads {answer.status} {answer.body}")
        if item is not None and item["history"][-1]["finding"] == "UNCLEAR":
            self.breaks("the limits", f"DOKU answered in time: {item['history'][-1]}")

    def after_a_tick(self, seen: Sequence[Seen]) -> None:
        """I12."""
        asked = sum(one.call.name == "doku.status" and one.status != 401 for one in seen)
        if asked > 1:
            self.breaks("I12", f"{asked} questions about one due slot")

    def after_a_replay(self, sent_before: int) -> None:
        """I8: it sent nothing."""
        if self.sent() != sent_before:
            self.breaks("I8", "a replay was sent to DOKU")

    def sent(self) -> int:
        """Transfer requests that DOKU may have executed: all but those that it refused with 401."""
        seen = [one for one in self._world.wire.seen if one.call.name == TRANSFER]
        return sum(self._may_be_executed(one) for one in seen)

    def _may_be_executed(self, one: Seen) -> bool:
        if one.mode is Mode.REFUSED_AND_EXECUTED:
            requests = self._world.books()["requests"]
            return any(sent["fault"] == "unauthorized-after" and sent["executed"] for sent in requests)
        return one.status != 401 or (one.mode is not None and one.mode not in HONEST)

    # --- at the end

    def conclude(self) -> None:
        """Everything else, once all has come to rest."""
        self.look()
        self._requests()
        self._money()
        self._notifications()
        logged = self._world.logged_since(self._logs)
        for line in leaks(logged.splitlines(), (*_PRIVATE, *self._secrets())):
            self.breaks("I17", f"a log line tells what is secret or personal: {line}")

    def complaints(self) -> list[str]:
        """What the functions have logged as warnings and errors."""
        lines = self._world.logged_since(self._logs).splitlines()
        return [f"log {line}" for line in lines if '"WARNING"' in line or '"ERROR"' in line or "Error" in line]

    def _secrets(self) -> list[str]:
        settings = self._world.doku.settings
        return [settings.client_secret, settings.notification_key]

    def _requests(self) -> None:
        if self.sent() > 1:
            self.breaks("I1", f"{self.sent()} requests that DOKU may have executed")
        calls = [one.call for one in self._world.wire.seen if one.call.to_doku and one.call.name != "doku.token"]
        ids = [call.request.headers["x-external-id"] for call in calls]
        if len(set(ids)) < len(ids):
            self.breaks("I14", "an X-EXTERNAL-ID was used twice")
        refusals = [str(one["responseCode"]) for one in self._world.books()["requests"] if one["httpStatus"] == 401]
        if any(code.endswith("00") for code in refusals):
            self.breaks("I15", f"DOKU could not verify a request: {refusals}")

    def _money(self) -> None:
        books, transfers = self._world.books(), self._world.items("TRANSFER")
        if [one["partnerReferenceNo"] for one in books["debits"]] != [self._reference] * len(books["debits"]):
            self.breaks("I2", f"debits: {books['debits']}")
        if len(books["debits"]) > 1:
            self.breaks("I2", f"{len(books['debits'])} debits")
        for one in books["transfers"]:
            got = (one["amount"], one["beneficiaryAccountNumber"], one["beneficiaryBankCode"])
            amount = self._body["amount"]["value"]
            asked = (amount, self._body["beneficiaryAccountNumber"], self._body["beneficiaryBankCode"])
            if got != asked:
                self.breaks("I7", f"asked for {asked}, DOKU executed {got}")
        paid = sum(Decimal(item["intent"]["amount"]) for item in transfers if item["status"] == "SUCCESS")
        debited = sum(Decimal(one["amount"]) for one in books["debits"] if not one["returned"])
        if paid != debited:
            self.breaks("I19", f"{paid} by our books, {debited} by DOKU's")
        self._same_end(transfers)

    def _same_end(self, transfers: Sequence[dict[str, Any]]) -> None:
        states, _ = self._with_doku()
        expected = _ENDS.get(states[-1], states[-1]) if states else "FAILED"
        for item in transfers:
            if item["status"] != expected:
                self.breaks("I10", f"{item['status']}, and by DOKU's books {expected}")

    def _notifications(self) -> None:
        accepted = {one["kind"] for one in self._world.books()["notifications"] if one["outcome"] == "delivered"}
        item = self._world.item(self._reference) or {"history": []}
        told = [seen["message"] for seen in item["history"] if seen["finding"] == "NOTIFIED"]
        if lost := sorted(kind for kind in accepted if not any(one.startswith(kind) for one in told)):
            self.breaks("I11", f"a notification was accepted and never applied: {', '.join(lost)}")
        if any(one["outcome"] == "failed" for one in self._world.books()["notifications"]):
            self.breaks("I11", "DOKU gave a notification up")
        if left := [queue for queue in _QUEUES if self._world.messages(queue)]:
            self.breaks("I11", f"messages are left in {left}")
