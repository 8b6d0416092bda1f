"""Lists batches of a month, and the rows of a batch, in pages."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from payouts.domain.batch import Batch, BatchStatus
from payouts.domain.batch_rows import BatchRow, ChunkSummary, RowOutcome, chunks_of, sums
from payouts.domain.days import day_of
from payouts.domain.errors import ValidationFailed
from payouts.domain.repayment import REPAYABLE
from payouts.domain.transfer import Status, Transfer
from payouts.services.batch_result import NOT_PAID
from payouts.services.drive_batches import APPROVAL_MILLIS
from payouts.services.own_transfers import own_transfers
from payouts.services.repay_batch import in_force
from payouts.services.settle_chunk import CANCELLED
from payouts.store.batch_chunks import ChunkStore, RowsMissing
from payouts.store.batch_schema import NewerVersion
from payouts.store.batches import BatchStore
from payouts.store.chunk_items import NotPaid
from payouts.store.creation_index import Entry, Position
from payouts.store.repayments import RepaymentStore
from payouts.store.transfers import TransferStore
from transfer_api import batch_responses, cursors

_MAX_LIMIT = 100
_DEFAULT_LIMIT = 50
_LONGEST_LIMIT = len(str(_MAX_LIMIT))
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_MOST_CHUNKS = 20
"""Chunks that one call reads: listing a rare outcome may take several calls."""
_MOST_ENTRIES = 2_000


@dataclass(frozen=True, slots=True)
class BatchLists:
    """The figures and lists behind the batch routes."""

    store: BatchStore
    chunks: ChunkStore
    transfers: TransferStore
    claims: RepaymentStore

    def figures(self, batch: Batch) -> tuple[list[ChunkSummary], ChunkSummary]:
        """The summaries of a batch's chunks, and their sums; none while its rows are not stored, or not any more."""
        try:
            states = self.chunks.states(batch.reference, chunks_of(batch.rows))
        except RowsMissing:
            if not batch.is_final and batch.status is not BatchStatus.RECEIVING:
                raise
            states = []
        summaries = [each.summary for each in states]
        if batch.status is BatchStatus.CANCELLED and batch.released_at is None:
            summaries = [replace(each, not_paid=each.payable) for each in summaries]
        return summaries, sums(summaries)

    def page(self, given: Mapping[str, str], now: float) -> dict[str, Any]:
        """Batches of a month, newest first. Raises ValidationFailed for a bad parameter.

        Without a month, those that wait for approval are listed of all months.
        """
        if given.get("status") == BatchStatus.PENDING_APPROVAL and not given.get("month"):
            return self._pending(given, now)
        month = given.get("month") or day_of(int(now * 1000))[:7]
        if _MONTH.fullmatch(month) is None:
            raise ValidationFailed("month must be a month such as 2024-09")
        status, limit = _choice(given, "status", BatchStatus), _limit(given)
        selector = f"batches {month} {status}"
        after = cursors.position(selector, given["cursor"]) if given.get("cursor") else None
        found: list[dict[str, Any]] = []
        last = None
        for seen, entry in enumerate(self.store.of_month(month, after), start=1):
            if status in ("", entry.status) and (shown := self._brief(entry)) is not None:
                found.append(shown)
            if len(found) == limit or seen == _MOST_ENTRIES:
                last = cursors.of_position(selector, entry.position)
                break
        return {"month": month, "batches": found, "cursor": last}

    def _pending(self, given: Mapping[str, str], now: float) -> dict[str, Any]:
        """They are in the `due` index until they expire."""
        selector, limit = "batches pending", _limit(given)
        after = cursors.position(selector, given["cursor"]) if given.get("cursor") else None
        found: dict[Position, Batch] = {}
        for reference in islice(self.store.due_by(int(now * 1000) + APPROVAL_MILLIS), _MOST_ENTRIES):
            with suppress(NewerVersion):
                batch = self.store.get(reference)
                if batch is not None and batch.status is BatchStatus.PENDING_APPROVAL:
                    found[Position(batch.created_at, reference)] = batch
        rest = sorted((each for each in found if after is None or each < after), reverse=True)
        last = cursors.of_position(selector, rest[limit - 1]) if len(rest) > limit else None
        return {"month": None, "batches": [batch_responses.brief(found[each]) for each in rest[:limit]], "cursor": last}

    def _brief(self, entry: Entry) -> dict[str, Any] | None:
        try:
            batch = self.store.get(entry.reference)
        except NewerVersion:
            return batch_responses.of_newer_version(entry)
        return None if batch is None else batch_responses.brief(batch)

    def rows(self, batch: Batch, given: Mapping[str, str]) -> dict[str, Any]:
        """Rows in their order. Raises ValidationFailed for a bad parameter."""
        outcome, limit = _choice(given, "outcome", RowOutcome), _limit(given)
        status = _choice(given, "status", Status, NOT_PAID)
        after = _number(given.get("cursor") or "0")
        found: list[dict[str, Any]] = []
        last = None
        for row, shown in self._shown(batch, after):
            last = row.number
            if outcome in ("", shown["outcome"]) and status in ("", shown["status"] or ""):
                found.append(shown)
                if len(found) == limit:
                    return {"rows": found, "cursor": str(last)}
        more = last is not None and self._has_more(batch, last)
        return {"rows": found, "cursor": str(last) if more else None}

    def _shown(self, batch: Batch, after: int) -> Iterator[tuple[BatchRow, dict[str, Any]]]:
        summaries, _ = self.figures(batch)
        first = max(0, sum(each.first <= after for each in summaries) - 1)
        for index in range(first, min(first + _MOST_CHUNKS, len(summaries))):
            rows = [row for row in self.chunks.rows(batch.reference, index).rows if row.number > after]
            transfers, reasons = self._results(batch, index, rows)
            repaid = self._repaid(batch, index)
            for row in rows:
                number = row.number
                shown = batch_responses.row(row, transfers.get(number), reasons.get(number), repaid.get(number))
                yield row, shown

    def _repaid(self, batch: Batch, index: int) -> dict[int, str]:
        return in_force(self.store, self.claims.read(batch.reference, index)) if batch.status in REPAYABLE else {}

    def _results(
        self, batch: Batch, index: int, rows: list[BatchRow]
    ) -> tuple[dict[int, Transfer], dict[int, NotPaid]]:
        if batch.released_at is None:
            cancelled = batch.status is BatchStatus.CANCELLED
            return {}, {row.number: CANCELLED for row in rows if row.is_payable} if cancelled else {}
        own = own_transfers(batch.reference, rows, self.transfers.get_all)
        return own, self.chunks.not_paid(batch.reference, index)

    def _has_more(self, batch: Batch, last: int) -> bool:
        summaries, _ = self.figures(batch)
        return bool(summaries) and summaries[-1].first > last


def _limit(given: Mapping[str, str]) -> int:
    text = given.get("limit") or str(_DEFAULT_LIMIT)
    if not text.isdecimal() or not text.isascii() or len(text) > _LONGEST_LIMIT or not 1 <= int(text) <= _MAX_LIMIT:
        raise ValidationFailed(f"limit must be a number from 1 to {_MAX_LIMIT}")
    return int(text)


def _choice(given: Mapping[str, str], name: str, choices: Any, *more: str) -> str:
    text = given.get(name, "")
    if text and text not in (*map(str, choices), *more):
        raise ValidationFailed(f"{name} must be one of {', '.join((*map(str, choices), *more))}")
    return text


def _number(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 9:
        raise ValidationFailed("cursor does not belong to this list; list again without a cursor")
    return int(text)
