"""The chunks of batches: an item with the rows of each, one with the reasons of rows that are not paid, and pages.

A summary is overwritten and never incremented, so a repeated or lost write cannot make it wrong for good.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from payouts.domain.batch import Batch
from payouts.domain.batch_forgetting import forgotten_row
from payouts.domain.batch_rows import BatchRow, ChunkSummary
from payouts.domain.errors import Unavailable
from payouts.store.batch_keys import key
from payouts.store.batch_schema import reading
from payouts.store.batches import write_of
from payouts.store.chunk_items import (
    LONGEST_LEASE,
    PAGE_CHUNKS,
    Chunk,
    ChunkState,
    NotPaid,
    decode_chunk,
    decode_state,
    encode_summary,
    kept_from,
    page_key,
    pages_of,
    reasons_key,
    rows_key,
)
from payouts.store.codec import Item
from payouts.store.packed_rows import packed, unpacked
from payouts.store.table import ALWAYS, ConditionFailed, Table
from payouts.store.transaction import Write

_LOST = "rows of the batch are missing in the table; restore them from a backup of the table"


class RowsMissing(Unavailable):
    """The table lacks rows or figures of a batch: they are not stored yet, or were deleted."""


class ChunkStore:
    """Chunks in the table. Raises Throttled, Unavailable or NewerVersion. Times in milliseconds."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(
        self, reference: str, chunks: Sequence[Sequence[BatchRow]], summaries: Sequence[ChunkSummary], now: int
    ) -> None:
        """Store all rows of a new batch. May be repeated with the same rows."""
        for index, rows in enumerate(chunks):
            self.add_rows(reference, index, rows, now)
        for page in range(pages_of(len(chunks))):
            self.add_page(reference, page, summaries[page * PAGE_CHUNKS : (page + 1) * PAGE_CHUNKS], now)

    def add_rows(self, reference: str, index: int, rows: Sequence[BatchRow], now: int) -> Sequence[BatchRow]:
        """Store the rows of a chunk unless it is stored already. Returns the rows that are stored."""
        stored = self._put_once(
            {"pk": rows_key(reference, index), "version": 1, "rows": packed(rows), **kept_from(now)}
        )
        return rows if stored is None else unpacked(stored["rows"])

    def add_page(self, reference: str, page: int, summaries: Sequence[ChunkSummary], now: int) -> None:
        """Store the summaries of a page's chunks, whose rows are stored, unless the page is stored already."""
        item = {f"c{page * PAGE_CHUNKS + place}": encode_summary(each) for place, each in enumerate(summaries)}
        self._put_once({"pk": page_key(reference, page), **item, **kept_from(now)})

    def has_page(self, reference: str, page: int) -> bool:
        """True if a page is stored, and therefore the rows of its chunks."""
        return self._table.get(page_key(reference, page)) is not None

    def rows(self, reference: str, index: int) -> Chunk:
        """The rows of a chunk. Raises RowsMissing if the table has lost them."""
        (chunk,) = self.several(reference, [index])
        return chunk

    def several(self, reference: str, indexes: Sequence[int]) -> list[Chunk]:
        """As `rows`, for several chunks."""
        items = self._table.get_all([rows_key(reference, index) for index in indexes])
        if len(items) != len(indexes):
            raise RowsMissing(_LOST)
        return [decode_chunk(item) for item in items]

    def save_rows(
        self, batch: Batch, index: int, chunk: Chunk, rows: Sequence[BatchRow], summary: ChunkSummary
    ) -> bool:
        """Store checked rows and their summary at once, if the batch is still the one that was read, and the chunk.

        Returns False if it is not; then nothing was written.
        """
        return self._transact(
            Write(key(batch.reference), "#status = :status", {":status": str(batch.status)}, {"#status": "status"}),
            self._rows_write(batch.reference, index, chunk, rows),
            self._summary_write(batch.reference, index, summary),
        )

    def change_rows(
        self, before: Batch, after: Batch, index: int, chunk: Chunk, rows: Sequence[BatchRow], summary: ChunkSummary
    ) -> bool:
        """Store changed rows, their summary and the changed batch at once. False if any was changed meanwhile."""
        return self._transact(
            write_of(before, after),
            self._rows_write(before.reference, index, chunk, rows),
            self._summary_write(before.reference, index, summary),
        )

    def states(self, reference: str, chunks: int) -> list[ChunkState]:
        """The summaries and leases of all chunks, in order. Raises RowsMissing unless all are stored."""
        items = self._table.get_all([page_key(reference, page) for page in range(pages_of(chunks))])
        if len(items) != pages_of(chunks):
            raise RowsMissing(_LOST)
        merged = {name: value for item in items for name, value in item.items()}
        with reading(merged):
            return [decode_state(merged, index) for index in range(chunks)]

    def state(self, reference: str, index: int) -> ChunkState:
        """As `states`, for one chunk."""
        page = self._table.get(page_key(reference, index // PAGE_CHUNKS))
        if page is None:
            raise RowsMissing(_LOST)
        with reading(page):
            return decode_state(page, index)

    def check_again(self, reference: str, indexes: Sequence[int]) -> None:
        """Mark chunks for another check. Their rows stay as they are until a worker checks them."""
        for page in sorted({index // PAGE_CHUNKS for index in indexes}):
            names = {f"#c{index}": f"c{index}" for index in indexes if index // PAGE_CHUNKS == page}
            expression = "SET " + ", ".join(f"{name}.#again = :true" for name in names)
            condition, values = "attribute_exists(pk)", {":true": True}
            self._table.update(page_key(reference, page), expression, condition, {**names, "#again": "again"}, values)

    def save_summary(self, reference: str, index: int, summary: ChunkSummary, read_at: int) -> None:
        """Overwrite the summary of a chunk by one of its transfers at a time, unless it has a later one already."""
        write = self._summary_write(reference, index, summary)
        names = {**write.names, "#read": f"t{index}"}
        values = {**write.values, ":read": read_at, ":latest": read_at + LONGEST_LEASE}
        earlier = "attribute_not_exists(#read) OR #read <= :read OR #read > :latest"
        with suppress(ConditionFailed):
            self._table.update(write.pk, f"{write.expression}, #read = :read", earlier, names, values)

    def take_lease(self, reference: str, index: int, now: int, until: int) -> bool:
        """Take a chunk for a worker until then. False if another one has it."""
        free = "attribute_not_exists(#lease) OR #lease <= :now OR #lease > :latest"
        values = {":until": until, ":now": now, ":latest": now + LONGEST_LEASE}
        names = {"#lease": f"l{index}"}
        try:
            self._table.update(page_key(reference, index // PAGE_CHUNKS), "SET #lease = :until", free, names, values)
        except ConditionFailed:
            return False
        return True

    def release(self, reference: str, index: int, taken: int, until: int) -> None:
        """Give back the lease that was taken until then. Changes nothing if it is another worker's by now."""
        pk, names = page_key(reference, index // PAGE_CHUNKS), {"#lease": f"l{index}"}
        try:
            self._table.update(pk, "SET #lease = :taken", "#lease = :until", names, {":taken": taken, ":until": until})
        except ConditionFailed:
            return

    def not_paid(self, reference: str, index: int) -> dict[int, NotPaid]:
        """Why rows of a chunk will have no transfer, by their numbers."""
        item = self._table.get(reasons_key(reference, index)) or {}
        return {int(row): NotPaid(*reason) for row, reason in item.get("reasons", {}).items()}

    def save_not_paid(self, reference: str, index: int, reasons: Mapping[int, NotPaid], now: int) -> None:
        """Overwrite these reasons. Called by the chunk's worker alone, before it saves the summary."""
        stored = {str(row): [reason.code, reason.message] for row, reason in reasons.items()}
        item: Item = {"pk": reasons_key(reference, index), "reasons": stored}
        self._table.put({**item, **kept_from(now)}, ALWAYS, {}, {})

    def forget(self, reference: str, index: int) -> None:
        """Erase the personal data of a chunk of a batch that is final, and the seal, which is a hash of them."""
        with suppress(RowsMissing):  # deleted 400 days after their creation
            chunk = self.rows(reference, index)
            write = self._rows_write(reference, index, chunk, [forgotten_row(row) for row in chunk.rows])
            self._table.update(write.pk, write.expression, write.condition, write.names, write.values)
        pk, names = page_key(reference, index // PAGE_CHUNKS), {"#chunk": f"c{index}", "#seal": "seal"}
        with suppress(ConditionFailed):
            self._table.update(pk, "SET #chunk.#seal = :none", "attribute_exists(#chunk)", names, {":none": ""})
        pk, reasons = reasons_key(reference, index), self.not_paid(reference, index)
        if reasons:
            codes = {str(row): [why.code, ""] for row, why in reasons.items()}
            self._table.update(pk, "SET #reasons = :codes", ALWAYS, {"#reasons": "reasons"}, {":codes": codes})

    def _put_once(self, item: Item) -> Item | None:
        """Put an item unless it exists: a slow copy of the request must not undo what was checked meanwhile.

        Returns the item that exists, None if this call put it.
        """
        try:
            self._table.put(item, "attribute_not_exists(pk)", {}, {})
        except ConditionFailed as failed:
            return failed.item
        return None

    def _transact(self, *writes: Write) -> bool:
        try:
            self._table.transact(*writes)
        except ConditionFailed:
            return False
        return True

    @staticmethod
    def _rows_write(reference: str, index: int, chunk: Chunk, rows: Sequence[BatchRow]) -> Write:
        values = {":rows": packed(rows), ":next": chunk.version + 1, ":expected": chunk.version}
        names = {"#rows": "rows", "#version": "version"}
        expression = "SET #rows = :rows, #version = :next"
        return Write(rows_key(reference, index), "#version = :expected", values, names, expression=expression)

    @staticmethod
    def _summary_write(reference: str, index: int, summary: ChunkSummary) -> Write:
        names, values = {"#chunk": f"c{index}"}, {":summary": encode_summary(summary)}
        pk = page_key(reference, index // PAGE_CHUNKS)
        return Write(pk, "attribute_exists(pk)", values, names, expression="SET #chunk = :summary")
