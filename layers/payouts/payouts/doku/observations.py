"""Observations of a transfer from DOKU's answers: what each answer proves.

Answers to another request do not reach this module: `DokuClient` compares the echoes first. Answers that contradict
themselves prove nothing (docs/doku-protocol.md, "Answers that contradict themselves").
"""

import re

from payouts.doku.outcomes import Outcome, text
from payouts.doku.responses import DokuResponse, json_object
from payouts.domain.status import LIFE
from payouts.domain.transfer import Finding, Observation, Source, Transfer

_SUBMITTED = {
    Outcome.ACCEPTED: Finding.ACCEPTED,
    Outcome.PENDING: Finding.UNPAID,
    Outcome.REJECTED: Finding.REFUSED,
    Outcome.UNAUTHORIZED: Finding.REFUSED,
}
"""Finding by the outcome of transfer bank. Every other outcome leaves the transfer in doubt."""

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
"""Finding by `latestTransactionStatus`, SNAP's and Kirim DOKU's: always text of two characters."""

_PAID = re.compile("0{1,7}|20[02][0-9]{4}")
"""Values of `originalResponseCode` of a paid transfer: DOKU's sample has 0, SNAP the code of the answer."""

_DETAILS = ("originalResponseCode", "originalResponseMessage", "transactionDate", "referenceNumber")
_DETAIL_LENGTH = 100
_MESSAGE_LENGTH = 200


def from_transfer_response(transfer: Transfer, answer: DokuResponse, at: int) -> Observation:
    """The observation of DOKU's answer to transfer bank."""
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
    """The observation of DOKU's answer to check status; UNCLEAR if the answer contradicts itself."""
    code, message = answer.verdict.code, answer.verdict.message
    if answer.outcome is Outcome.ACCEPTED:
        return _of_latest(transfer, answer, at)
    finding = Finding.NOT_FOUND if answer.outcome is Outcome.NOT_FOUND else Finding.UNCLEAR
    return Observation(at, finding, Source.STATUS_CHECK, code, message, asked=transfer.version)


def of_request(transfer: Transfer, finding: Finding, message: str, at: int, code: str = "") -> Observation:
    """The observation of a transfer request that DOKU did not answer: not sent, or in doubt."""
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
    """By `latestTransactionStatus`; UNCLEAR if `originalResponseCode` contradicts a payment."""
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
    """Further fields of an answer, as pairs of DOKU's name and bounded text, without missing ones."""
    stated = [(name, answer.body.get(name)) for name in _DETAILS]
    stated.append(("cashInTime", json_object(answer.body.get("additionalInfo")).get("cashInTime")))
    texts = ((name, text(value, _DETAIL_LENGTH)) for name, value in stated)
    return tuple((name, value) for name, value in texts if value)


def _goes_with_success(code: object) -> bool:
    return code is None or code == "" or _PAID.fullmatch(text(code)) is not None
