"""The environment variables of the webhook sender."""

from collections.abc import Mapping
from dataclasses import dataclass

from payouts.runtime.variables import Reader, webhook_url, word


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where webhooks are delivered, and the queues of the messages that cause them."""

    url: str
    queue_url: str
    replay_queue_url: str
    dead_letter_queue_url: str
    secret_id: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "WebhookSettings":
        """From `WEBHOOK_*` and `DOKU_SECRET_ID`."""
        read = Reader(environment)
        return cls(
            url=read("WEBHOOK_URL", webhook_url),
            queue_url=read("WEBHOOK_QUEUE_URL", word),
            replay_queue_url=read("WEBHOOK_REPLAY_QUEUE_URL", word),
            dead_letter_queue_url=read("WEBHOOK_DEAD_LETTER_QUEUE_URL", word),
            secret_id=read("DOKU_SECRET_ID", word),
        )
