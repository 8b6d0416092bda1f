"""The response bodies of the batch routes, with times in WIB."""

from collections.abc import Mapping, Sequence
from typing import Any

from payouts.domain.batch import Action, Batch, BatchStatus, Totals
from payouts.domain.batch_rows import BatchRow, ChunkSummary, Phase
from payouts.domain.days import time_of
from payouts.domain.transfer import Transfer
from payouts.store.batch_chunks import NotPaid

NOT_PAID = "NOT_PAID"
"""Shown as the status of a row that has no transfer and will have none."""
_STARTED = {BatchStatus.CHECKING: Action.CHECK_STARTED, BatchStatus.PAYING: Action.RELEASED}


def batch(found: Batch, summaries: Sequence[ChunkSummary], total: ChunkSummary, now: float) -> dict[str, Any]:
    """A batch with its figures."""
    return {
        **brief(found),
        "final": found.is_final,
        "scheduledAt": _time(found.scheduled_at),
        "fundsDeadline": _time(found.funds_deadline),
        "submittedAt": _time(found.submitted_at),
        "releasedAt": _time(found.released_at),
        "digest": found.digest or None,
        "approvalsRequired": found.approvals_required,
        "approvals": [{"by": each.by, "at": time_of(each.at, "milliseconds")} for each in found.approvals],
        "outcomes": {str(outcome): totals(each) for outcome, each in total.outcomes.items()},
        "payable": totals(total.payable),
        "fundsNeeded": total.unsent.wire(),
        "statuses": {str(status): totals(each) for status, each in total.statuses.items()},
        "notPaid": totals(total.not_paid),
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
        "remark": found.remark or None,
        "createdAt": time_of(found.created_at, "milliseconds"),
        "createdBy": found.creator or None,
    }


def totals(found: Totals) -> dict[str, Any]:
    """Number, amounts and fees of rows."""
    return {
        "count": found.count,
        "amount": found.amount.wire(),
        "fees": found.fees.wire(),
        "feesUnknown": found.fees_unknown,
    }


def row(found: BatchRow, transfer: Transfer | None, not_paid: NotPaid | None) -> dict[str, Any]:
    """A row with what became of it."""
    intent = found.intent
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
        "amount": intent.amount.wire() if intent else None,
        "fee": found.fee.wire() if found.fee else None,
        "problems": [{"column": column, "reason": reason} for column, reason in found.problems],
        "status": transfer.status if transfer else NOT_PAID if not_paid else None,
        "reason": _reason(transfer, not_paid),
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
    started = next((each.at for each in reversed(found.history) if each.action is _STARTED.get(found.status)), None)
    eta = started + (now - started) * of // done if started is not None and done else None
    return {"done": done, "of": of, "eta": _time(eta)}


def _rows(summary: ChunkSummary) -> int:
    return sum(each.count for each in summary.outcomes.values())


def _time(at: int | None) -> str | None:
    return None if at is None else time_of(at, "milliseconds")
