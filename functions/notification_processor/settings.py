"""The environment variables of the notification processor."""

from collections.abc import Mapping
from dataclasses import dataclass

from payouts.runtime.variables import Reader, word


@dataclass(frozen=True, slots=True)
class ProcessorSettings:
    """The notification queue."""

    queue_url: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "ProcessorSettings":
        """From `NOTIFICATION_QUEUE_URL`."""
        return cls(queue_url=Reader(environment)("NOTIFICATION_QUEUE_URL", word))
