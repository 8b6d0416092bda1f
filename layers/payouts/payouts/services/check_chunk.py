"""Check a chunk of a batch: duplicates, payments that look alike, and the bank's name of each account."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from payouts.doku.client import DokuClient
from payouts.doku.time_limits import QUESTION, RECORD_SECONDS, Remaining
from payouts.domain.account_name import NameMatch, compare_names
from payouts.domain.batch import Action, Batch, BatchStatus
from payouts.domain.batch_rows import BatchRow, RowOutcome, checked_summary, origin, payment, turned
from payouts.domain.errors import Misconfigured, PayoutError, Refused, RefusedEarly, Throttled, ValidationFailed
from payouts.domain.limits import AmountLimits
from payouts.domain.repayment import not_failed
from payouts.domain.schedule import HOUR
from payouts.domain.transfer import Intent, Transfer
from payouts.services.account_inquiry import DokuQueries
from payouts.services.batch_lease import ChunkLeases
from payouts.services.prepare_transfer import inquiry_of
from payouts.services.recent_payments import recent_payments
from payouts.services.row_threads import work_on
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.transfers import TransferStore

ROW_SECONDS = sum(QUESTION) + RECORD_SECONDS + 3.0
"""For one account inquiry, a new token and the record of the chunk."""
PATIENCE = 5
"""Inquiries in a row without an answer after which the chunk waits for the next tick."""
_PATIENCE_MILLIS = HOUR
"""After so long, rows without an answer are COULD_NOT_CHECK, and people decide: one bank may be out of order."""


class _Run:
    """One check of a chunk. The threads of its rows share it; each writes what it `found` about its own row."""

    def __init__(
        self, batch: Batch, existing: Mapping[str, Transfer], remaining: Remaining, found: dict[int, BatchRow]
    ) -> None:
        self.batch = batch
        self.existing = existing
        self.remaining = remaining
        self.found = found
        self.silent = 0
        """Inquiries without an answer since the last that was answered."""
        self.refusal = ""
        """Why DOKU refuses questions, if that is not about their accounts."""
        self._answered = False
        self._lock = Lock()

    def goes_well(self) -> bool:
        """True if DOKU has answered an inquiry, and every one since then."""
        return self._answered and not self.silent

    def count(self, answered: bool, refusal: str = "") -> None:
        """Count an inquiry."""
        with self._lock:
            self._answered |= answered
            self.refusal = refusal
            self.silent = 0 if answered else self.silent + 1


class ChunkChecker:
    """Checks chunks. `wait` waits until an inquiry may be sent; it returns False if that takes too long."""

    def __init__(
        self,
        batches: BatchStore,
        chunks: ChunkStore,
        transfers: TransferStore,
        leases: ChunkLeases,
        queries: DokuQueries,
        doku: DokuClient,
        amounts: AmountLimits,
        wait: Callable[[float], bool],
        clock: Callable[[], float],
    ) -> None:
        self._batches = batches
        self._chunks = chunks
        self._transfers = transfers
        self._leases = leases
        self._queries = queries
        self._doku = doku
        self._amounts = amounts
        self._wait = wait
        self._clock = clock

    def check(self, reference: str, index: int, remaining: Remaining) -> bool:
        """Check the rows of a chunk that are PENDING, as far as time allows. Returns True if it left none.

        Raises PayoutError if nothing could be stored.
        """
        if self._chunks.state(reference, index).summary.is_checked:
            return False  # a repeated message
        with self._leases.held(reference, index, remaining) as lease:
            batch = self._batches.get(reference)
            if lease is None or batch is None or batch.status is not BatchStatus.CHECKING:
                return False
            chunk = self._chunks.rows(reference, index)
            before, summary = chunk.rows, self._chunks.state(reference, index).summary
            if summary.is_checked:
                return False
            if summary.check_again:
                before = tuple(_to_check_again(row) for row in before)
            rows = self._checked(batch, before, remaining)
            if not self._chunks.save_rows(batch, index, chunk, rows, checked_summary(rows)):
                return False
            return not any(row.outcome is RowOutcome.PENDING for row in rows)

    def _checked(self, batch: Batch, rows: Sequence[BatchRow], remaining: Remaining) -> list[BatchRow]:
        references = [row.intent.partner_reference_no for row in rows if row.intent]
        references += [each.reference for row in rows for each in row.repays]
        # At half the price: the payment reads each transfer again, and consistently.
        read = self._transfers.get_all(list(dict.fromkeys(references)), consistent=False)
        existing = {each.partner_reference_no: each for each in read}
        pending = [row.intent for row in rows if row.intent and row.outcome is RowOutcome.PENDING]
        twins = recent_payments(self._transfers, pending, self._now())
        age = self._now() - _started_at(batch)
        with_twins = [_with_twin(row, twins) for row in rows]
        run = _Run(batch, existing, remaining, {row.number: row for row in with_twins})
        todo = [row for row in with_twins if row.outcome is RowOutcome.PENDING and row.intent is not None]
        work_on(turned(todo, age), lambda row: self._check(run, row), run.goes_well)
        found = [run.found[row.number] for row in rows]
        if run.silent < PATIENCE:
            return found
        if run.refusal:  # of the next rows as well, until a person has removed the reason
            return [_unchecked(row, run.refusal) if row.outcome is RowOutcome.PENDING else row for row in found]
        return _still_pending(rows, found) if age < _PATIENCE_MILLIS else found

    def _check(self, run: _Run, row: BatchRow) -> bool:
        """Check one row. Returns False if no further row is to be checked."""
        if row.intent is None or run.silent >= PATIENCE or run.remaining() < ROW_SECONDS:
            return False
        try:
            run.found[row.number] = self._row(run.batch, row, row.intent, run.existing, run.remaining)
        except (Misconfigured, RefusedEarly, Throttled):  # nothing is known about the row
            return False
        except PayoutError as error:
            refusal = error.message if isinstance(error, Refused) and not error.retryable else ""
            run.found[row.number] = _unchecked(row, refusal or _NO_ANSWER)
            run.count(answered=False, refusal=refusal)
        else:
            run.count(answered=True)
        return True

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _row(
        self, batch: Batch, row: BatchRow, intent: Intent, existing: Mapping[str, Transfer], remaining: Remaining
    ) -> BatchRow:
        standing = existing.get(intent.partner_reference_no)
        if standing is not None and standing.origin != origin(batch.reference, row.number):
            problem = ("partnerReferenceNo", "a transfer has this reference already; read it before you pay")
            return replace(row, outcome=RowOutcome.DUPLICATE, problems=(problem,))
        if paid := not_failed(row, existing):
            problem = ("", f"{paid}, which this row pays again, did not fail for good")
            return replace(row, outcome=RowOutcome.DUPLICATE, problems=(problem,))
        try:
            self._amounts.check(intent.amount)
        except ValidationFailed as error:
            return replace(row, outcome=RowOutcome.INVALID, problems=(("amount", error.message),))
        return self._inquired(row, intent, remaining)

    def _inquired(self, row: BatchRow, intent: Intent, remaining: Remaining) -> BatchRow:
        if not self._wait(remaining() - ROW_SECONDS):
            raise RefusedEarly("too many requests go to DOKU")
        try:
            found = self._queries.ask(inquiry_of(intent, self._doku.new_external_id()), remaining)
        except Refused as refused:
            if not refused.of_recipient:
                raise
            return replace(row, outcome=RowOutcome.INVALID, problems=(("beneficiaryAccountNumber", refused.message),))
        match = compare_names(intent.beneficiary_account_name, found.account_name)
        alike = RowOutcome.POSSIBLE_DUPLICATE if row.possible_duplicate else RowOutcome.OK
        outcome = alike if match is NameMatch.EXACT else RowOutcome.NAME_DIFFERS
        return replace(
            row, outcome=outcome, problems=(), bank_name=found.account_name, name_match=str(match), fee=found.fee
        )


def _to_check_again(row: BatchRow) -> BatchRow:
    return replace(row, outcome=RowOutcome.PENDING) if row.outcome is RowOutcome.COULD_NOT_CHECK else row


def _unchecked(row: BatchRow, reason: str) -> BatchRow:
    return replace(row, outcome=RowOutcome.COULD_NOT_CHECK, problems=(("", reason),))


_NO_ANSWER = "DOKU gave no clear answer about this account; start the check again"


def _with_twin(row: BatchRow, twins: Mapping[bytes, str]) -> BatchRow:
    """The row with the recent transfer that pays the same, which matters more than a row that is not paid yet.

    A confirmation of another one does not count for it.
    """
    if row.intent is None or row.outcome is not RowOutcome.PENDING:
        return row
    twin = twins.get(payment(row.intent), row.possible_duplicate)
    confirmed = row.duplicate_confirmed and twin == row.possible_duplicate
    return replace(row, possible_duplicate=twin, duplicate_confirmed=confirmed)


def _started_at(batch: Batch) -> int:
    """When the check began, or began again."""
    starts = (each.at for each in reversed(batch.history) if each.action is Action.CHECK_STARTED)
    return next(starts, batch.created_at)


def _still_pending(before: Sequence[BatchRow], after: Sequence[BatchRow]) -> list[BatchRow]:
    """Without the rows that were not answered: DOKU is down, and the next tick asks again."""
    return [old if new.outcome is RowOutcome.COULD_NOT_CHECK else new for old, new in zip(before, after, strict=True)]
