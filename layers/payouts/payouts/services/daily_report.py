"""The lines of a day's report (WIB): each transfer, and why it needs attention. Read as a stream, in bounded memory."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from payouts.domain.days import time_of
from payouts.domain.debits import fee_of
from payouts.domain.schedule import needs_review
from payouts.domain.status import OTHER_ACCOUNT
from payouts.domain.transfer import ENDED, Finding, NextAction, Status, Transfer
from payouts.store.creation_index import Entry, Position
from payouts.store.transfers import TransferStore

_BATCH, _THREADS = 100, 4
"""Transfers read by one call, and the number of calls at the same time."""
_SOON = 2 * 3_600_000
"""An open transfer that is younger (milliseconds) needs no attention: status checks will most likely settle it."""
_EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""
COLUMNS = (
    "partnerReferenceNo",
    "referenceNo",
    "status",
    "amount",
    "fee",
    "beneficiaryBankCode",
    "createdAt",
    "updatedAt",
    "code",
    "message",
    "attention",
    "beneficiaryAccountName",
    "beneficiaryAccountNumber",
    "remark",
    "createdBy",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One transfer and the reason why it needs attention; empty if it needs none."""

    transfer: Transfer
    attention: str

    @property
    def position(self) -> Position:
        """The line's place in the report."""
        return Position(self.transfer.created_at, self.transfer.partner_reference_no)

    def cells(self) -> tuple[str, ...]:
        """The cells of the CSV row, in the order of COLUMNS."""
        transfer, reason, fee = self.transfer, self.transfer.reason, fee_of(self.transfer)
        return (
            transfer.partner_reference_no,
            transfer.doku_reference_no,
            transfer.status,
            str(transfer.intent.amount),
            str(fee) if fee else "",
            transfer.intent.beneficiary_bank_code,
            time_of(transfer.created_at),
            time_of(transfer.updated_at),
            reason.code if reason else "",
            reason.message if reason else "",
            self.attention,
            transfer.intent.beneficiary_account_name,
            _as_text(transfer.intent.beneficiary_account_number),
            transfer.intent.remark,
            transfer.created_by,
        )


def lines(store: TransferStore, day: str, now: int, after: Position | None = None) -> Generator[Line]:
    """The lines of a day such as `2024-09-17`, oldest first, as its transfers stand at `now` (milliseconds).

    Goes on behind the position `after`. Several batches are read at the same time, ahead of the line that is returned.
    """
    for transfer in _read(store, store.of_day(day, after)):
        yield Line(transfer, attention(transfer, now))


def attention(transfer: Transfer, now: int) -> str:
    """Why a person should look at the transfer; empty if nothing is needed."""
    if transfer.newer_status:
        return "written by a newer version of this software"
    status, action = transfer.status, transfer.next_action
    if status is Status.DISPUTED:
        return "DOKU contradicts itself, or what was reported"
    if action is NextAction.ASK_DOKU:
        return _OTHER_ACCOUNT if _is_asked_elsewhere(transfer) else _ask_doku(transfer)
    if transfer.reading.contradicting_notifications:
        return "a notification of DOKU claims otherwise; status checks do not confirm it so far"
    if needs_review(transfer, now):
        return "open for more than seven days"
    if status not in ENDED and now - transfer.created_at < _SOON:
        return ""
    if status not in ENDED:
        checked = transfer.checked_at
        return f"open, {'last checked at ' + time_of(checked) if checked else 'not checked yet'}"
    if status is Status.REFUNDED and any(seen.finding is Finding.SUCCESS for seen in transfer.history):
        return "paid, and refunded later"
    return ""


_OTHER_ACCOUNT = "sent with another DOKU host, client id or path prefix than is configured"
_ASK_DOKU = {
    Status.IN_DOUBT: "DOKU has no record of it, which proves nothing: ask DOKU",
    Status.SUCCESS: "a notification says failed or refunded, status checks keep saying paid: ask DOKU",
    Status.FAILED: "a notification says paid or refunded, status checks keep saying otherwise: ask DOKU",
    Status.REFUNDED: "an operator decided refunded, a notification says otherwise: ask DOKU",
}


def _is_asked_elsewhere(transfer: Transfer) -> bool:
    last = transfer.reading.last_check
    return last is not None and last.code == OTHER_ACCOUNT


def _ask_doku(transfer: Transfer) -> str:
    if transfer.status is Status.SUCCESS and not transfer.reading.contradicting_notifications:
        return "paid before, but status checks now keep saying that DOKU is working on it: ask DOKU"
    return _ASK_DOKU[transfer.status]


def _read(store: TransferStore, entries: Iterator[Entry]) -> Iterator[Transfer]:
    """The transfers of the entries, in their order."""
    with ThreadPoolExecutor(_THREADS) as threads:
        batches: deque[Future[list[Transfer]]] = deque()
        while True:
            while len(batches) < _THREADS and (next_ones := [each.reference for each in islice(entries, _BATCH)]):
                batches.append(threads.submit(store.get_all, next_ones))
            if not batches:
                return
            yield from batches.popleft().result()


def _as_text(digits: str) -> str:
    """Digits as text, if a spreadsheet would drop leading zeros or round them."""
    return f"'{digits}" if digits.startswith("0") or len(digits) > _EXACT_DIGITS else digits
