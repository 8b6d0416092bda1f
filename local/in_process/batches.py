"""The batch worker of a deployment in this process, and people who create and approve batches."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from aws_lambda_powertools import Logger

from batch_worker.app import create_handler
from batch_worker.services import build_services
from local.aws.bundle import QueueTrigger
from local.aws.event_source import Drained, Pump
from local.in_process.invocation import Answer, Context, InProcess
from local.in_process.world import World
from payouts.services.batch_queue import ChunkTask, FileTask, ResultTask, Task

QUEUE = "BATCH_QUEUE_URL"
MAKER, CHECKER = "dewi", "budi"
"""`sub` of the person who creates batches, and of the one who approves them."""


@dataclass
class Batches:
    """A worker after a cold start."""

    world: World
    call: Callable[[dict[str, Any], Any], dict[str, Any]]

    @classmethod
    def start(cls, world: World) -> "Batches":
        """Cold-start the worker."""
        services = build_services(world.environment, world.clock, lambda: 0.0, lambda seconds: None)
        return cls(world, create_handler(services, Logger(service="payouts")))

    def request(self, method: str, path: str, body: Any = None, caller: str | None = MAKER, **options: Any) -> Answer:
        """Call a route of batches, such as `PAYROLL/submission`."""
        target = f"/v1/batches/{path}" if path else "/v1/batches"
        return self.world.request(method, target, body, caller=caller, **options)

    def create(self, reference: str, *transfers: Mapping[str, Any], **fields: Any) -> Answer:
        """POST /v1/batches."""
        body = {"batchReference": reference, "transfers": [dict(each) for each in transfers], **fields}
        return self.request("POST", "", body)

    def create_of_file(self, reference: str, content: bytes, **fields: Any) -> Answer:
        """POST /v1/batches for a file with this content."""
        sha256 = hashlib.sha256(content).hexdigest()
        return self.request("POST", "", {"batchReference": reference, "sha256": sha256, **fields})

    def upload(self, reference: str, content: bytes, **fields: Any) -> Answer:
        """Create the batch, upload the file, and start reading it. Returns the last answer."""
        form = self.create_of_file(reference, content, **fields).body["upload"]
        post_file(form, content)
        return self.request("POST", f"{reference}/checks")

    def get(self, reference: str) -> dict[str, Any]:
        """The batch as the API shows it."""
        found: dict[str, Any] = self.request("GET", reference).body
        return found

    def rows(self, reference: str, **query: str) -> list[dict[str, Any]]:
        """The first page of rows."""
        found: list[dict[str, Any]] = self.request("GET", f"{reference}/rows", query=query or None).body["rows"]
        return found

    def submit(self, reference: str) -> dict[str, Any]:
        """Submit the batch for approval."""
        found: dict[str, Any] = self.request("POST", f"{reference}/submission").body
        return found

    def approve(self, reference: str, caller: str | None = CHECKER, digest: str = "", **options: Any) -> Answer:
        """Approve the content as it is now, or as `digest` names it."""
        body = {"decision": "APPROVE", "digest": digest or self.get(reference)["digest"]}
        return self.request("POST", f"{reference}/approvals", body, caller, **options)

    def approved(self, reference: str, *transfers: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        """Create, check, submit and approve a batch whose rows are all right."""
        self.create(reference, *transfers, **fields)
        self.work()
        self.submit(reference)
        found: dict[str, Any] = self.approve(reference).body
        return found

    def repay(self, reference: str, by: str, caller: str | None = MAKER, **fields: Any) -> Answer:
        """Have the failed rows of a batch paid again by another one."""
        return self.request("POST", f"{reference}/repayments", {"batchReference": by, **fields}, caller)

    def work(self, remaining: Callable[[], int] = lambda: 300_000, most: int = 1000) -> Drained:
        """Let the worker have the messages that are visible, and those that it sends itself."""
        trigger = QueueTrigger("BatchWorkerFunction", "BatchQueue", 1, 0, True, None)
        function = InProcess(self.call, remaining)
        return Pump(trigger, self.world.environment[QUEUE], self.world.sqs, function).drain(max_batches=most)

    def deliver(self, reference: str, chunk: int = 0, remaining: Callable[[], int] = lambda: 300_000) -> dict[str, Any]:
        """Deliver one message about a chunk to the worker."""
        return self._deliver(ChunkTask(reference, chunk), remaining)

    def deliver_file(
        self, reference: str, content: bytes, remaining: Callable[[], int] = lambda: 300_000
    ) -> dict[str, Any]:
        """Deliver one message about the batch's file to the worker."""
        return self._deliver(FileTask(reference, hashlib.sha256(content).hexdigest()), remaining)

    def deliver_result(self, reference: str, remaining: Callable[[], int] = lambda: 300_000) -> dict[str, Any]:
        """Deliver one message about the batch's result to the worker."""
        return self._deliver(ResultTask(reference), remaining)

    def _deliver(self, task: Task, remaining: Callable[[], int]) -> dict[str, Any]:
        body = task.body()
        event = {"Records": [{"messageId": "1", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}]}
        return self.call(event, Context(remaining, "BatchWorkerFunction"))

    def pass_time(self, minutes: int) -> None:
        """Ticks of the poller, one a minute, and the worker's messages between them."""
        for _ in range(minutes):
            self.world.clock.advance(61)
            self.world.tick()
            self.work()


def post_file(form: Mapping[str, Any], content: bytes) -> None:
    """Upload a file with a form, as a browser does."""
    requests.post(form["url"], data=form["fields"], files={"file": content}, timeout=60).raise_for_status()
