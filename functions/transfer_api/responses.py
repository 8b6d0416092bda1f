"""The response bodies of the transfer API, with DOKU's field names and times in WIB."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from payouts.doku.messages import InquiryRequest, wire_name
from payouts.doku.responses import Balance, Inquiry
from payouts.domain.days import time_of
from payouts.domain.debits import fee_of
from payouts.domain.money import Rupiah
from payouts.domain.schedule import needs_review
from payouts.domain.status import PAY_AGAIN
from payouts.domain.transfer import NextAction, Observation, Status, Transfer
from payouts.store.inquiry_sessions import InquirySession

if TYPE_CHECKING:
    from payouts.store.notes import Note

_MEANING = {
    Status.SUBMITTING: "It is being sent or its outcome was not recorded. Its status is checked; it is not sent again.",
    Status.IN_DOUBT: "DOKU gave no clear answer, so it may still be paid. Its status is checked; it is not sent again.",
    Status.ACCEPTED: "DOKU accepted the transfer. It is not paid yet.",
    Status.UNPAID: "DOKU is processing the transfer. It is not paid yet.",
    Status.SUCCESS: "Paid.",
    Status.FAILED: "Not paid.",
    Status.DISPUTED: "DOKU contradicts itself or an earlier status. Do not pay again; an operator must settle it.",
    Status.REFUNDED: "The money was returned to the balance.",
}
_CONTRADICTED = {
    Status.SUCCESS: "DOKU reported it as paid, but a later answer or a notification contradicts that.",
    Status.FAILED: "It was reported as not paid, but a notification contradicts that.",
    Status.REFUNDED: "An operator recorded a refund, but a notification contradicts that.",
}
_SETTLED = {
    Status.SUCCESS: "An operator recorded that it was paid.",
    Status.FAILED: "An operator recorded that it was not paid.",
    Status.REFUNDED: "An operator recorded that the money was returned.",
}
_INFERRED = "DOKU had no record of it in any answer over several days, so it counts as not paid."
_NEXT = {
    NextAction.NONE: "",
    NextAction.WAIT: "Do not pay again.",
    NextAction.ASK_DOKU: "Ask DOKU whether it was paid; do not pay again.",
    NextAction.TOP_UP: "Top up the balance, then create a transfer with a new partnerReferenceNo.",
    NextAction.CORRECT_AND_RESEND: "Correct the cause. To pay, create a transfer with a new partnerReferenceNo.",
    NextAction.SETTLE: "",
}


def transfer(subject: Transfer, now: float) -> dict[str, Any]:
    """A transfer with its history, and the version that a decision about it must name."""
    return {
        **summary(subject, now),
        "version": subject.version,
        "history": [_observation(seen) for seen in subject.history],
    }


def notes(found: "Sequence[Note]") -> dict[str, Any]:
    """The notes on a transfer, oldest first."""
    return {"notes": [{"at": _time(note.at), "by": note.by, "text": note.text} for note in found]}


def transfer_brief(subject: Transfer) -> dict[str, Any]:
    """The existing transfer in an error: its reference, its batch, its status and the next action."""
    return {
        "partnerReferenceNo": subject.partner_reference_no,
        "status": subject.status,
        "nextAction": subject.next_action,
        **_batch(subject),
    }


def summary(subject: Transfer, now: float) -> dict[str, Any]:
    """A transfer without its history."""
    intent = subject.intent
    reason = subject.reason
    return {
        "partnerReferenceNo": subject.partner_reference_no,
        "status": subject.status,
        "statusDescription": description(subject),
        "final": subject.is_final,
        "nextAction": subject.next_action,
        "review": needs_review(subject, int(now * 1000)),
        "referenceNo": subject.doku_reference_no or None,
        "sessionId": intent.session_id,
        "amount": intent.amount.wire(),
        "fee": _wire(fee_of(subject)),
        "customerNumber": intent.customer_number,
        "beneficiaryAccountNumber": intent.beneficiary_account_number,
        "beneficiaryBankCode": intent.beneficiary_bank_code,
        "beneficiaryAccountName": intent.beneficiary_account_name,
        "remark": intent.remark or None,
        **_batch(subject),
        "reason": {"code": reason.code, "message": reason.message} if reason else None,
        "createdAt": _time(subject.created_at),
        "createdBy": subject.created_by or None,
        "updatedAt": _time(subject.updated_at),
        "nextCheckAt": None if subject.next_check_at is None else _time(subject.next_check_at),
    }


def inquiry(request: InquiryRequest, found: Inquiry, session: InquirySession) -> dict[str, Any]:
    """The result of an account inquiry."""
    return {
        "partnerReferenceNo": request.partner_reference_no,
        "sessionId": session.session_id,
        "referenceNo": found.reference_no,
        "beneficiaryAccountNumber": request.beneficiary_account_number,
        "beneficiaryAccountName": found.account_name,
        "beneficiaryBankCode": request.beneficiary_bank_code,
        "beneficiaryBankName": found.bank_name,
        "amount": request.amount.wire(),
        "fee": _wire(found.fee),
        "expiresAt": _time(session.expires_at * 1000),
        "additionalInfo": found.additional,
    }


def balance(found: Balance, accepts_transfers: bool) -> dict[str, Any]:
    """The balance, with DOKU's field names spelled correctly, and whether new transfers are accepted."""
    return {
        "accountNo": found.account_no,
        "name": found.name,
        "availableBalance": _wire(found.available),
        "holdAmount": _wire(found.held),
        "creditAlertLimit": _wire(found.alert_limit),
        "acceptsTransfers": accepts_transfers,
    }


def _batch(subject: Transfer) -> dict[str, Any]:
    batch, row = subject.batch_row or (None, None)
    return {"batchReference": batch, "batchRow": row}


def description(subject: Transfer) -> str:
    """What the status means, and what to do next."""
    text = f"{_meaning(subject)} {_NEXT[subject.next_action]}".rstrip()
    if subject.batch_row is None or subject.next_action not in PAY_AGAIN:
        return text
    batch, row = subject.batch_row
    return f"{text} It is row {row} of batch {batch}: first read there whether a repayment has it already."


def _meaning(subject: Transfer) -> str:
    """What the status means, and no more than is known: who says so, and whether anything contradicts it."""
    if not subject.is_final and subject.status in _CONTRADICTED and not subject.newer_status:
        return _CONTRADICTED[subject.status]
    verdict = subject.reading.verdict
    if verdict is not None and subject.decided_by == verdict and subject.status in _SETTLED:
        return _SETTLED[subject.status]
    if subject.status is Status.FAILED and subject.reading.is_inferred:
        return _INFERRED
    return _MEANING[subject.status]


def _observation(seen: Observation) -> dict[str, Any]:
    values = {
        "at": _time(seen.at),
        **{wire_name(name): getattr(seen, name) for name in ("finding", "source", "code", "message")},
        "referenceNo": seen.reference_no,
        "externalId": seen.external_id,
        **dict(seen.details),
    }
    return {name: value for name, value in values.items() if value != ""}


def _wire(amount: Rupiah | None) -> dict[str, str] | None:
    return None if amount is None else amount.wire()


def _time(at: int) -> str:
    return time_of(at, "milliseconds")
