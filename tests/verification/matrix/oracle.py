"""Checks the invariants of one transfer against DOKU's ledger and the calls seen by the proxies."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.support.log_watch import leaks
from tests.verification.matrix.calls import TRANSFER, Call
from tests.verification.matrix.modes import HONEST, Mode, longest
from tests.verification.matrix.wire import Seen
from tests.verification.matrix.world import WEBHOOK_QUEUES, World

if TYPE_CHECKING:
    from tests.verification.matrix.cell_run import Answer

_ORDER = {"SUBMITTING": 0, "IN_DOUBT": 1, "ACCEPTED": 2, "UNPAID": 3, "SUCCESS": 4, "FAILED": 4, "DISPUTED": 5}
_ORDER["REFUNDED"] = 6
_ENDS = {"PAID": "SUCCESS", "FAILED": "FAILED", "REFUNDED": "REFUNDED"}
_SLOW_MACHINE = 3.0
"""Seconds by which a caller may exceed a deadline on a slow machine."""
_QUEUES = ("NotificationQueue", "NotificationDeadLetterQueue")
_PRIVATE = ("8812345001", "7746555134", "628115678890", "SUHUT")


class Oracle:
    """Checks one transfer. `broken` lists each broken invariant with a description."""

    def __init__(self, world: World, reference: str, body: dict[str, Any], note: Callable[[str], None]) -> None:
        self._world, self._reference, self._body, self._note = world, reference, body, note
        self._status = ""
        self._logs = world.log_sizes()
        self.acknowledged = False
        self.broken: list[tuple[str, str]] = []

    def report(self, invariant: str, how: str) -> None:
        """Record a broken invariant, once."""
        if (invariant, how) not in self.broken:
            self.broken.append((invariant, how))
            self._note(f"BROKEN {invariant}: {how}")

    # --- at any time

    def arriving(self, call: Call) -> None:
        """Check a call before it reaches the service: I4, I7."""
        if call.name != TRANSFER:
            return
        sent, item = call.fields, self._world.item(self._reference)
        if item is None:
            self.report("I4", "a transfer was sent before it was stored")
            return
        if call.request.headers["x-external-id"] not in item["externalIds"]:
            self.report("I4", "the X-EXTERNAL-ID that was sent is not stored")
        requested = (self._body["amount"]["value"], self._body["beneficiaryAccountNumber"])
        stored = (item["intent"]["amount"], item["account"])
        if not (sent["amount"]["value"], sent["beneficiaryAccountNumber"]) == stored == requested:
            self.report("I7", f"requested {requested}, stored {stored}, sent {sent}")

    def check_now(self) -> None:
        """Check what must hold at any time: I3, I5, I6."""
        item = self._world.texts(self._reference)
        if item is None:
            if self.acknowledged or self._status:
                self.report("I3", "the transfer was acknowledged and is not in the table")
            return
        status = item["status"]
        if status not in ("REFUNDED", "FAILED", "SUCCESS") and not ("nextCheckAt" in item and "dueShard" in item):
            self.report("I3", f"{status}, and no status check will be made")
        if status != self._status:
            self._note(f"the transfer is {status}")
            if _ORDER[status] < _ORDER[self._status or "SUBMITTING"]:
                self.report("I5", f"{self._status} became {status}")
            self._status = status
            self._check_status(status)

    def _check_status(self, status: str) -> None:
        states, returned = self._with_doku()
        if status == "SUCCESS" and "PAID" not in states:
            self.report("I5", "SUCCESS, and DOKU never paid")
        if status == "FAILED" and states and not returned:
            self.report("I6", "FAILED, and DOKU has the money")
        if status == "DISPUTED":
            self.report("I6", "DISPUTED, and DOKU never said both")

    def _with_doku(self) -> tuple[list[str], bool]:
        """The states of the transfer in DOKU's ledger, and whether the money was returned."""
        ledger = self._world.ledger()
        states = [
            change["state"]
            for transfer in ledger["transfers"]
            if transfer["partnerReferenceNo"] == self._reference
            for change in transfer["changes"]
        ]
        debits = [one for one in ledger["debits"] if one["partnerReferenceNo"] == self._reference]
        return states, all(one["returned"] for one in debits)

    # --- after a step

    def after_the_flow(self, seen: Sequence[Seen], answer: "Answer | None", *, killed: bool) -> None:
        """Check I16, the time limits, and that no error is returned for a transfer that was sent."""
        for one in seen:
            if one.mode is Mode.HEAD_OUTSIDE and one.seconds > longest(one.call.name) + _SLOW_MACHINE:
                self.report("the limits", f"{one.call.name} waited {one.seconds:.1f} s for an endless response head")
        issued = sum(one.call.name == "doku.token" for one in seen)
        refused = sum(one.status == 401 for one in seen)
        if issued > 1 + refused:
            self.report("I16", f"{issued} tokens were requested, and {refused} calls refused")
        if answer is None or killed:
            return
        sent = any(one.call.name == TRANSFER for one in seen)
        if sent and answer.status not in (201, 202):
            self.report("I6", f"a transfer was sent, and the answer to the merchant is {answer.status} {answer.body}")
        if answer.status >= 500 and "response_code" not in answer.body:
            self.report("I3", f"an error in an unknown format: {answer.status} {answer.body}")

    def after_a_late_answer(self, answer: "Answer | None") -> None:
        """Check that an answer within the limits is awaited and recorded."""
        item = self._world.item(self._reference)
        if answer is not None and (answer.status >= 300 or answer.body.get("status") == "IN_DOUBT"):
            self.report("the limits", f"DOKU answered in time, but the API answers {answer.status} {answer.body}")
        if item is not None and item["history"][-1]["is"] == "UNCLEAR":
            self.report("the limits", f"DOKU answered in time: {item['history'][-1]}")

    def after_a_tick(self, seen: Sequence[Seen]) -> None:
        """Check I12: at most one status check for a due slot."""
        checks = sum(one.call.name == "doku.status" and one.status != 401 for one in seen)
        if checks > 1:
            self.report("I12", f"{checks} status checks for one due slot")

    def after_a_replay(self, sent_before: int) -> None:
        """Check I8: a replay sends nothing."""
        if self.sent() != sent_before:
            self.report("I8", "a replay was sent to DOKU")

    def sent(self) -> int:
        """The number of transfer requests that DOKU may have executed: all but those refused with 401."""
        seen = [one for one in self._world.wire.seen if one.call.name == TRANSFER]
        return sum(self._may_be_executed(one) for one in seen)

    def _may_be_executed(self, one: Seen) -> bool:
        if one.mode is Mode.REFUSED_AND_EXECUTED:
            requests = self._world.ledger()["requests"]
            return any(sent["fault"] == "unauthorized-after" and sent["executed"] for sent in requests)
        return one.status != 401 or (one.mode is not None and one.mode not in HONEST)

    # --- at the end

    def check_at_the_end(self, webhooks: bool = False) -> None:
        """Check all other invariants once nothing is pending; those of webhooks if the flow delivers any."""
        self.check_now()
        self._check_requests()
        self._check_money()
        self._check_notifications()
        if webhooks:
            self._check_webhooks()
        for error in self._world.wire.errors:
            self.report("the matrix itself", error)
        logged = self._world.logged_since(self._logs)
        for line in leaks(logged.splitlines(), (*_PRIVATE, *self._secrets())):
            self.report("I17", f"a log line holds secret or personal data: {line}")

    def warnings(self) -> list[str]:
        """Warnings and errors in the logs of the functions."""
        lines = self._world.logged_since(self._logs).splitlines()
        return [f"log {line}" for line in lines if '"WARNING"' in line or '"ERROR"' in line or "Error" in line]

    def _secrets(self) -> list[str]:
        settings = self._world.doku.settings
        return [settings.client_secret, settings.notification_key]

    def _check_requests(self) -> None:
        if self.sent() > 1:
            self.report("I1", f"{self.sent()} requests that DOKU may have executed")
        calls = [one.call for one in self._world.wire.seen if one.call.to_doku and one.call.name != "doku.token"]
        ids = [call.request.headers["x-external-id"] for call in calls]
        if len(set(ids)) < len(ids):
            self.report("I14", "an X-EXTERNAL-ID was used twice")
        refusals = [str(one["responseCode"]) for one in self._world.ledger()["requests"] if one["httpStatus"] == 401]
        if any(code.endswith("00") for code in refusals):
            self.report("I15", f"DOKU could not verify a request: {refusals}")

    def _check_money(self) -> None:
        ledger, transfers = self._world.ledger(), self._world.items("TRANSFER")
        if [one["partnerReferenceNo"] for one in ledger["debits"]] != [self._reference] * len(ledger["debits"]):
            self.report("I2", f"debits: {ledger['debits']}")
        if len(ledger["debits"]) > 1:
            self.report("I2", f"{len(ledger['debits'])} debits")
        for one in ledger["transfers"]:
            got = (one["amount"], one["beneficiaryAccountNumber"], one["beneficiaryBankCode"])
            amount = self._body["amount"]["value"]
            requested = (amount, self._body["beneficiaryAccountNumber"], self._body["beneficiaryBankCode"])
            if got != requested:
                self.report("I7", f"requested {requested}, DOKU executed {got}")
        paid = sum(Decimal(item["intent"]["amount"]) for item in transfers if item["status"] == "SUCCESS")
        debited = sum(Decimal(one["amount"]) for one in ledger["debits"] if not one["returned"])
        if paid != debited:
            self.report("I19", f"{paid} paid in the table, {debited} in DOKU's ledger")
        self._check_final_status(transfers)

    def _check_final_status(self, transfers: Sequence[dict[str, Any]]) -> None:
        states, _ = self._with_doku()
        expected = _ENDS.get(states[-1], states[-1]) if states else "FAILED"
        for item in transfers:
            if item["status"] != expected:
                self.report("I10", f"{item['status']}, and {expected} in DOKU's ledger")

    def _check_notifications(self) -> None:
        accepted = {one["kind"] for one in self._world.ledger()["notifications"] if one["outcome"] == "delivered"}
        item = self._world.item(self._reference) or {"history": []}
        recorded = [seen["text"] for seen in item["history"] if seen["is"] == "NOTIFIED"]
        if lost := sorted(kind for kind in accepted if not any(one.startswith(kind) for one in recorded)):
            self.report("I11", f"a notification was accepted and never applied: {', '.join(lost)}")
        if any(one["outcome"] == "failed" for one in self._world.ledger()["notifications"]):
            self.report("I11", "DOKU gave up on a notification")
        if left := [queue for queue in _QUEUES if self._world.messages(queue)]:
            self.report("I11", f"messages are left in {left}")

    def _check_webhooks(self) -> None:
        received = self._world.inbox.state()["deliveries"]
        bodies: dict[str, set[str]] = {}
        for one in received:
            bodies.setdefault(one["headers"]["webhook-id"], set()).add(one["body"])
        if ambiguous := [name for name, found in bodies.items() if len(found) > 1]:
            self.report("I30", f"webhook-ids with several bodies: {ambiguous}")
        if not all(one["verified"] for one in received):
            self.report("I28", "a webhook has a wrong signature")
        reported = [json.loads(one["body"])["data"]["status"] for one in received if one["status"] == 204]
        if self._status not in reported:
            self.report("I28", f"{self._status} was never delivered")
        elif reported[0] != self._status:  # the newest is the first
            self.report("I29", f"{self._status}, and the last webhook said {reported[0]}")
        if left := [queue for queue in WEBHOOK_QUEUES if self._world.messages(queue)]:
            self.report("I28", f"messages are left in {left}")
