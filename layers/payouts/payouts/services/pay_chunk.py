"""Pay a chunk of a batch: each row becomes at most one transfer, by the service that creates single transfers.

A row has a fixed partnerReferenceNo, and its transfer names the row. So whatever is delivered again, or crashes in
between, a row that was sent is found by its transfer and is not sent again. Rows that are sent at once share nothing
but what `PayRun` counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from payouts.doku.time_limits import LEAST_SECONDS, QUESTION, SEND_SECONDS, TABLE_SECONDS, Remaining
from payouts.domain.account_name import ascii_name
from payouts.domain.batch import SYSTEM, Action, Batch, BatchStatus, Event, Totals, moved
from payouts.domain.batch_rows import (
    BatchRow,
    ChunkSummary,
    Phase,
    chunks_of,
    digest,
    origin,
    row_fingerprint,
    seal,
    sum_of,
    turned,
)
from payouts.domain.errors import Duplicate, Mismatch, PayoutError, Refused, ValidationFailed
from payouts.domain.transfer import NOT_ACKNOWLEDGED, NextAction, Status, Transfer
from payouts.services.batch_funds import Cover, Funds
from payouts.services.batch_lease import ChunkLeases
from payouts.services.create_transfer import TransferCreator
from payouts.services.pay_run import REFUSALS, PayRun
from payouts.services.prepare_transfer import TransferRequest
from payouts.services.row_threads import work_on
from payouts.services.settle_chunk import ChunkAccounts
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.chunk_items import ChunkState, NotPaid

ROW_SECONDS = sum(QUESTION) + SEND_SECONDS + TABLE_SECONDS + LEAST_SECONDS
"""For an account inquiry, the transfer and their records."""
CONTENT_DIFFERS = "the stored rows are not those that were approved; nothing more is sent"
NOT_APPROVED = "approval is required by now, and the batch has none; resume it to ask for approval"


@dataclass
class _Run:
    """What one invocation does to a chunk. The threads of its rows share it."""

    batch: Batch
    index: int
    remaining: Remaining
    seen: PayRun


class ChunkPayer:
    """Pays chunks. `approvals_required` is the present requirement of the deployment."""

    def __init__(
        self,
        batches: BatchStore,
        chunks: ChunkStore,
        accounts: ChunkAccounts,
        leases: ChunkLeases,
        funds: Funds,
        creator: TransferCreator,
        approvals_required: int,
        clock: Callable[[], float],
    ) -> None:
        self._batches = batches
        self._chunks = chunks
        self._accounts = accounts
        self._leases = leases
        self._funds = funds
        self._creator = creator
        self._approvals_required = approvals_required
        self._clock = clock

    def pay(self, reference: str, index: int, remaining: Remaining) -> bool:
        """Send the rows of a chunk that have neither a transfer nor a reason. Returns True if it left none.

        Raises PayoutError if the table or DOKU's balance does not answer; rows that were sent are found again.
        """
        if self._chunks.state(reference, index).summary.phase is Phase.PAID:
            return False  # a repeated message
        with self._leases.held(reference, index, remaining) as lease:
            batch = self._batches.get(reference)
            if lease is None or batch is None or batch.status is not BatchStatus.PAYING or not batch.limits_taken:
                return False
            if batch.is_ahead(self._now()):
                return False  # the clock that released it is fast; the next tick enqueues the chunk again
            rows = self._chunks.rows(reference, index).rows
            states = self._chunks.states(reference, chunks_of(batch.rows))
            if objection := self._objection(batch, rows, states, index):
                self._pause(batch, objection)
                return False
            run = _Run(batch, index, remaining, PayRun(self._chunks.not_paid(reference, index)))
            return self._run(run, rows, states[index].summary, lease)

    def _objection(self, batch: Batch, rows: Sequence[BatchRow], states: Sequence[ChunkState], index: int) -> str:
        """Empty if approvals cover exactly these rows: their seal is one of those that the digest is made of."""
        if seal(rows) != states[index].summary.seal:
            return CONTENT_DIFFERS
        if digest(batch, (each.summary.seal for each in states)) != batch.digest:
            return CONTENT_DIFFERS
        return "" if batch.is_approved(self._approvals_required) else NOT_APPROVED

    def _run(self, run: _Run, rows: Sequence[BatchRow], checked: ChunkSummary, until: int) -> bool:
        reference, name = run.batch.reference, origin(run.batch.reference, run.index)
        decided = {*self._accounts.transfers(reference, rows), *run.seen.reasons}
        todo = [row for row in rows if row.is_payable and row.number not in decided]
        if todo and not self._reserve(run, name, sum_of(todo), until):
            return False
        try:
            in_turn = turned(todo, self._now() - (run.batch.released_at or 0))
            work_on(in_turn, lambda row: self._pay(run, row), run.seen.goes_well)
        finally:
            if todo:
                self._funds.release(name)
        summary = self._accounts.save(run.batch, run.index, rows, run.seen.reasons, checked)
        return summary.phase is Phase.PAID

    def _reserve(self, run: _Run, name: str, needed: Totals, until: int) -> bool:
        cover = self._funds.reserve(name, needed.needed, until, run.remaining)
        if cover is not Cover.NO:
            return cover is Cover.YES
        note = f"the balance does not cover {needed.needed} rupiah for the next {needed.count} rows"
        self._wait(run.batch, note, refused=False)
        return False

    def _pay(self, run: _Run, row: BatchRow) -> bool:
        """Send one row, if the batch is still being paid. Returns False if no further row is to be sent."""
        if run.remaining() < ROW_SECONDS or not self._is_paying(run):
            return False
        if paid := self._accounts.not_failed(row):
            run.seen.not_paid(row.number, NotPaid("DUPLICATE", f"{paid}, which this row pays again, did not fail"))
            return True
        try:
            result = self._creator.create(_request(run.batch, row), run.remaining)
        except (Duplicate, Mismatch, ValidationFailed) as error:
            error.hide_transfer()  # the reason is stored, and shown to callers who may not see the other transfer
            run.seen.not_paid(row.number, NotPaid(_code(error), error.message))
            return True
        except Refused as error:
            return self._refused(run, row, error) if not error.retryable else not run.seen.silent()
        except PayoutError:  # nothing was sent; the row is tried again
            return not run.seen.silent()
        return self._sent(run, row, result.transfer)

    def _sent(self, run: _Run, row: BatchRow, transfer: Transfer) -> bool:
        if transfer.status in NOT_ACKNOWLEDGED:
            return self._unclear(run)
        if transfer.status is not Status.FAILED:
            return self._accepted(run)
        if transfer.next_action is NextAction.TOP_UP:
            self._wait(run.batch, f"DOKU refused row {row.number} for lack of funds", refused=True)
            return False
        return self._count_refusal(run, row, transfer.reason.message if transfer.reason else "")

    def _accepted(self, run: _Run) -> bool:
        run.seen.accepted()
        if run.batch.waiting_since is not None:
            run.batch = self._batches.update(run.batch, lambda current: replace(current, waiting_since=None))
        return True

    def _unclear(self, run: _Run) -> bool:
        if run.seen.unclear():
            note = f"DOKU's answers were unclear for {REFUSALS} rows; their status checks go on"
            self._pause(run.batch, note)
            return False
        return True

    def _refused(self, run: _Run, row: BatchRow, error: Refused) -> bool:
        """DOKU refused the account inquiry: the row has a reason, unless it is one of too many in a row."""
        said = error.doku.code if error.doku else ""
        run.seen.not_paid(row.number, NotPaid(said or error.code, error.message))
        return self._count_refusal(run, row, error.message)

    def _count_refusal(self, run: _Run, row: BatchRow, message: str) -> bool:
        if run.seen.refused(row.number):
            note = f"DOKU refused {REFUSALS} rows in a row: {message}"
            self._pause(run.batch, note)
            return False
        return True

    def _is_paying(self, run: _Run) -> bool:
        current = self._batches.get(run.batch.reference)
        return current is not None and current.status is BatchStatus.PAYING

    def _wait(self, batch: Batch, note: str, refused: bool) -> None:
        """Let the batch wait for funds; for a person if DOKU refuses again though its balance covered the rows.

        Each refusal uses up the reference of a row. The wait counts from its beginning until a row is accepted.
        """
        now = self._now()

        def change(current: Batch) -> Batch:
            if current.status is not BatchStatus.PAYING:
                return current
            again = current.waiting_since is not None and not current.is_resumed_by_a_person
            if refused and again:
                event = Event(now, SYSTEM, Action.PAUSED, f"{note}, though the balance covers it")
                return replace(moved(current, BatchStatus.PAUSED, event), next_drive_at=None)
            event = Event(now, SYSTEM, Action.WAITING_FOR_FUNDS, note)
            since = current.waiting_since if again else now
            waiting = moved(current, BatchStatus.WAITING_FOR_FUNDS, event)
            return replace(waiting, next_drive_at=now, waiting_since=since)

        self._batches.update(batch, change)

    def _pause(self, batch: Batch, note: str) -> None:
        """Pause a batch that is still being paid."""
        now = self._now()

        def change(current: Batch) -> Batch:
            if current.status is not BatchStatus.PAYING:
                return current
            paused = moved(current, BatchStatus.PAUSED, Event(now, SYSTEM, Action.PAUSED, note))
            return replace(paused, next_drive_at=None)

        self._batches.update(batch, change)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _request(batch: Batch, row: BatchRow) -> TransferRequest:
    """The request for the row's transfer, to the account holder that the bank has named."""
    if row.intent is None:
        raise ValidationFailed("the row cannot be read")
    name = row.intent.beneficiary_account_name if not row.confirmed else ascii_name(row.bank_name)
    intent = replace(row.intent, beneficiary_account_name=name or row.intent.beneficiary_account_name)
    return TransferRequest(
        intent=intent,
        fingerprint=row_fingerprint(row),
        caller=batch.created_by,
        origin=origin(batch.reference, row.number),
        approved_name=row.bank_name,
    )


def _code(error: PayoutError) -> str:
    if isinstance(error, Duplicate):
        return "DUPLICATE"
    return "NAME_CHANGED" if isinstance(error, Mismatch) else error.code
