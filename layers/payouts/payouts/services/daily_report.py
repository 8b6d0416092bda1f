"""The report of a day (WIB): counts and sums by status, and the transfers that need attention."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from doku_signing.timestamps import WIB
from payouts.domain.money import Rupiah
from payouts.domain.schedule import needs_review
from payouts.domain.status import OTHER_ACCOUNT
from payouts.domain.transfer import ENDED, Finding, NextAction, Status, Transfer
from payouts.store.transfers import TransferStore

_PAGE = 1000
_SOON = 2 * 3_600_000
"""An open transfer that is younger (milliseconds) needs no attention: status checks will most likely settle it."""
_COLUMNS = (
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
)


@dataclass(frozen=True, slots=True)
class Line:
    """One transfer and the reason why it needs attention; empty if it needs none."""

    transfer: Transfer
    attention: str

    def cells(self) -> tuple[str, ...]:
        """The cells of the CSV row. They hold no account number and no name."""
        transfer, reason = self.transfer, self.transfer.reason
        return (
            transfer.partner_reference_no,
            transfer.doku_reference_no,
            transfer.status,
            str(transfer.intent.amount),
            str(transfer.fee) if transfer.fee else "",
            transfer.intent.beneficiary_bank_code,
            _time(transfer.created_at),
            _time(transfer.updated_at),
            reason.code if reason else "",
            reason.message if reason else "",
            self.attention,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """A day's transfers, oldest first."""

    day: str
    lines: tuple[Line, ...]

    def csv(self) -> str:
        """One row for each transfer."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows([_harmless(cell) for cell in line.cells()] for line in self.lines)
        return text.getvalue()

    def text(self) -> str:
        """Counts and sums by status, and what needs attention."""
        counts: Counter[Status] = Counter(line.transfer.status for line in self.lines)
        sums: Counter[Status] = Counter()
        for line in self.lines:
            sums[line.transfer.status] += line.transfer.intent.amount.sen
        rows = [f"{status:<11}{counts[status]:>9}{Rupiah(sums[status])!s:>22}" for status in Status if counts[status]]
        attention = [line for line in self.lines if line.attention]
        return "\n".join(
            [
                f"Transfers of {self.day} (WIB)",
                "",
                f"{'status':<11}{'count':>9}{'rupiah':>22}",
                *rows,
                f"{'all':<11}{sum(counts.values()):>9}{Rupiah(sum(sums.values()))!s:>22}",
                "",
                f"{len(attention)} need attention",
                *(
                    f"  {line.transfer.partner_reference_no}  {line.transfer.status}  {line.attention}"
                    for line in attention
                ),
                "",
            ]
        )


def of_day(store: TransferStore, day: str, now: int) -> Report:
    """The report of a day such as `2024-09-17`, as its transfers stand at `now` (milliseconds)."""
    transfers = sorted(_all(store, day), key=lambda one: (one.created_at, one.partner_reference_no))
    return Report(day, tuple(Line(transfer, attention(transfer, now)) for transfer in transfers))


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
        return f"open, {'last checked at ' + _time(checked) if checked else 'not checked yet'}"
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


def _all(store: TransferStore, day: str) -> Iterator[Transfer]:
    start = None
    while True:
        page, start = store.list_day(day, None, start, _PAGE)
        yield from page
        if start is None:
            return


def _harmless(cell: str) -> str:
    """Prefix text that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, WIB).isoformat(timespec="seconds")
