"""The environment variables of the notification receiver."""

from collections.abc import Mapping
from dataclasses import dataclass

from doku_signing.notification import Scheme
from payouts.runtime.variables import Reader, networks, one_of, word


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """How notifications are authenticated and where they are queued."""

    queue_url: str
    table_name: str
    """The table with the requestId of each notification."""
    secret_id: str
    scheme: Scheme
    sources: tuple[str, ...]
    """Networks that DOKU sends from; empty for any."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "ReceiverSettings":
        """From `NOTIFICATION_*`, `TABLE_NAME` and `DOKU_SECRET_ID`."""
        read = Reader(environment)
        return cls(
            queue_url=read("NOTIFICATION_QUEUE_URL", word),
            table_name=read("TABLE_NAME", word),
            secret_id=read("DOKU_SECRET_ID", word),
            scheme=read("NOTIFICATION_SIGNATURE", one_of(Scheme), Scheme.AES_ECB),
            sources=read("NOTIFICATION_SOURCES", networks, ""),
        )
