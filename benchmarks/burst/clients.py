"""The merchant's clients: each has one transfer to make, and sends the same request again while it is refused early."""

import heapq
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import gevent

from benchmarks.burst.lambda_platform import Function, Throttle
from benchmarks.burst.virtual_time import VirtualTime
from local.in_process.invocation import Answer
from local.in_process.samples import order, sample_event

_STEP = 0.05
"""Seconds in which requests count as sent at once."""
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 60.0
"""Backoff, doubled after each refusal without Retry-After, with up to half as much jitter."""
_PLATFORM = "platform"


@dataclass
class Clients:
    """`transfers` clients who begin evenly over `seconds` and give up at their end. Attributes count their answers."""

    transfers: int
    seconds: float
    throttle: Throttle
    api: Function
    time: VirtualTime
    random: random.Random
    accepted: dict[str, int] = field(default_factory=dict)
    """Attempts by reference, of transfers that the API has accepted."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Refused requests: by the platform, before the function ran, or by the HTTP status of the function's answer."""
    unexpected: Counter[str] = field(default_factory=Counter)
    """Answers that are neither an acceptance nor retryable, by HTTP status and message."""
    _waiting: list[tuple[float, int, int]] = field(default_factory=list)
    """Time, number and attempts of the clients that will send a request."""

    def run(self) -> None:
        """Send requests until the end, and wait for the last answers."""
        ends = self.time() + self.seconds
        each = self.seconds / self.transfers
        self._waiting = [(self.time() + number * each, number, 0) for number in range(self.transfers)]
        under_way: set[gevent.Greenlet] = set()
        while self._waiting and self._waiting[0][0] < ends:
            self.time.sleep(self._waiting[0][0] + _STEP - self.time())
            while self._waiting and self._waiting[0][0] <= self.time():
                _, number, attempts = heapq.heappop(self._waiting)
                if self.api.is_full or not self.throttle.admits():
                    self._refused(_PLATFORM, number, attempts + 1)
                else:
                    greenlet = gevent.spawn(self._send, number, attempts + 1)
                    under_way.add(greenlet)
                    greenlet.link(under_way.discard)
        gevent.joinall(list(under_way), raise_error=True)

    def _send(self, number: int, attempt: int) -> None:
        reference = f"BURST-{number:06d}"
        event = {**_EVENT, "body": json.dumps({**_BODY, "partnerReferenceNo": reference})}
        result = self.api.invoke(event)
        if result is None:  # API Gateway answers 503; the outcome is unknown, and the same request is sent again
            self._refused("timed out", number, attempt)
            return
        answer = Answer.of(result)
        if answer.status in (201, 202):
            self.accepted[reference] = attempt
        elif answer.body.get("retryable"):
            self._refused(str(answer.status), number, attempt, float(answer.headers.get("Retry-After", 0)))
        else:
            self.unexpected[f"{answer.status} {answer.body.get('response_message')}"] += 1

    def _refused(self, reason: str, number: int, attempt: int, retry_after: float = 0.0) -> None:
        self.refusals[reason] += 1
        wait = retry_after or min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT)
        heapq.heappush(self._waiting, (self.time() + wait * (1 + self.random.random() / 2), number, attempt))


_EVENT: dict[str, Any] = sample_event("create-transfer")
_BODY = order()
