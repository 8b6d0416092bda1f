"""DOKU's ledger and the table at one time."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from local.aws import moto_server
from local.aws.session import REGION
from payouts.domain.transfer import Transfer
from payouts.store import codec, items
from tests.support.harness import World

Json = Mapping[str, Any]
_WIB = timedelta(hours=7)
_WORDS = {"00": "SUCCESS", "03": "UNPAID", "04": "REFUNDED", "05": "FAILED", "06": "FAILED"}
_CLEAN = (None, "slow", "slow-head", "string-codes", "number-codes", "status-says", "pending", "other-reference")
"""Faults with which a status answer is still valid."""


def day(at: float) -> date:
    """The day in WIB of seconds since the epoch."""
    return (datetime.fromtimestamp(at, UTC) + _WIB).date()


@dataclass(frozen=True)
class Word:
    """The status in an answer of DOKU, as our status, and DOKU's reference."""

    reference: str
    says: str
    named: str
    is_lie: bool
    """True if a fault caused the answer, whatever the ledger has."""


def word(request: Json) -> Word | None:
    """The status in an answer to a status check; None if it proves nothing."""
    says = _WORDS.get(str(request["latestTransactionStatus"]))
    if request["operation"] != "status" or request["fault"] not in _CLEAN or says is None:
        return None
    return Word(
        request["partnerReferenceNo"], says, request["originalReferenceNo"] or "", request["fault"] == "status-says"
    )


@dataclass
class Shelf:
    """The transfers in moto's table. Unchanged items are not decoded again."""

    table: str
    _known: dict[str, tuple[Json, Json, Transfer]] = field(default_factory=dict)

    def read(self) -> dict[str, tuple[Json, Transfer]]:
        """The items and transfers by partnerReferenceNo."""
        with moto_server.at_rest():
            kept = dynamodb_backends[moto_server.ACCOUNT][REGION].get_table(self.table).all_items()
            raw = {item.hash_key.value: item.to_json()["Attributes"] for item in kept}
        found = {}
        for pk, attributes in raw.items():
            if pk.startswith(items.key("")):
                found[items.reference(pk)] = self._decoded(pk, attributes)
        return found

    def _decoded(self, pk: str, attributes: Json) -> tuple[Json, Transfer]:
        known = self._known.get(pk)
        if known is None or known[0] != attributes:
            item = codec.decode(attributes)
            known = self._known[pk] = (attributes, item, items.decode(item))
        return known[1], known[2]


@dataclass(frozen=True)
class Snapshot:
    """The simulator's ledger, and all transfers in the table with their items."""

    ledger: Json
    items: Mapping[str, Json]
    """The items by partnerReferenceNo."""
    stored: Mapping[str, Transfer]
    """The transfers of these items."""
    planted: Mapping[str, Json]
    """Items that a newer version of the software wrote."""
    waiting: int
    """Messages in the notification queue and the dead-letter queue, if they were counted."""

    @classmethod
    def take(cls, world: World, shelf: Shelf, count: bool) -> "Snapshot":
        """Read the ledger and the table."""
        found = shelf.read()
        ours = {reference: pair for reference, pair in found.items() if not items.is_newer(pair[0])}
        waiting = world.messages() + world.messages("DEAD_LETTER_QUEUE_URL") if count else 0
        return cls(
            ledger=world.doku.ledger(),
            items={reference: item for reference, (item, _) in ours.items()},
            stored={reference: transfer for reference, (_, transfer) in ours.items()},
            planted={reference: item for reference, (item, _) in found.items() if reference not in ours},
            waiting=waiting,
        )

    @cached_property
    def booked(self) -> Mapping[str, list[Json]]:
        """The transfers that DOKU executed, by partnerReferenceNo: several only without a duplicate check."""
        found = defaultdict(list)
        for one in self.ledger["transfers"]:
            found[one["partnerReferenceNo"]].append(one)
        return found

    def state(self, reference: str) -> str:
        """The state at DOKU: PAID if any execution is, else that of the latest; the empty string without one."""
        states = [one["state"] for one in self.booked.get(reference, [])]
        return "PAID" if "PAID" in states else (states or [""])[-1]

    @cached_property
    def said(self) -> Mapping[str, list[Word]]:
        """DOKU's status answers about each transfer, in order."""
        found = defaultdict(list)
        for said in filter(None, map(word, self.ledger["requests"])):
            found[said.reference].append(said)
        return found

    @cached_property
    def first_sent(self) -> Mapping[str, float]:
        """The time of the first request for each transfer, in seconds since the epoch."""
        return {one["partnerReferenceNo"]: one["at"] for one in reversed(self.requests("transfer"))}

    def requests(self, operation: str) -> list[Json]:
        """The requests of an operation that reached DOKU, in order."""
        return [one for one in self.ledger["requests"] if one["operation"] == operation]

    def of(self, reference: str, operation: str) -> list[Json]:
        """The requests of an operation about one transfer."""
        return [one for one in self.requests(operation) if one["partnerReferenceNo"] == reference]

    def may_move(self, reference: str) -> bool:
        """True if DOKU has a request that it will execute late."""
        return any(one["pending"] for one in self.of(reference, "transfer"))

    def was_misled(self, reference: str) -> bool:
        """True if DOKU refused a request with 401, executed it anyway, and then had no record of it.

        A client cannot distinguish this from a refused request; see docs/proof.md.
        """
        refused = [one for one in self.of(reference, "transfer") if one["httpStatus"] == 401]
        denied = any(one["fault"] == "not-found" for one in self.of(reference, "status"))
        return any(one["fault"] == "late" or (one["executed"] and denied) for one in refused)

    def answered(self, operation: str) -> Counter[str]:
        """The number of requests about each reference, without those refused with 401."""
        return Counter(one["partnerReferenceNo"] for one in self.requests(operation) if one["httpStatus"] != 401)
