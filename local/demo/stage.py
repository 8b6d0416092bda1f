"""What scenarios use: API calls of a merchant, the clock, faults, and expectations."""

import itertools
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

import requests
from rich.console import Console

from local.aws import dead_letters
from local.stack import LocalStack

API_FUNCTION = "TransferApiFunction"
_PATIENCE = 20.0
Result = TypeVar("Result")


class UnmetExpectation(Exception):
    """A scenario failed. `reference` is the transfer that was read last, if any."""

    def __init__(self, what: str, reference: str = "") -> None:
        super().__init__(what)
        self.reference = reference


class Stage:
    """The running bundle as a merchant sees it."""

    def __init__(self, stack: LocalStack, console: Console) -> None:
        self.stack = stack
        self.doku = stack.simulator
        self.console = console
        self._headers = {"Authorization": f"Bearer {stack.token()}"}
        self._numbers = itertools.count(1)
        self._threads = ThreadPoolExecutor(8)
        self._latest = ""

    def order(self, **changes: Any) -> dict[str, Any]:
        """A request for 200,000 rupiah to an existing account, with a new reference."""
        body: dict[str, Any] = {
            "partnerReferenceNo": f"DEMO-{next(self._numbers):04d}",
            "customerNumber": "628115678890",
            "beneficiaryAccountNumber": "8377388292",
            "beneficiaryBankCode": "014",
            "beneficiaryAccountName": "SUHUT",
            "amount": {"value": "200000.00", "currency": "IDR"},
        }
        return body | changes

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        """Call the API over HTTP."""
        return requests.request(method, self.stack.api_url + path, json=body, headers=self._headers, timeout=60)

    def create(self, body: Mapping[str, Any]) -> requests.Response:
        """POST /v1/transfers."""
        return self.call("POST", "/v1/transfers", body)

    def start_create(self, body: Mapping[str, Any]) -> "Future[requests.Response]":
        """POST /v1/transfers in the background."""
        return self._threads.submit(self.create, body)

    def in_background(self, run: Callable[[], Result]) -> "Future[Result]":
        """Run in a thread."""
        return self._threads.submit(run)

    def get(self, reference: str, refresh: bool = False) -> dict[str, Any]:
        """GET /v1/transfers/{partnerReferenceNo}."""
        query = "?refresh=true" if refresh else ""
        self._latest = reference
        found: dict[str, Any] = self.call("GET", f"/v1/transfers/{reference}{query}").json()
        return found

    def tick_when_due(self, reference: str) -> dict[str, Any]:
        """Advance the clock to the transfer's next check and tick once. Returns the transfer."""
        due = datetime.fromisoformat(self.get(reference)["nextCheckAt"]).timestamp()
        self.doku.advance(max(0.0, due - self.stack.clock()))
        self.stack.tick()
        return self.get(reference)

    def deliver_notifications(self, minutes: float) -> None:
        """Advance the clock, which delivers DOKU's notifications, and process the queue."""
        self.doku.advance(minutes * 60)
        self.stack.drain()

    def history(self, reference: str) -> list[str]:
        """The findings of a transfer's history, in order."""
        return [seen["finding"] for seen in self.get(reference)["history"]]

    def notifications(self, reference: str) -> list[dict[str, Any]]:
        """DOKU's notifications about a transfer, with their attempts."""
        return [one for one in self.doku.ledger()["notifications"] if one["partnerReferenceNo"] == reference]

    def dead(self) -> int:
        """The number of messages in the dead-letter queue."""
        return dead_letters.count(self.stack.aws.sqs, self.stack.queue_url("NotificationDeadLetterQueue"))

    def set_aside(self) -> int:
        """Webhooks in the dead-letter queue."""
        return dead_letters.count(self.stack.aws.sqs, self.stack.queue_url("WebhookDeadLetterQueue"))

    def redrive(self) -> int:
        """Move the dead notifications back to their queue. Returns their number."""
        queues = (self.stack.queue_url(name) for name in ("NotificationDeadLetterQueue", "NotificationQueue"))
        return dead_letters.move(self.stack.aws.sqs, *queues)

    def sent(self, reference: str) -> list[dict[str, Any]]:
        """The simulator's records of the transfer requests about `reference`; not their whole bodies."""
        requests_ = self.doku.ledger()["requests"]
        return [one for one in requests_ if one["operation"] == "transfer" and one["partnerReferenceNo"] == reference]

    def debits(self, reference: str) -> int:
        """How often DOKU debited the balance for `reference`."""
        return sum(one["partnerReferenceNo"] == reference for one in self.doku.ledger()["debits"])

    def wait_for_debit(self, reference: str) -> None:
        """Wait until DOKU has debited the balance."""
        until = time.monotonic() + _PATIENCE
        while not self.debits(reference):
            if time.monotonic() > until:
                raise UnmetExpectation(f"DOKU never debited {reference}")

    def kill(self, function: str = API_FUNCTION) -> None:
        """Kill the function's processes with `kill -9`."""
        self.stack.functions[function].kill()

    def expect(self, met: bool, what: str) -> None:
        """Print `what`. Raises UnmetExpectation if it is not met."""
        self.console.print(f"  [green]✓[/] {what}" if met else f"  [red]✗ {what}[/]", highlight=False)
        if not met:
            raise UnmetExpectation(what, self._latest)

    def expect_one_debit(self, reference: str) -> None:
        """Check I1 and I2: one request that may have been executed, and one debit."""
        sent = [one for one in self.sent(reference) if one["httpStatus"] != 401]
        self.expect(len(sent) == 1 and self.debits(reference) == 1, "DOKU executed one request and debited it once")
