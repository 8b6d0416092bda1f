"""The response bodies of the batch routes, with times in WIB."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from payouts.domain.batch import Action, Batch, BatchFile, BatchStatus, Totals
from payouts.domain.batch_rows import BatchRow, ChunkSummary, Phase
from payouts.domain.days import time_of
from payouts.domain.debits import fee_of
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Transfer
from payouts.services.batch_files import Upload
from payouts.services.batch_result import NOT_PAID
from payouts.services.result_file import ResultLink
from payouts.store.chunk_items import NotPaid
from payouts.store.creation_index import Entry

_STOPPED = frozenset({Action.PAUSED, Action.WAITING_FOR_FUNDS, Action.WAITING_FOR_LIMIT})
_STARTED = {BatchStatus.CHECKING: Action.CHECK_STARTED, BatchStatus.PAYING: Action.RELEASED}


def batch(found: Batch, summaries: Sequence[ChunkSummary], total: ChunkSummary, now: float) -> dict[str, Any]:
    """A batch with its figures."""
    return {
        **brief(found),
        "file": _file(found.file),
        "final": found.is_final,
        "scheduledAt": _time(found.scheduled_at),
        "fundsDeadline": _time(found.funds_deadline),
        "submittedAt": _time(found.submitted_at),
        "releasedAt": _time(found.released_at),
        "digest": found.digest or None,
        "sameListAs": found.same_list_as or None,
        "approvalsRequired": found.approvals_required,
        "approvals": [{"by": each.by, "at": time_of(each.at, "milliseconds")} for each in found.approvals],
        "outcomes": {str(outcome): totals(each) for outcome, each in total.outcomes.items()},
        "payable": totals(total.payable),
        "fundsNeeded": total.unsent.wire(),
        "statuses": {str(status): totals(each) for status, each in total.statuses.items()},
        "notPaid": totals(replace(total.not_paid, fees=Rupiah(0), fees_unknown=0)),  # nothing was charged
        "figuresAt": _time(total.read_at or None),
        "progress": _progress(found, summaries, int(now * 1000)),
        "history": [
            {"at": time_of(each.at, "milliseconds"), "by": each.by, "action": each.action, "note": each.note}
            for each in found.history
        ],
    }


def brief(found: Batch) -> dict[str, Any]:
    """A batch in a list."""
    return {
        "batchReference": found.reference,
        "status": found.status,
        "rows": found.rows,
        "repays": found.repays or None,
        "remark": found.remark or None,
        "createdAt": time_of(found.created_at, "milliseconds"),
        "createdBy": found.creator or None,
    }


def upload(form: Upload | None) -> dict[str, Any] | None:
    """The form that uploads the file of a batch; null for a batch that needs none."""
    if form is None:
        return None
    return {"url": form.url, "fields": form.fields, "expiresAt": time_of(form.expires_at, "milliseconds")}


def _file(found: BatchFile | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "sha256": found.sha256,
        "expectedCount": found.expected_count,
        "expectedTotal": found.expected_total.wire() if found.expected_total else None,
        "reading": found.reading,
        "problem": found.problem or None,
    }


def of_newer_version(entry: Entry) -> dict[str, Any]:
    """A batch in a list that a newer version of this software wrote: what the index has of it."""
    unknown: dict[str, Any] = {"rows": None, "remark": None, "createdBy": None, "repays": None}
    created = time_of(entry.position.created_at, "milliseconds")
    return {"batchReference": entry.reference, "status": entry.status, "createdAt": created, **unknown}


def result(link: ResultLink) -> dict[str, Any]:
    """A link to the result of a batch."""
    return {
        "url": link.url,
        "expiresAt": time_of(link.expires_at, "milliseconds"),
        "writtenAt": time_of(link.written_at, "milliseconds"),
        "final": link.final,
    }


def totals(found: Totals) -> dict[str, Any]:
    """Number, amounts and fees of rows."""
    return {
        "count": found.count,
        "amount": found.amount.wire(),
        "fees": found.fees.wire(),
        "feesUnknown": found.fees_unknown,
    }


def row(found: BatchRow, transfer: Transfer | None, not_paid: NotPaid | None, repaid_by: str | None) -> dict[str, Any]:
    """A row with what became of it, and the batch that pays it again."""
    intent, fee = found.intent, fee_of(transfer) if transfer else found.fee
    return {
        "row": found.number,
        "outcome": found.shown_outcome,
        "payable": found.is_payable,
        "partnerReferenceNo": intent.partner_reference_no if intent else None,
        "beneficiaryAccountNumber": intent.beneficiary_account_number if intent else None,
        "beneficiaryBankCode": intent.beneficiary_bank_code if intent else None,
        "beneficiaryAccountName": intent.beneficiary_account_name if intent else None,
        "bankAccountName": found.bank_name or None,
        "nameMatch": found.name_match or None,
        "nameConfirmed": found.confirmed,
        "possibleDuplicate": found.possible_duplicate or None,
        "duplicateConfirmed": found.duplicate_confirmed,
        "amount": intent.amount.wire() if intent else None,
        "fee": fee.wire() if fee else None,
        "repays": found.repays[-1].reference if found.repays else None,
        "problems": [{"column": column, "reason": reason} for column, reason in found.problems],
        "status": transfer.status if transfer else NOT_PAID if not_paid else None,
        "final": transfer.is_final if transfer else None,
        "nextAction": transfer.next_action if transfer else None,
        "reason": _reason(transfer, not_paid),
        "repaidBy": repaid_by,
    }


def _reason(transfer: Transfer | None, not_paid: NotPaid | None) -> Mapping[str, str] | None:
    reason = transfer.reason if transfer else not_paid
    return {"code": reason.code, "message": reason.message} if reason else None


def _progress(found: Batch, summaries: Sequence[ChunkSummary], now: int) -> dict[str, Any]:
    """Rows that are done of the present step, and when it may be finished at the present speed."""
    done, of = 0, found.rows
    if found.status is BatchStatus.CHECKING:
        done = sum(_rows(each) for each in summaries if each.phase is not Phase.LOADED)
    elif found.released_at is not None:
        of = sum(each.payable.count for each in summaries)
        done = sum(each.count for summary in summaries for each in (*summary.statuses.values(), summary.not_paid))
    spent = _spent(found, now)
    eta = now + spent * (of - done) // done if spent is not None and done else None
    return {"done": done, "of": of, "eta": _time(eta)}


def _spent(found: Batch, now: int) -> int | None:
    """Milliseconds that the present step has taken without its pauses. None for a second check: it has fewer rows."""
    checked = any(each.action is Action.CHECKED for each in found.history)
    if found.status not in _STARTED or (found.status is BatchStatus.CHECKING and checked):
        return None
    spent, since = 0, None
    for event in found.history:
        if event.action is _STARTED[found.status]:
            spent, since = 0, event.at
        elif event.action is Action.RESUMED:
            since = event.at if since is None else since
        elif event.action in _STOPPED and since is not None:
            spent, since = spent + event.at - since, None
    return None if since is None else spent + now - since


def _rows(summary: ChunkSummary) -> int:
    return sum(each.count for each in summary.outcomes.values())


def _time(at: int | None) -> str | None:
    return None if at is None else time_of(at, "milliseconds")
