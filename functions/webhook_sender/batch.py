"""Delivers a batch of messages, all at the same time: a slow receiver costs a batch no more than its time-out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from payouts.domain.errors import PayoutError
from payouts.runtime import metrics
from payouts.store.webhook_breaker import Breaker
from payouts.webhooks.receiver import Attempt, Outcome
from webhook_sender.queues import Message

if TYPE_CHECKING:
    from webhook_sender.services import Services

RETRY_SECONDS = (5, 300, 1_800, 7_200)
"""Delays before the second to fifth attempt. After the fifth, the message is set aside in the dead-letter queue."""
_MAX_DELAY = 39_600
"""SQS hides a message for at most 12 hours."""
TEST = "WebhookTest"
"""Detail type of a message that asks for a test; others name a transfer or a batch."""


class BatchSender:
    """Sends a batch from the queue of events or of replays."""

    def __init__(self, services: "Services", logger: Logger) -> None:
        self._services = services
        self._logger = logger

    def send(self, records: Sequence[Message]) -> list[Message]:
        """Deliver each message once, messages about one transfer or batch together. Returns those to keep.

        While the breaker is not closed, messages are set aside; a test is sent anyway.
        """
        if not records:
            return []
        breaker = self._services.breaker.read()
        groups: dict[str, list[Message]] = {}
        kept: list[Message] = []
        for record in records:
            about = subject(record["body"])
            if breaker.is_closed or about.startswith("test:"):
                groups.setdefault(about, []).append(record)
            elif not self._set_aside(record):
                kept.append(record)
        return kept + self._deliver(groups, breaker)

    def _deliver(self, groups: Mapping[str, list[Message]], breaker: Breaker) -> list[Message]:
        if not groups:
            return []
        with ThreadPoolExecutor(len(groups)) as pool:
            attempts = list(pool.map(self._attempt, groups))
        self._count(attempts, breaker)
        results = zip(groups.values(), attempts, strict=True)
        return [record for group, attempt in results for record in group if not self._is_done(record, attempt)]

    def _attempt(self, about: str) -> Attempt | None:
        """Deliver what a message is about; None if the attempt did not get as far as the receiver."""
        try:
            attempt = attempt_delivery(self._services, about)
        except Exception as error:
            reason = error.message if isinstance(error, PayoutError) else type(error).__name__
            self._logger.warning("webhook not sent", about=about, reason=reason)
            return None
        self._logger.info("webhook", about=about, outcome=attempt.outcome, cause=attempt.cause)
        return attempt

    def _count(self, attempts: Iterable[Attempt | None], breaker: Breaker) -> None:
        """Record the outcomes in the breaker. A failure here delays only the breaker."""
        outcomes = [attempt.outcome for attempt in attempts if attempt is not None]
        delivered, failed = outcomes.count(Outcome.DELIVERED), len(outcomes) - outcomes.count(Outcome.DELIVERED)
        metrics.publish({"WebhooksDelivered": delivered, "WebhooksFailed": failed})
        with suppress(PayoutError):
            if Outcome.GONE in outcomes:
                self._services.breaker.stop()
            if delivered and breaker.failures:
                self._services.breaker.reset(int(self._services.clock() * 1000))
            elif failed and not delivered:
                self._services.breaker.add_failures(failed)

    def _is_done(self, record: Message, attempt: Attempt | None) -> bool:
        """True if the message may be deleted: delivered, or safe in the dead-letter queue. A test is sent once."""
        if attempt is not None and (
            attempt.outcome is Outcome.DELIVERED or subject(record["body"]).startswith("test:")
        ):
            return True
        received = int(record["attributes"]["ApproximateReceiveCount"])
        if received > len(RETRY_SECONDS) or (attempt is not None and attempt.outcome is Outcome.GONE):
            return self._set_aside(record)
        wanted = attempt.retry_after if attempt is not None else 0
        self._services.queues.put_off(record, min(max(RETRY_SECONDS[received - 1], wanted), _MAX_DELAY))
        return False

    def _set_aside(self, record: Message) -> bool:
        done = self._services.queues.set_aside(record["body"])
        self._logger.warning("webhook set aside", about=subject(record["body"]), done=done)
        metrics.publish({"WebhooksSetAside": int(done)})
        return done


def subject(body: str) -> str:
    """What a message is about: `transfer:` or `batch:` and a reference, or `test:` and an id. Empty if unreadable."""
    try:
        event = json.loads(body)
        if event["detail-type"] == TEST:
            return f"test:{event['detail']['test']}"
        if "batchReference" in event["detail"]:
            return f"batch:{event['detail']['batchReference']}"
        return f"transfer:{event['detail']['partnerReferenceNo']}"
    except (ValueError, KeyError, TypeError):
        return ""


def attempt_delivery(services: "Services", about: str) -> Attempt:
    """Deliver what `subject` names. Raises PayoutError, and ValueError for an unreadable message."""
    kind, _, name = about.partition(":")
    if kind == "transfer":
        return services.delivery.deliver(name)
    if kind == "batch":
        return services.delivery.deliver_batch(name)
    if kind != "test":
        raise ValueError("the message names neither a transfer nor a batch")
    try:
        attempt = services.delivery.send_test()
    except PayoutError as error:
        attempt = Attempt(Outcome.FAILED, error.message)
    services.tests.save(name, attempt.outcome, attempt.cause, services.clock())
    return attempt
