"""What DOKU may do with a request, and what it may say. It executes every request that it takes: it helps nobody who
sends twice."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from payouts.schedule import DAY, MINUTE, NOT_FOUND_WINDOW
from proofs.model.outside import Request

LAG = NOT_FOUND_WINDOW - 5 * MINUTE
"""Milliseconds after which DOKU knows a transfer that it took, and executes none any more. Shorter than the window by
more than an invocation lives: a request may leave so long after its transfer was asked about first."""
DENIAL = DAY
"""The same for a DOKU that is not patient."""


class Fate(StrEnum):
    """What became of one transfer request at DOKU."""

    REFUSED = "refused"
    """With 401: never executed, and not counted by I1."""
    REJECTED = "rejected"
    NOT_EXECUTED = "not executed"
    LATER = "to be executed later"
    UNPAID = "taken on"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"


class Words(StrEnum):
    """In how many ways DOKU answers a transfer request. It executes it or not in each."""

    EVERY = "every"
    PLAIN = "plain"
    """One for each finding and fate."""
    NONE = "none"
    """It never replies."""


MOVED = frozenset({Fate.UNPAID, Fate.PAID, Fate.FAILED, Fate.REFUNDED})
"""Debited at some time."""
OPEN_TO_MOVE = MOVED | {Fate.LATER}
REFUNDS = 7 * DAY
"""Milliseconds after a request within which DOKU may refund it: nobody asks about a paid transfer after that."""
_BECOMES = {
    Fate.LATER: (Fate.UNPAID,),
    Fate.UNPAID: (Fate.PAID, Fate.FAILED),
    Fate.PAID: (Fate.REFUNDED,),
}
_LATEST = {Fate.UNPAID: "03", Fate.PAID: "00", Fate.FAILED: "06", Fate.REFUNDED: "04"}


class Sent(NamedTuple):
    """A transfer request that reached DOKU, in its ledger."""

    reference: str
    external_id: str
    at: int
    fate: Fate


Ledger = tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that DOKU may do. `faults`: how many faults of the bound it takes."""

    words: str
    kind: str
    value: tuple[int, bytes] | None = None
    fate: Fate | None = None
    faults: int = 0


def answers(request: Request, ledger: Ledger, now: int, patient: bool, words: Words) -> list[Answer]:
    """Everything that DOKU may answer. A `patient` one knows within LAG what it took, others within DENIAL."""
    body = json.loads(request.body)
    match request.what:
        case "transfer-bank":
            return list(_to_transfer(body["partnerReferenceNo"], words))
        case "bank-account-inquiry":
            return list(_to_inquiry())
        case _:
            return list(_to_status(body["originalPartnerReferenceNo"], ledger, now, patient))


def reference_in(request: Request) -> str:
    """The merchant's reference in a transfer request."""
    reference: str = json.loads(request.body)["partnerReferenceNo"]
    return reference


def truth(reference: str, ledger: Ledger) -> tuple[int, bytes]:
    """What check status says when it says what is."""
    fate = fate_of(reference, ledger)
    if fate not in MOVED:
        return _said(404, "4045301", "Transaction Not Found")
    members = {"originalPartnerReferenceNo": reference, "originalReferenceNo": reference_no(reference)}
    return _said(200, "2005300", "Successful", latestTransactionStatus=_LATEST[fate], **members)


def fate_of(reference: str, ledger: Ledger) -> Fate | None:
    """Of the request that DOKU knows under a reference; None where it has none."""
    fates = [sent.fate for sent in ledger if sent.reference == reference]
    return next((fate for fate in fates if fate in MOVED), fates[-1] if fates else None)


def reference_no(reference: str) -> str:
    """DOKU's own reference."""
    return f"DK-{reference}"


def moves(sent: Sent, now: int) -> tuple[Fate, ...]:
    """What DOKU may do next with a request by itself."""
    return () if sent.fate is Fate.PAID and now - sent.at >= REFUNDS else _BECOMES.get(sent.fate, ())


def expired(ledger: Ledger, now: int) -> Ledger:
    """What was to be executed later and was not within LAG never is."""
    return tuple(
        sent._replace(fate=Fate.NOT_EXECUTED) if sent.fate is Fate.LATER and now - sent.at >= LAG else sent
        for sent in ledger
    )


def _to_transfer(reference: str, words: Words) -> Iterator[Answer]:
    if words is not Words.NONE:
        yield from _plain_words(reference)
    if words is Words.EVERY:
        yield from _other_words(reference)
    for fate in (Fate.UNPAID, Fate.NOT_EXECUTED, Fate.LATER):
        yield Answer(f"does not reply, {fate}", "no reply", None, fate)


def _plain_words(reference: str) -> Iterator[Answer]:
    yield Answer("takes it: 2004300", "said", _said(200, "2004300", "Successful", **_named(reference)), Fate.UNPAID)
    yield Answer("rejects it: 4034314", "said", _said(403, "4034314", "Insufficient Funds"), Fate.REJECTED)
    yield Answer("refuses the token: 4014301", "said", _said(401, "4014301", "Invalid Token (B2B)"), Fate.REFUSED)
    yield Answer("never gets it: no connection", "never sent")


def _other_words(reference: str) -> Iterator[Answer]:
    """Pending, and every way of being unclear."""
    named = _named(reference)
    other = _said(200, "2004300", "Successful", **named, amount={"value": "1.00", "currency": "IDR"})
    yield Answer("takes it: 2024300", "said", _said(202, "2024300", "Request In Progress", **named), Fate.UNPAID)
    yield Answer("takes it and names another amount", "said", other, Fate.UNPAID)
    yield Answer("takes it and answers HTML", "said", (200, b"<html>"), Fate.UNPAID)
    unclear = {"4294300": (429, "throttles"), "4044301": (404, "says not found"), "5004300": (500, "fails")}
    for fate in (Fate.UNPAID, Fate.NOT_EXECUTED):
        for code, (status, words) in unclear.items():
            yield Answer(f"{words}: {code}, {fate}", "said", _said(status, code, ""), fate)


def _named(reference: str) -> dict[str, str]:
    return {"partnerReferenceNo": reference, "referenceNo": reference_no(reference)}


def _to_inquiry() -> Iterator[Answer]:
    for name, faults in (("Suhut", 0), ("ANOTHER", 1)):
        found = _said(200, "2004200", "Successful", sessionId="S1", beneficiaryAccountName=name)
        yield Answer(f"says that the account is {name}'s", "said", found, faults=faults)
    yield Answer("knows no such account", "said", _said(404, "4044211", "Invalid Account"), faults=1)
    yield Answer("does not reply", "no reply", faults=1)


def _to_status(reference: str, ledger: Ledger, now: int, patient: bool) -> Iterator[Answer]:
    said = truth(reference, ledger)
    yield Answer(f"says what is: {fate_of(reference, ledger) or 'not known'}", "said", said)
    sent_at = max((sent.at for sent in ledger if sent.fate in MOVED), default=now)
    if said[0] == 200 and now - sent_at < (LAG if patient else DENIAL):
        lie = _said(404, "4045301", "Transaction Not Found")
        yield Answer("says not found although it has it", "said", lie, faults=1 if patient else 0)
    other = _said(200, "2005300", "", latestTransactionStatus="00", originalPartnerReferenceNo="PAY-9")
    yield Answer("answers about another transfer", "said", other, faults=1)
    yield Answer("names an unknown status", "said", _said(200, "2005300", "", latestTransactionStatus="99"), faults=1)
    yield Answer("refuses the token", "said", _said(401, "4015301", ""), faults=1)
    yield Answer("throttles", "said", _said(429, "4295300", ""), faults=1)
    yield Answer("does not reply", "no reply", faults=1)
    yield Answer("cannot be reached", "never sent", faults=1)


def _said(status: int, code: str, message: str, **members: object) -> tuple[int, bytes]:
    return status, json.dumps({"responseCode": code, "responseMessage": message, **members}).encode()
