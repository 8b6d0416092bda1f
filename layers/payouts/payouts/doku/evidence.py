"""From DOKU's answers to observations of a transfer: what each proves, and no more (DESIGN 2.4, 2.5)."""

from payouts.doku.answers import Answer, names_another
from payouts.doku.outcomes import Outcome, text
from payouts.status import LIFE
from payouts.transfer import Finding, Observation, Source, Transfer

_SUBMITTED = {
    Outcome.ACCEPTED: Finding.ACCEPTED,
    Outcome.PENDING: Finding.UNPAID,
    Outcome.REJECTED: Finding.REFUSED,
    Outcome.UNAUTHORIZED: Finding.REFUSED,
}
"""Everything else leaves the transfer in doubt."""

_LATEST = {
    "00": Finding.SUCCESS,
    "01": Finding.UNPAID,
    "02": Finding.UNPAID,
    "03": Finding.UNPAID,
    "04": Finding.REFUNDED,
    "05": Finding.FAILED,
    "06": Finding.FAILED,
    "07": Finding.NOT_FOUND,
    "50": Finding.SUCCESS,
    "35": Finding.FAILED,
    "20": Finding.UNPAID,
    "40": Finding.REFUNDED,
}
"""`latestTransactionStatus` by SNAP and by Kirim DOKU (PROTOCOL.md section 5)."""


def of_submission(transfer: Transfer, answer: Answer, at: int) -> Observation:
    """What DOKU's answer to transfer bank proves. An answer about something else proves nothing."""
    code, message, external_id = answer.verdict.code, answer.verdict.message, transfer.external_ids[-1]
    finding = _SUBMITTED.get(answer.outcome, Finding.IN_DOUBT)
    contradiction = _contradiction(transfer, answer, "partnerReferenceNo")
    reference_no = text(answer.body.get("referenceNo"))
    if contradiction or finding not in LIFE:
        finding, message = Finding.IN_DOUBT if contradiction else finding, contradiction or message
        reference_no = ""
    return Observation(at, finding, Source.SUBMIT, code, message, reference_no, external_id, transfer.version)


def of_status(transfer: Transfer, answer: Answer, at: int) -> Observation:
    """What DOKU's answer to check status proves. An answer about something else proves nothing (FAULTS 21)."""
    code, message = answer.verdict.code, answer.verdict.message
    contradiction = _contradiction(transfer, answer, "originalPartnerReferenceNo")
    if contradiction or answer.outcome not in (Outcome.ACCEPTED, Outcome.NOT_FOUND):
        return Observation(
            at, Finding.UNCLEAR, Source.STATUS_CHECK, code, contradiction or message, asked=transfer.version
        )
    if answer.outcome is Outcome.NOT_FOUND:
        return Observation(at, Finding.NOT_FOUND, Source.STATUS_CHECK, code, message, asked=transfer.version)
    latest = text(answer.body.get("latestTransactionStatus"))
    finding = _LATEST.get(latest.rjust(2, "0") if latest else "", Finding.UNCLEAR)
    described = text(answer.body.get("transactionStatusDesc")) or message
    reference_no = text(answer.body.get("originalReferenceNo"))
    return Observation(
        at, finding, Source.STATUS_CHECK, f"{code}/{latest}", described, reference_no, asked=transfer.version
    )


def _contradiction(transfer: Transfer, answer: Answer, reference_member: str) -> str:
    """Why the answer can't be about this transfer; the empty string where it can."""
    reference = text(answer.body.get(reference_member))
    if reference and reference != transfer.reference:
        return "DOKU's answer is about another transfer"
    additional = answer.body.get("additionalInfo")
    plain = additional.get("amount") if isinstance(additional, dict) else None
    for amount in (answer.body.get("amount"), plain):
        if names_another(amount, transfer.intent.amount):
            return "DOKU's answer names another amount"
    return ""
