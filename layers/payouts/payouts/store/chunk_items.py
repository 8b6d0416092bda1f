"""The items of a batch's chunks: their keys, their attributes, and what they say.

A page has the summaries and leases of 10 chunks, so that the figures of 100,000 rows are 100 items.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from payouts.domain.batch import Totals
from payouts.domain.batch_rows import BatchRow, ChunkSummary, Phase, RowOutcome
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Status
from payouts.store.batch_keys import key
from payouts.store.batch_schema import reading
from payouts.store.codec import Item
from payouts.store.packed_rows import unpacked

PAGE_CHUNKS = 10
"""More would make a read of all pages no cheaper, and each write of a lease or a summary dearer: it costs its page."""
_KEPT_SECONDS = 400 * 86_400
LONGEST_LEASE = 20 * 60_000
"""No worker lasts longer. A lease that ends later was written by a wrong clock and counts as ended."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The rows of a chunk, as they were read."""

    rows: tuple[BatchRow, ...]
    version: int


@dataclass(frozen=True, slots=True)
class ChunkState:
    """What a page has of a chunk.

    `lease` is the time until which a worker has it, or at which the last one took it; 0 before.
    """

    summary: ChunkSummary
    lease: int

    @property
    def tried_at(self) -> int:
        """When a worker had the chunk last, if none has it now."""
        return max(self.lease, self.summary.read_at)

    def is_leased(self, now: int) -> bool:
        """True if a worker may be at work on the chunk."""
        return now < self.lease <= now + LONGEST_LEASE


@dataclass(frozen=True, slots=True)
class NotPaid:
    """Why a row will have no transfer."""

    code: str
    message: str


def kept_from(now: int) -> Item:
    """The attribute by which DynamoDB deletes an item 400 days after `now` (milliseconds)."""
    return {"expiresAt": now // 1000 + _KEPT_SECONDS}


def pages_of(chunks: int) -> int:
    """The number of pages of so many chunks."""
    return -(-chunks // PAGE_CHUNKS)


def rows_key(reference: str, index: int) -> str:
    """The `pk` of a chunk's rows."""
    return f"{key(reference)}#ROWS#{index}"


def page_key(reference: str, page: int) -> str:
    """The `pk` of a page."""
    return f"{key(reference)}#PAGE#{page}"


def reasons_key(reference: str, index: int) -> str:
    """The `pk` of the reasons of a chunk's rows that are not paid."""
    return f"{key(reference)}#NOT_PAID#{index}"


def decode_chunk(item: Item) -> Chunk:
    """The rows in an item. Raises NewerVersion."""
    with reading(item):
        return Chunk(unpacked(item["rows"]), item["version"])


def encode_summary(summary: ChunkSummary) -> Item:
    """The summary as its page has it, without the time at which its transfers were read."""
    return {
        "is": str(summary.phase),
        "first": summary.first,
        "outcomes": {str(name): _totals(each) for name, each in summary.outcomes.items()},
        "payable": _totals(summary.payable),
        "seal": summary.seal,
        "payments": summary.payments,
        "statuses": {str(name): _totals(each) for name, each in summary.statuses.items()},
        "sent": _totals(summary.sent),
        "notPaid": _totals(summary.not_paid),
        "open": summary.open,
    }


def _read_summary(item: Item) -> ChunkSummary:
    return ChunkSummary(
        phase=Phase(item["is"]),
        first=item["first"],
        outcomes={RowOutcome(name): _read_totals(each) for name, each in item["outcomes"].items()},
        payable=_read_totals(item["payable"]),
        seal=item["seal"],
        payments=item["payments"],
        statuses={Status(name): _read_totals(each) for name, each in item["statuses"].items()},
        sent=_read_totals(item["sent"]),
        not_paid=_read_totals(item["notPaid"]),
        open=item["open"],
        check_again=item.get("again", False),
    )


def decode_state(page: Item, index: int) -> ChunkState:
    """What a page, or several that are merged, has of a chunk. Call it within `reading`."""
    summary = replace(_read_summary(page[f"c{index}"]), read_at=page.get(f"t{index}", 0))
    return ChunkState(summary, page.get(f"l{index}", 0))


def _totals(totals: Totals) -> list[int]:
    return [totals.count, totals.amount.sen, totals.fees.sen, totals.fees_unknown]


def _read_totals(stored: Sequence[int]) -> Totals:
    return Totals(stored[0], Rupiah(stored[1]), Rupiah(stored[2]), *stored[3:])
