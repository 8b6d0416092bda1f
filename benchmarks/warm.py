"""Cost of a warm request: own processor time, and calls to AWS and DOKU with their capacity.

Own time is the processor time of the handling thread without the AWS and DOKU clients, so that of this repository,
Powertools and pydantic.
"""

import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from botocore.client import BaseClient
from requests.adapters import HTTPAdapter
from rich.console import Console
from rich.table import Table
from urllib3.response import HTTPResponse

from benchmarks.deployment import PAUSE, Deployment, running
from doku_signing.notification import Scheme, sign_notification
from local.in_process.invocation import Context
from local.in_process.samples import inquiry_of, order, sample_event
from local.in_process.world import World

_WARM_UP, _ROUNDS = 10, 40
_DUE, _DAYS = 400, 86_400
_OUTSIDE = ((BaseClient, "_make_api_call"), (HTTPAdapter, "send"), (HTTPResponse, "read1"))
"""Calls that are not counted as own time."""
_OUTSIDE_DOKU = HTTPAdapter.send
Act = Callable[[], None]
_UNPAID = {"beneficiaryAccountNumber": "0012345678"}


@dataclass
class Meter:
    """Processor time of this thread in the handlers, the part spent in clients, and the operations of DOKU called."""

    handling: float = 0.0
    outside: float = 0.0
    doku: list[str] = field(default_factory=list)
    _inside: bool = False
    _depth: int = 0

    @contextmanager
    def installed(self, world: World) -> Iterator[None]:
        """Measure until the end of the `with`. The world's handlers stay wrapped."""
        originals = [(owner, name, getattr(owner, name)) for owner, name in _OUTSIDE]
        for owner, name, original in originals:
            setattr(owner, name, self._cut_out(original))
        for name in ("call_handler", "call_receiver", "call_processor", "call_poller"):
            setattr(world, name, self._timed(getattr(world, name)))
        try:
            yield
        finally:
            for owner, name, original in originals:
                setattr(owner, name, original)

    def reset(self) -> None:
        """Set all measurements to zero."""
        self.handling = self.outside = 0.0
        self.doku.clear()

    @property
    def micros(self) -> float:
        """Processor time of the handlers since the last `reset`, the clients included, in microseconds."""
        return self.handling * 1e6

    @property
    def own_micros(self) -> float:
        """Own time since the last `reset`, in microseconds."""
        return (self.handling - self.outside) * 1e6

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            self._inside, began = True, time.thread_time()
            try:
                return call(*arguments)
            finally:
                self.handling += time.thread_time() - began
                self._inside = False

        return timed

    def _cut_out(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def cut_out(*arguments: Any, **named: Any) -> Any:
            if call is _OUTSIDE_DOKU:
                self.doku.append(str(arguments[1].url).rpartition("/")[2])
            self._depth += 1
            began = time.thread_time()
            try:
                return call(*arguments, **named)
            finally:
                self._depth -= 1
                if self._inside and self._depth == 0:
                    self.outside += time.thread_time() - began

        return cut_out


@dataclass
class Seen:
    """Measurements of one operation: processor time of each request in microseconds, all calls, and bytes of log."""

    requests: int = 0
    micros: list[float] = field(default_factory=list)
    all_micros: list[float] = field(default_factory=list)
    """With the clients of AWS and DOKU."""
    aws: Counter[str] = field(default_factory=Counter)
    doku: Counter[str] = field(default_factory=Counter)
    read: float = 0.0
    written: float = 0.0
    log_bytes: int = 0

    def per_request(self, counts: Counter[str]) -> str:
        """Calls per request, as text."""
        shares = {name: count / self.requests for name, count in sorted(counts.items())}
        return ", ".join(f"{share:g} {name}" for name, share in shares.items() if share >= 0.01) or "none"


def run(console: Console) -> Mapping[str, float]:
    """Measure every operation of the warm path."""
    table = Table(
        "operation", "own us", "AWS", "DOKU", "read units", "write units", "log bytes", title="A request, warm"
    )
    figures: dict[str, float] = {}
    with running() as deployment:
        for name, seen in (_polled(deployment) | _measured(deployment)).items():
            own = statistics.median(seen.micros) if seen.micros else None
            aws, doku = seen.per_request(seen.aws), seen.per_request(seen.doku)
            row = (name.replace("_", " "), f"{own:.0f}" if own else "", aws, doku)
            log = f"{seen.log_bytes / seen.requests:,.0f}"
            table.add_row(*row, f"{seen.read / seen.requests:g}", f"{seen.written / seen.requests:g}", log)
            figures |= {f"own_us_{name}": own, f"cpu_us_{name}": statistics.median(seen.all_micros)} if own else {}
            figures |= {
                f"read_units_{name}": seen.read / seen.requests,
                f"write_units_{name}": seen.written / seen.requests,
                f"calls_aws_{name}": seen.aws.total() / seen.requests,
                f"log_bytes_{name}": seen.log_bytes / seen.requests,
            }
    console.print(table)
    return figures


def _measured(deployment: Deployment) -> dict[str, Seen]:
    meter = Meter()
    with meter.installed(deployment.world):
        return {name: _operation(deployment, meter, *steps) for name, steps in _operations(deployment).items()}


def _operation(deployment: Deployment, meter: Meter, prepare: Callable[[], Act], wait: float) -> Seen:
    """Prepare all requests, let `wait` seconds of DOKU's time pass, then measure one request after the other."""
    acts = [prepare() for _ in range(_WARM_UP + _ROUNDS)]
    deployment.world.clock.advance(wait)
    seen = Seen()
    for turn, act in enumerate(acts):
        deployment.world.clock.advance(PAUSE)
        deployment.capacity.reset()
        deployment.world.faults.calls.clear()
        deployment.log.reset()
        meter.reset()
        act()
        if turn >= _WARM_UP:
            seen.requests += 1
            seen.micros.append(meter.own_micros)
            seen.all_micros.append(meter.micros)
            seen.log_bytes += deployment.log.bytes
            seen.aws.update(deployment.world.faults.calls)
            seen.doku.update(meter.doku)
            seen.read += deployment.capacity.read
            seen.written += deployment.capacity.written
    return seen


def _polled(deployment: Deployment) -> dict[str, Seen]:
    """The poller's questions in a tick with many: the first check, which finds the transfer paid, a look at a paid
    transfer on a later day, and the second check of one that stays open."""
    world = deployment.world
    _create(world)
    measured = {"first_check": _tick(deployment, 300, "learned"), "look": _tick(deployment, 2 * _DAYS, "looks")}
    measured["idle_tick"] = _tick(deployment, 61, "learned", due=0)
    _create(world, **_UNPAID)
    world.clock.advance(61)
    world.tick()
    return measured | {"later_check": _tick(deployment, 61, "learned")}


def _create(world: World, **fields: str) -> None:
    for _ in range(_DUE):
        _created(world, **fields)


def _tick(deployment: Deployment, wait: float, counted: str, due: int = _DUE) -> Seen:
    """One tick after `wait` seconds, in which the poller asks about all transfers that are due."""
    world = deployment.world
    world.clock.advance(wait)
    world.request("GET", "/v1/balance")  # puts a token in memory
    deployment.capacity.reset()
    deployment.log.reset()
    world.faults.calls.clear()
    asked = world.tick()[counted]
    if asked != due:
        raise RuntimeError(f"{asked} questions instead of {due}")
    aws, doku = Counter(world.faults.calls), Counter({"qr-mpm-status": asked})
    read, written = deployment.capacity.read, deployment.capacity.written
    return Seen(asked or 1, aws=aws, doku=doku, read=read, written=written, log_bytes=deployment.log.bytes)


def _operations(deployment: Deployment) -> Mapping[str, tuple[Callable[[], Act], float]]:
    """The preparation of each operation, and the seconds that pass at DOKU before it runs."""
    world = deployment.world

    def inquire() -> Act:
        body = inquiry_of(order())
        return lambda: _expect(world.request("POST", "/v1/account-inquiries", body).status, 200)

    def create() -> Act:
        body = _with_session(world, order())
        return lambda: _expect(world.create(body).status, 201)

    def create_without_session() -> Act:
        body = order()
        return lambda: _expect(world.create(body).status, 201)

    def get() -> Act:
        reference = _created(world)
        return lambda: _expect(world.get(reference).status, 200)

    def check() -> Act:
        path = f"/v1/transfers/{_created(world)}/status-checks"
        return lambda: _expect(world.request("POST", path).status, 200)

    def receive() -> Act:
        body, headers = _notification(deployment, _created(world, **_UNPAID))
        return lambda: _expect(world.notify("unpaid", body, headers).status, 200)

    def process() -> Act:
        world.pump()  # process earlier notifications
        event = _queued(*_notification(deployment, _created(world, **_UNPAID)))
        context = Context(lambda: 60_000)
        return lambda: _expect(len(world.call_processor(event, context)["batchItemFailures"]), 0)

    return {
        "inquire": (inquire, 0),
        "create": (create, 0),
        "create_without_session": (create_without_session, 0),
        "get": (get, 0),
        "check": (check, 60),
        "receive": (receive, 60),
        "process": (process, 300),
    }


def _queued(body: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    """The processor's event with one notification, as the receiver queues it."""
    event = sample_event("notification-queue")
    kept = json.loads(event["Records"][0]["body"]) | {"requestId": headers["requestId"], "body": json.dumps(body)}
    event["Records"] = [event["Records"][0] | {"messageId": headers["requestId"], "body": json.dumps(kept)}]
    return event


def _with_session(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = world.request("POST", "/v1/account-inquiries", inquiry_of(body))
    return {**body, "sessionId": answer.body["sessionId"]}


def _created(world: World, **fields: str) -> str:
    answer = world.create(_with_session(world, order(**fields)))
    return str(answer.body["partnerReferenceNo"])


def _notification(deployment: Deployment, reference: str) -> tuple[dict[str, str], dict[str, str]]:
    transfer = deployment.world.stored(reference)
    assert transfer is not None
    request_id, agent_key = str(uuid4()), deployment.secret["agentKey"]
    signature = sign_notification(Scheme.AES_ECB, deployment.secret["notificationKey"], agent_key, request_id)
    body = {
        "sendTrxId": reference,
        "transactionId": transfer.doku_reference_no,
        "transactionStatus": "50",
        "activityCode": "200",
        "message": "Transaction is Success",
        "processDate": "2024-01-12'T'07:30:12",
    }
    return body, {"requestId": request_id, "agentKey": agent_key, "signature": signature}


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise RuntimeError(f"got {found} instead of {wanted}")
