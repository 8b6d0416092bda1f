"""A scenario of batches: where it begins, who may act, and its bound."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from unittest.mock import patch

from payouts.domain import batch_rows
from payouts.domain.batch import Action, Approval, Batch, BatchStatus, Event
from payouts.domain.batch_rows import BatchRow, RowOutcome, checked_summary, chunks_of, digest
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.codec import Item
from payouts.store.table import Table
from tests.verification.batch_model.outside import AMOUNT, NAME
from tests.verification.batch_model.parts import CHECKER, MAKER, REFERENCE
from tests.verification.model.scenario import BEGAN

ENOUGH = 10**15
_APPROVED = (BatchStatus.SCHEDULED, BatchStatus.PAYING)


class Budget(NamedTuple):
    """How often each event may still happen on one path."""

    deliveries: int = 0
    """Messages that name a chunk. Any chunk, at any time: messages may be lost, repeated and late."""
    ticks: int = 0
    decisions: int = 0
    faults: int = 0
    """Crashes, refused and lost calls."""
    advances: int = 0
    """Clock moves to the end of the next lease."""
    changes: int = 0
    """Changes of stored rows, with their summary, by other means than this software."""


@dataclass(frozen=True)
class BatchScenario:
    """One exploration: every path of these actors within the budget."""

    name: str
    budget: Budget
    status: BatchStatus = BatchStatus.PAYING
    rows: int = 2
    chunk_rows: int = 1
    workers: tuple[int, ...] = (0, 0)
    """The chunk that each worker's messages name."""
    drivers: int = 0
    decisions: tuple[tuple[str, str], ...] = ()
    """What may be decided, and by whom."""
    people: int = 1
    single: bool = False
    """True if a single transfer under the first row's reference may be requested."""
    deposit: int = ENOUGH
    renames: bool = False
    approved: bool = True
    """False if the batch was submitted while no approval was required. One is by now."""

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return -(-self.rows // self.chunk_rows)

    def items(self) -> dict[str, Item]:
        """The table at the start."""
        collected = _Collecting()
        with patch.object(batch_rows, "CHUNK_ROWS", self.chunk_rows):
            assert chunks_of(self.rows) == self.chunks
            self._store(collected)
        return collected.items

    def _store(self, table: Table) -> None:
        rows = [_row(number, self.status) for number in range(1, self.rows + 1)]
        chunks = [rows[start : start + self.chunk_rows] for start in range(0, self.rows, self.chunk_rows)]
        summaries = [checked_summary(each) for each in chunks]
        ChunkStore(table).load(REFERENCE, chunks, summaries, BEGAN)
        events = (Event(BEGAN, MAKER, Action.CREATED),)
        batch = Batch(REFERENCE, "1:x", BEGAN, self.rows, MAKER, self.status, involved=(MAKER,), history=events)
        batch = replace(batch, next_drive_at=BEGAN)
        if self.status in (*_APPROVED, BatchStatus.PENDING_APPROVAL):
            batch = replace(batch, approvals_required=int(self.approved), submitted_at=BEGAN)
            batch = replace(batch, digest=digest(batch, (each.seal for each in summaries)))
        if self.status in _APPROVED and self.approved:
            batch = replace(batch, approvals=(Approval(CHECKER, batch.digest, BEGAN),))
        if self.status is BatchStatus.PAYING:
            batch = replace(batch, released_at=BEGAN, limits_taken=True)
        BatchStore(table).create(batch)


def _row(number: int, status: BatchStatus) -> BatchRow:
    reference, account = f"{REFERENCE}-{number}", f"837738829{number}"
    intent = Intent(reference, "628115678890", account, "014", Rupiah(AMOUNT), "", beneficiary_account_name=NAME)
    if status is BatchStatus.CHECKING:
        return BatchRow(number, intent)
    return BatchRow(number, intent, RowOutcome.OK, bank_name=NAME)


class _Collecting(Table):
    """A table that keeps what is put."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def put(self, item: Item, condition: str, names: Any, values: Any) -> None:
        """Keep the item."""
        self.items[item["pk"]] = dict(item)
