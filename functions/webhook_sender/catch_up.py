"""Every minute: probes a receiver that failed, and brings back what was set aside once it answers again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from payouts.domain.errors import PayoutError
from payouts.runtime import metrics
from payouts.store.webhook_breaker import Breaker
from payouts.webhooks.receiver import Outcome
from webhook_sender.batch import attempt_delivery, subject
from webhook_sender.queues import Message

if TYPE_CHECKING:
    from webhook_sender.services import Services

PER_MINUTE = 3_000
"""Messages brought back by one run, so that a receiver that just came back is not flooded."""
_RESERVE_SECONDS = 15.0
"""Time left that one more step may need."""


class CatchUp:
    """The scheduled half of the breaker."""

    def __init__(self, services: "Services", logger: Logger) -> None:
        self._services = services
        self._logger = logger

    def run(self, seconds_left: Callable[[], float]) -> dict[str, Any]:
        """Probe if the breaker is open, and move messages if it is closed and some were set aside."""
        breaker = self._services.breaker.read()
        metrics.publish({"WebhooksStopped": int(breaker.stopped), "WebhookBreakerOpen": int(not breaker.is_closed)})
        if breaker.stopped:
            return {"breaker": "stopped", "moved": 0}
        if not breaker.is_closed:
            return {"breaker": "closed" if self._probe() else "open", "moved": 0}
        return {"breaker": "closed", "moved": self._move(breaker, seconds_left) if breaker.catch_up_until else 0}

    def _probe(self) -> bool:
        """Deliver one message that was set aside. Returns True if that succeeded: catching up then begins."""
        for message in self._services.queues.take(1):
            outcome = self._deliver(message)
            if outcome is Outcome.DELIVERED:
                self._services.breaker.reset(self._now())
                self._services.queues.remove(message)
                return True
            if outcome is Outcome.GONE:
                self._services.breaker.stop()
            elif self._services.queues.set_aside(message["Body"]):  # as the last: the next probe takes another one
                self._services.queues.remove(message)
        return False

    def _deliver(self, message: Message) -> Outcome:
        about = subject(message["Body"])
        try:
            attempt = attempt_delivery(self._services, about)
        except (PayoutError, ValueError) as error:
            self._logger.warning("webhook not sent", about=about, reason=str(error))
            return Outcome.FAILED
        self._logger.info("webhook probe", about=about, outcome=attempt.outcome, cause=attempt.cause)
        return attempt.outcome

    def _move(self, breaker: Breaker, seconds_left: Callable[[], float]) -> int:
        """Move messages to the replay queue. It ends for good once the queue has been empty for some minutes."""
        moved, queues, found = 0, self._services.queues, None
        while moved < PER_MINUTE and seconds_left() > _RESERVE_SECONDS and (found := queues.take()):
            moved += queues.bring_back(found)
        if moved:
            self._services.breaker.extend_catching_up(self._now())
        elif found == [] and self._now() > breaker.catch_up_until:
            self._services.breaker.end_catching_up(breaker)
        self._logger.info("webhooks brought back", moved=moved)
        return moved

    def _now(self) -> int:
        return int(self._services.clock() * 1000)
