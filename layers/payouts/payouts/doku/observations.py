"""From DOKU's answers to observations of a transfer: what each proves, and no more.

An answer that belongs to another request does not come here: `DokuClient` compares what DOKU echoes.
"""

import re

from payouts.doku.outcomes import Outcome, text
from payouts.doku.responses import DokuResponse, members
from payouts.domain.status import LIFE
from payouts.domain.transfer import Finding, Observation, Source, Transfer

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
"""`latestTransactionStatus` by SNAP and by Kirim DOKU: always two characters, and never a JSON number."""

_PAID = re.compile("0{1,7}|20[02][0-9]{4}")
"""Values of `originalResponseCode` that go with a paid transfer: DOKU's sample has 0, SNAP the code of the answer."""

_DETAILS = ("originalResponseCode", "originalResponseMessage", "transactionDate", "referenceNumber")
_DETAIL_LENGTH = 100
_MESSAGE_LENGTH = 200


def from_transfer_response(transfer: Transfer, answer: DokuResponse, at: int) -> Observation:
    """What DOKU's answer to transfer bank proves."""
    code, message, external_id = answer.verdict.code, answer.verdict.message, transfer.external_ids[-1]
    finding = _SUBMITTED.get(answer.outcome, Finding.IN_DOUBT)
    return Observation(
        at,
        finding,
        Source.SUBMIT,
        code,
        message,
        text(answer.body.get("referenceNo")) if finding in LIFE else "",
        external_id,
        asked=transfer.version,
        details=details(answer),
    )


def from_status_response(transfer: Transfer, answer: DokuResponse, at: int) -> Observation:
    """What DOKU's answer to check status proves. One that contradicts itself proves nothing."""
    code, message = answer.verdict.code, answer.verdict.message
    if answer.outcome is Outcome.ACCEPTED:
        return _of_latest(transfer, answer, at)
    finding = Finding.NOT_FOUND if answer.outcome is Outcome.NOT_FOUND else Finding.UNCLEAR
    return Observation(at, finding, Source.STATUS_CHECK, code, message, asked=transfer.version)


def of_request(transfer: Transfer, finding: Finding, message: str, at: int, code: str = "") -> Observation:
    """What we know of the latest transfer request without an answer of DOKU: not sent, or in doubt."""
    return Observation(
        at,
        finding,
        Source.SUBMIT,
        code,
        message[:_MESSAGE_LENGTH],
        external_id=transfer.external_ids[-1],
        asked=transfer.version,
    )


def _of_latest(transfer: Transfer, answer: DokuResponse, at: int) -> Observation:
    """By `latestTransactionStatus`, and `originalResponseCode` where that speaks against a payment."""
    latest, described = answer.body.get("latestTransactionStatus"), text(answer.body.get("transactionStatusDesc"))
    finding = _LATEST.get(latest, Finding.UNCLEAR) if isinstance(latest, str) else Finding.UNCLEAR
    reference_no = text(answer.body.get("originalReferenceNo"))
    if finding is Finding.SUCCESS and not _goes_with_success(answer.body.get("originalResponseCode")):
        described = "DOKU's answer contradicts itself: paid by its status, and not by its originalResponseCode"
        finding, reference_no = Finding.UNCLEAR, ""
    return Observation(
        at,
        finding,
        Source.STATUS_CHECK,
        f"{answer.verdict.code}/{text(latest)}",
        described or answer.verdict.message,
        reference_no,
        asked=transfer.version,
        details=details(answer),
    )


def details(answer: DokuResponse) -> tuple[tuple[str, str], ...]:
    """What else an answer says of a transfer, as (DOKU's name, bounded text); nothing for what it leaves out."""
    said = [(name, answer.body.get(name)) for name in _DETAILS]
    said.append(("cashInTime", members(answer.body.get("additionalInfo")).get("cashInTime")))
    texts = ((name, text(value, _DETAIL_LENGTH)) for name, value in said)
    return tuple((name, value) for name, value in texts if value)


def _goes_with_success(code: object) -> bool:
    return code is None or code == "" or _PAID.fullmatch(text(code)) is not None
