"""Pay a chunk of a batch: each row becomes at most one transfer, by the service that creates single transfers.

A row has a fixed partnerReferenceNo, and its transfer names the row. So whatever is delivered again, or crashes in
between, a row that was sent is found by its transfer and is not sent again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

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
from payouts.services.prepare_transfer import TransferRequest
from payouts.services.settle_chunk import ChunkAccounts
from payouts.store.batch_chunks import ChunkState, ChunkStore, NotPaid
from payouts.store.batches import BatchStore

ROW_SECONDS = sum(QUESTION) + SEND_SECONDS + TABLE_SECONDS + LEAST_SECONDS
"""For an account inquiry, the transfer and their records."""
REFUSALS = 5
"""Refusals in a row after which the batch is paused: the cause is hardly the rows."""
SILENCES = 3
"""Rows in a row that could not be sent after which the chunk waits for the next tick."""
CONTENT_DIFFERS = "the stored rows are not those that were approved; nothing more is sent"
NOT_APPROVED = "approval is required by now, and the batch has none; resume it to ask for approval"


class _Next(Enum):
    """What follows after a row."""

    GO_ON = auto()
    STOP = auto()


@dataclass
class _Run:
    """What one invocation does to a chunk."""

    batch: Batch
    index: int
    remaining: Remaining
    reasons: dict[int, NotPaid] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    """Rows that DOKU refused, the latest in a row."""
    doubtful: int = 0
    """Rows without a clear answer to their transfer since the last that DOKU accepted."""
    silent: int = 0


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
        """Send the rows of a chunk that have neither a transfer nor a reason. Returns True if none is left.

        Raises PayoutError if the table or DOKU's balance does not answer; rows that were sent are found again.
        """
        if self._chunks.state(reference, index).summary.phase is Phase.PAID:
            return True  # a repeated message
        with self._leases.held(reference, index, remaining) as lease:
            batch = self._batches.get(reference)
            if lease is None or batch is None or batch.status is not BatchStatus.PAYING or not batch.limits_taken:
                return False
            rows = self._chunks.rows(reference, index).rows
            states = self._chunks.states(reference, chunks_of(batch.rows))
            if objection := self._objection(batch, rows, states, index):
                self._move(batch, BatchStatus.PAUSED, Action.PAUSED, objection)
                return False
            run = _Run(batch, index, remaining, self._chunks.not_paid(reference, index))
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
        sent = self._accounts.transfers(reference, rows)
        todo = [row for row in rows if row.is_payable and row.number not in sent and row.number not in run.reasons]
        if todo and not self._reserve(run, name, sum_of(todo), until):
            return False
        try:
            for row in turned(todo, self._now() - (run.batch.released_at or 0)):
                if self._pay(run, row) is _Next.STOP:
                    break
        finally:
            if todo:
                self._funds.release(name)
        summary = self._accounts.save(run.batch, run.index, rows, run.reasons, checked)
        return summary.phase is Phase.PAID

    def _reserve(self, run: _Run, name: str, needed: Totals, until: int) -> bool:
        cover = self._funds.reserve(name, needed.needed, until, run.remaining)
        if cover is not Cover.NO:
            return cover is Cover.YES
        note = f"the balance does not cover {needed.needed} rupiah for the next {needed.count} rows"
        self._wait(run.batch, note, refused=False)
        return False

    def _pay(self, run: _Run, row: BatchRow) -> _Next:
        """Send one row, if the batch is still being paid."""
        if run.remaining() < ROW_SECONDS or not self._is_paying(run):
            return _Next.STOP
        if not self._accounts.repays_a_failure(run.batch, row):
            run.reasons[row.number] = NotPaid("DUPLICATE", f"{row.repays}, which this row pays again, did not fail")
            return _Next.GO_ON
        try:
            result = self._creator.create(_request(run.batch, row), run.remaining)
        except (Duplicate, Mismatch, ValidationFailed) as error:
            error.hide_transfer()  # the reason is stored, and shown to callers who may not see the other transfer
            run.reasons[row.number] = NotPaid(_code(error), error.message)
            return _Next.GO_ON
        except Refused as error:
            return self._refused(run, row, error) if not error.retryable else self._silent(run)
        except PayoutError:  # nothing was sent; the row is tried again
            return self._silent(run)
        run.silent = 0
        return self._sent(run, row, result.transfer)

    def _sent(self, run: _Run, row: BatchRow, transfer: Transfer) -> _Next:
        if transfer.status in NOT_ACKNOWLEDGED:
            return self._count_doubt(run)
        if transfer.status is not Status.FAILED:
            return self._accepted(run)
        if transfer.next_action is NextAction.TOP_UP:
            self._wait(run.batch, f"DOKU refused row {row.number} for lack of funds", refused=True)
            return _Next.STOP
        message = transfer.reason.message if transfer.reason else ""
        return self._count_refusal(run, row, message)

    def _accepted(self, run: _Run) -> _Next:
        run.refused.clear()
        run.doubtful = 0
        if run.batch.waiting_since is not None:
            run.batch = self._batches.update(run.batch, lambda current: replace(current, waiting_since=None))
        return _Next.GO_ON

    def _count_doubt(self, run: _Run) -> _Next:
        run.doubtful += 1
        if run.doubtful < REFUSALS:
            return _Next.GO_ON
        note = f"DOKU's answers were unclear for {REFUSALS} rows; their status checks go on"
        self._move(run.batch, BatchStatus.PAUSED, Action.PAUSED, note)
        return _Next.STOP

    def _refused(self, run: _Run, row: BatchRow, error: Refused) -> _Next:
        """DOKU refused the account inquiry: the row has a reason, unless it is one of too many in a row."""
        said = error.doku.code if error.doku else ""
        run.reasons[row.number] = NotPaid(said or error.code, error.message)
        return self._count_refusal(run, row, error.message)

    def _count_refusal(self, run: _Run, row: BatchRow, message: str) -> _Next:
        run.refused.append(row.number)
        if len(run.refused) < REFUSALS:
            return _Next.GO_ON
        for number in run.refused:
            run.reasons.pop(number, None)
        self._move(run.batch, BatchStatus.PAUSED, Action.PAUSED, f"DOKU refused {REFUSALS} rows in a row: {message}")
        return _Next.STOP

    def _silent(self, run: _Run) -> _Next:
        run.silent += 1
        return _Next.STOP if run.silent >= SILENCES else _Next.GO_ON

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

    def _move(self, batch: Batch, to: BatchStatus, action: Action, note: str) -> None:
        """Move a batch that is still being paid."""
        now = self._now()

        def change(current: Batch) -> Batch:
            if current.status is not BatchStatus.PAYING:
                return current
            changed = moved(current, to, Event(now, SYSTEM, action, note))
            return replace(changed, next_drive_at=None if to is BatchStatus.PAUSED else now)

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
