"""What scenarios of batches use: a maker and an approver, rows, and the time until a batch is final."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Any

import requests

from local.aws.event_source import Drained
from local.demo.stage import Stage

WORKER = "BatchWorkerFunction"
_MOST_MINUTES = 40
_ACCOUNT = 7_000_000


def rows(count: int, changes: Mapping[int, Mapping[str, Any]] | None = None, first: int = _ACCOUNT) -> list[Any]:
    """Rows of 1,500,000 rupiah, each for an account of its own; `changes` by row number, from 1."""
    found = []
    for number in range(1, count + 1):
        row = {
            "customerNumber": "628115678890",
            "beneficiaryAccountNumber": str(first + number),
            "beneficiaryBankCode": "014",
            "beneficiaryAccountName": f"PEGAWAI {number}",
            "amount": {"value": "1500000.00", "currency": "IDR"},
        }
        found.append(row | dict((changes or {}).get(number, {})))
    return found


class BatchStage:
    """A batch of the running bundle, by its reference."""

    def __init__(self, stage: Stage, reference: str) -> None:
        self.stage = stage
        self.reference = reference
        self._approver = {"Authorization": f"Bearer {stage.stack.approver_token()}"}

    def create(self, transfers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Create the batch, and check its rows. Returns the batch."""
        body = {"batchReference": self.reference, "transfers": list(transfers)}
        created = self.stage.call("POST", "/v1/batches", body)
        self.stage.expect(created.status_code == 201, f"201: {len(body['transfers'])} rows are received")
        self.stage.stack.drain()
        return self.pass_minutes("READY", "NEEDS_ATTENTION")

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        """A call of the maker, such as `("POST", "submission")`."""
        return self.stage.call(method, f"/v1/batches/{self.reference}/{path}".rstrip("/"), body)

    def get(self) -> dict[str, Any]:
        """The batch."""
        found: dict[str, Any] = self.call("GET", "").json()
        return found

    def rows(self, **query: str) -> list[dict[str, Any]]:
        """Up to 100 rows, such as those with one outcome."""
        given = "&".join(f"{name}={value}" for name, value in {"limit": "100", **query}.items())
        found: list[dict[str, Any]] = self.call("GET", f"rows?{given}").json()["rows"]
        return found

    def approve(self, digest: str) -> requests.Response:
        """Approve what the digest names, as another person."""
        url = f"{self.stage.stack.api_url}/v1/batches/{self.reference}/approvals"
        body = {"decision": "APPROVE", "digest": digest}
        return requests.post(url, json=body, headers=self._approver, timeout=60)

    def submit_and_approve(self) -> None:
        """Submit the batch, and approve it as another person."""
        submitted = self.call("POST", "submission").json()
        self.stage.expect(submitted["status"] == "PENDING_APPROVAL", "submitted: its digest names exactly this content")
        approved = self.approve(submitted["digest"]).json()
        self.stage.expect(approved["status"] == "PAYING", "another person approves it: PAYING")

    def drain_in_background(self) -> "Future[Drained]":
        """Let the worker pay while the scenario goes on."""
        return self.stage.in_background(self.stage.stack.drain)

    def pass_minutes(self, *statuses: str) -> dict[str, Any]:
        """Let minutes pass until the batch has one of these statuses, or for a long time. Returns the batch."""
        for _ in range(_MOST_MINUTES):
            if (found := self.get())["status"] in statuses:
                break
            self.stage.doku.advance(61)
            self.stage.stack.tick()
            self.stage.stack.drain()
        return found

    def debits(self) -> dict[str, int]:
        """How often DOKU debited the balance for each row that it debited."""
        counts: dict[str, int] = {}
        for one in self.stage.doku.ledger()["debits"]:
            if one["partnerReferenceNo"].startswith(f"{self.reference}-"):
                counts[one["partnerReferenceNo"]] = counts.get(one["partnerReferenceNo"], 0) + 1
        return counts

    def expect_one_debit_each(self, count: int) -> None:
        """Check that DOKU debited so many rows, and each once."""
        debits = self.debits()
        met = len(debits) == count and set(debits.values()) <= {1}
        self.stage.expect(met, f"DOKU debited {count} rows, each of them once")


def show(stage: Stage, reference: str) -> None:
    """Print the batch's history with the time since its creation, and its status."""
    batch = BatchStage(stage, reference).get()
    created = datetime.fromisoformat(batch["createdAt"])
    for event in batch["history"]:
        minutes = (datetime.fromisoformat(event["at"]) - created).total_seconds() / 60
        words = " ".join(filter(None, (event["action"], "by", event["by"], event["note"])))
        stage.console.print(f"    [dim]+{minutes:.1f} min[/]  {words}", highlight=False)
    stage.console.print(f"    {reference} is {batch['status']}", highlight=False)
