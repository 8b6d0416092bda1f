"""A deployment in this process, called like API Gateway, the queue and the schedule do."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any, ClassVar, Self
from unittest.mock import patch

from aws_lambda_powertools import Logger
from boto3.session import Session

from local.aws.bundle import QueueTrigger
from local.aws.event_source import Drained, Pump
from local.clock import Clock
from local.doku_simulator.control import Control
from local.in_process.aws_faults import AwsFaults
from local.in_process.clients import hooked
from local.in_process.deployment_state import DeploymentState
from local.in_process.invocation import Answer, Context, InProcess
from local.in_process.samples import route_key, sample_event
from notification_processor import app as processor
from notification_processor import services as processor_services
from notification_receiver import app as receiver
from notification_receiver import services as receiver_services
from payouts.runtime import aws
from status_poller import app as poller
from status_poller import services as poller_services
from transfer_api.app import create_handler
from transfer_api.services import build_services

_in_the_api = RLock()
_CHECK_INTERVAL = 10.5
"""A little more than the seconds within which the API does not check a transfer again."""


@contextmanager
def _alone() -> Iterator[None]:
    """Raise RuntimeError if another thread is in the API: Powertools stores the current event in a class attribute.

    That is correct in Lambda, where an environment has one invocation at a time. The same thread may call again:
    histories interrupt one environment's write with another's. `tests.contention` uses processes.
    """
    if not _in_the_api.acquire(blocking=False):
        raise RuntimeError("two threads of one process called the transfer API at once, which would mix their events")
    try:
        yield
    finally:
        _in_the_api.release()


@dataclass
class World(DeploymentState):
    """A deployment: the handlers, the table, DOKU and the clock."""

    request_observers: ClassVar[list[Callable[[Any], None]]] = []
    """Called with the body of each API request before it is sent. Tests add theirs; benchmarks have none."""
    answer_observers: ClassVar[list[Callable[[str, Answer], None]]] = []
    """Called with the route, such as `GET /health`, and the answer."""

    clock: Clock
    faults: AwsFaults
    call_handler: Callable[[dict[str, Any], Any], dict[str, Any]]
    call_receiver: Callable[[dict[str, Any], Any], dict[str, Any]]
    call_processor: Callable[[dict[str, Any], Any], dict[str, Any]]
    call_poller: Callable[[dict[str, Any], Any], dict[str, Any]]

    @classmethod
    def start(
        cls,
        environment: dict[str, str],
        clock: Clock,
        doku: Control,
        skew: float = 0.0,
        watch: Callable[[Session], None] = lambda session: None,
    ) -> Self:
        """Cold-start the functions. Their clock is `skew` seconds ahead.

        `watch` may hook into the session that creates the AWS clients.
        """
        session, faults = hooked()
        watch(session)
        aws.session.cache_clear()
        with patch.object(aws, "Session", lambda: session):
            aws.session()
        now, logger = (lambda: clock() + skew), Logger(service="payouts")

        def no_jitter() -> float:
            return 0.0

        services = build_services(environment, now, no_jitter)
        return cls(
            environment=environment,
            doku=doku,
            services=services,
            clock=clock,
            faults=faults,
            call_handler=create_handler(services, logger),
            call_receiver=receiver.create_handler(receiver_services.build_receiver(environment, now), logger),
            call_processor=processor.create_handler(
                processor_services.build_services(environment, now, lambda: 0.0), logger
            ),
            call_poller=poller.create_handler(poller_services.build_services(environment, now, lambda: 0.0), logger),
        )

    def restarted(self, skew: float = 0.0) -> "World":
        """Another cold start with the same table and DOKU."""
        return World.start(self.environment, self.clock, self.doku, skew)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        remaining: Callable[[], int] = lambda: 29_000,
        sent_path: str | None = None,
        caller: str | None = "frontend-1",
        scope: str = "transfers:read transfers:write",
        claims: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call the transfer API as API Gateway does. A `str` body is sent as it is, any other as JSON.

        `path` is the path that the function gets, `sent_path` the one that was sent, if different. `caller` is the
        token's `sub`; None for a token without it. `scope` is the token's; `claims` are further ones.
        """
        event = sample_event("create-transfer")
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
        event["requestContext"]["http"]["method"] = method
        event["headers"] |= {name.lower(): value for name, value in (headers or {}).items()}
        event["body"] = body if isinstance(body, str | None) else json.dumps(body)
        event["routeKey"] = event["requestContext"]["routeKey"] = route_key(method, sent_path or path)
        for observe in self.request_observers:
            observe(body)
        held = event["requestContext"]["authorizer"]["jwt"]["claims"]
        held |= {"sub": caller, "scope": scope, **(claims or {})}
        if caller is None:
            del held["sub"]
        if query:
            event["queryStringParameters"] = dict(query)
        with _alone():
            answer = Answer.of(self.call_handler(event, Context(remaining)))
        return self._observed(event["routeKey"], answer)

    def _observed(self, route: str, answer: Answer) -> Answer:
        for observe in self.answer_observers:
            observe(route, answer)
        return answer

    def create(self, body: Mapping[str, Any], **options: Any) -> Answer:
        """POST /v1/transfers."""
        return self.request("POST", "/v1/transfers", dict(body), **options)

    def get(self, reference: str, refresh: bool = False) -> Answer:
        """GET /v1/transfers/{partnerReferenceNo}."""
        return self.request("GET", f"/v1/transfers/{reference}", query={"refresh": "true"} if refresh else None)

    def notify(self, kind: str, body: Any, headers: Mapping[str, str], **changes: Any) -> Answer:
        """Call the receiver with a notification, as API Gateway does. A `str` body is sent as it is."""
        event = sample_event(f"{kind}-notification")
        event["headers"] = {name.lower(): value for name, value in headers.items()}
        event["body"] = body if isinstance(body, str | None) else json.dumps(body)
        answer = Answer.of(self.call_receiver({**event, **changes}, Context(lambda: 10_000)))
        return self._observed(f"POST /notifications/kirim-doku/{kind}", answer)

    def tick(self, number: int = 0, of: int = 1, remaining: Callable[[], int] = lambda: 60_000) -> dict[str, Any]:
        """Run one tick of the poller."""
        return self.call_poller({"poller": number, "of": of}, Context(remaining, "StatusPollerFunction"))

    def report(self) -> dict[str, Any]:
        """Run the daily report."""
        return self.call_poller({"report": "yesterday"}, Context(lambda: 60_000, "StatusPollerFunction"))

    def pump(self, remaining: Callable[[], int] = lambda: 60_000, batches: int = 1000) -> Drained:
        """Process all visible messages, at most `batches` batches."""
        url = self.environment["NOTIFICATION_QUEUE_URL"]
        trigger = QueueTrigger("NotificationProcessorFunction", "NotificationQueue", 10, 0, True, None)
        function = InProcess(self.call_processor, remaining)
        return Pump(trigger, url, self.sqs, function).drain(max_batches=batches)

    def let_time_pass(self, reference: str, minutes: int = 60) -> str:
        """Check the transfer whenever it is due, for `minutes`. Returns the status at the end."""
        until = self.clock() + minutes * 60
        while (transfer := self.stored(reference)) and transfer.next_check_at is not None and self.clock() <= until:
            due = transfer.next_check_at / 1000
            if due > until:
                break
            self.clock.advance(max(_CHECK_INTERVAL, due - self.clock()))
            self.request("POST", f"/v1/transfers/{reference}/status-checks")
        stored = self.stored(reference)
        assert stored is not None
        return str(stored.status)
