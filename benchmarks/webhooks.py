"""Webhooks on the local stack: the time from a change to its delivery, and losses at a receiver that often fails."""

import itertools
import json
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

import requests
from rich.console import Console

from local.aws import dead_letters
from local.gateway.http_server import HttpServer, Request, Response
from local.gateway.inbox import PATH, Inbox
from local.in_process.samples import order
from local.stack import LocalStack

_TRANSFERS = 60
_PATIENCE = 60.0
"""Seconds to wait for the deliveries of the timed run."""
_ROUNDS, _STEP_SECONDS = 200, 300
"""Simulated time for the deliveries of the failing receiver: the retries of one message take up to three hours."""
_QUEUES = ("WebhookQueue", "WebhookReplayQueue", "WebhookDeadLetterQueue")

_UNPAID = {"beneficiaryAccountNumber": "0012345678"}
"""DOKU's answer reports that it is not paid yet: an event, other than its acceptance."""

Delivery = Mapping[str, Any]


def run(console: Console) -> Mapping[str, float]:
    """Measure and print."""
    milliseconds, lost = statistics.median(_times()), _lost()
    console.print(f"webhooks: {milliseconds:.0f} ms from a change to its delivery (median of {_TRANSFERS})")
    console.print(f"webhooks: {lost} of {_TRANSFERS} final statuses lost by a receiver that fails half the time")
    return {"webhook_p50_ms": milliseconds, "webhook_lost": float(lost)}


def _times() -> list[float]:
    """Milliseconds from each answer of DOKU to the delivery of the status, while the stack runs by itself."""
    with LocalStack(background=True) as stack:
        _create(stack, 1)  # starts the functions
        _wait(stack.inbox, 1)
        stack.inbox.clear()
        _create(stack, _TRANSFERS)
        _wait(stack.inbox, _TRANSFERS)
        return [_milliseconds(each) for each in stack.inbox.state()["deliveries"]]


def _lost() -> int:
    """Transfers whose last delivery did not tell their final status."""
    with _failing_receiver() as (receiver, url), LocalStack(parameters={"WebhookUrl": url}) as stack:
        receiver.append(Inbox(stack.webhook_secrets, stack.clock, kept=100 * _TRANSFERS))
        references = _create(stack, _TRANSFERS)
        for _ in range(_ROUNDS):
            stack.simulator.advance(_STEP_SECONDS)
            stack.tick()
            stack.drain()
            if not any(dead_letters.count(stack.aws.sqs, stack.queue_url(queue)) for queue in _QUEUES):
                break
        told = {each["partnerReferenceNo"]: each["status"] for each in _accepted(receiver[0])}
        return sum(told.get(reference) != "SUCCESS" for reference in references)


@contextmanager
def _failing_receiver() -> Iterator[tuple[list[Inbox], str]]:
    """An inbox, once there is one, whose every other delivery fails; and its URL."""
    receiver: list[Inbox] = []
    numbers = itertools.count()

    def receive(request: Request) -> Response:
        receiver[0].fail(next(numbers) % 2)
        return receiver[0].handlers()[PATH](request)

    with closing(HttpServer(receive, 0)) as server:
        server.start()
        yield receiver, server.url + PATH


def _create(stack: LocalStack, count: int) -> list[str]:
    headers = {"Authorization": f"Bearer {stack.token()}"}
    bodies = [order(**_UNPAID) for _ in range(count)]
    for body in bodies:
        requests.post(f"{stack.api_url}/v1/transfers", json=body, headers=headers, timeout=60).raise_for_status()
    return [body["partnerReferenceNo"] for body in bodies]


def _wait(inbox: Inbox, count: int) -> None:
    until = time.monotonic() + _PATIENCE
    while len(inbox.state()["deliveries"]) < count:
        if time.monotonic() > until:
            raise RuntimeError(f"fewer than {count} webhooks were delivered in {_PATIENCE:.0f} s")
        time.sleep(0.05)


def _accepted(inbox: Inbox) -> list[dict[str, Any]]:
    """The data of the accepted deliveries, oldest first."""
    received = reversed(inbox.state()["deliveries"])
    return [json.loads(each["body"])["data"] for each in received if each["status"] == 204]


def _milliseconds(delivery: Delivery) -> float:
    changed = datetime.fromisoformat(json.loads(delivery["body"])["timestamp"])
    return (datetime.fromisoformat(delivery["at"]) - changed).total_seconds() * 1000
