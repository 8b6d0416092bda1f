"""What DOKU's books and the table say at one moment, side by side."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from payouts.store import items
from payouts.transfer import Transfer
from tests.harness import World

Json = Mapping[str, Any]
_WIB = timedelta(hours=7)


def day(at: float) -> date:
    """The day in Jakarta, of seconds since the epoch."""
    return (datetime.fromtimestamp(at, UTC) + _WIB).date()


@dataclass(frozen=True)
class Snapshot:
    """The simulator's ledger, and every transfer in the table with the attributes of its item."""

    ledger: Json
    items: Mapping[str, Json]
    """By partnerReferenceNo."""
    waiting: int
    """Messages in the notification queue and in the dead-letter queue, where anybody counted them."""

    @classmethod
    def take(cls, world: World, count: bool) -> "Snapshot":
        """As things are now."""
        found = {item["pk"]: item for item in world.scan()}
        transfers = {items.reference(pk): item for pk, item in found.items() if pk.startswith(items.key(""))}
        waiting = world.messages() + world.messages("DEAD_LETTER_QUEUE_URL") if count else 0
        return cls(world.doku.ledger(), transfers, waiting)

    @cached_property
    def stored(self) -> Mapping[str, Transfer]:
        """The transfers by partnerReferenceNo."""
        return {reference: items.decode(item) for reference, item in self.items.items()}

    @cached_property
    def booked(self) -> Mapping[str, Json]:
        """The transfers that DOKU executed, by partnerReferenceNo."""
        return {one["partnerReferenceNo"]: one for one in self.ledger["transfers"]}

    @cached_property
    def first_sent(self) -> Mapping[str, float]:
        """When DOKU was first asked to execute each transfer, in seconds since the epoch."""
        return {one["partnerReferenceNo"]: one["at"] for one in reversed(self.requests("transfer"))}

    def requests(self, operation: str) -> list[Json]:
        """Those of one operation that reached DOKU, in order."""
        return [one for one in self.ledger["requests"] if one["operation"] == operation]

    def answered(self, operation: str) -> Counter[str]:
        """How often DOKU was asked about each reference, requests that it refused with 401 aside."""
        return Counter(one["partnerReferenceNo"] for one in self.requests(operation) if one["httpStatus"] != 401)
