"""DOKU in the model: what it may do with a request, and what it may answer.

It executes every request that it accepts, without a duplicate check.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from payouts.domain.schedule import CLOCK_TOLERANCE, DAY, HOUR
from payouts.domain.transfer import Finding
from tests.verification.model.outside import SETTINGS, Request

LAG = SETTINGS.not_received_after_hours * HOUR
"""Milliseconds within which a patient DOKU executes an accepted request. After that, it finds it in every check.

Absence is inferred from checks that are this long and `CLOCK_TOLERANCE` apart by their own clocks. The tolerance covers
clocks that differ by ten minutes, and a request that is sent up to two minutes after the first status check."""
LATEST = LAG + CLOCK_TOLERANCE + 6 * DAY
"""The same for an impatient DOKU. The last status check after an inferred failure is a day later."""


class Fate(StrEnum):
    """The state of a transfer request at DOKU."""

    REFUSED = "refused"
    """Refused with 401 and not executed."""
    REJECTED = "rejected"
    NOT_EXECUTED = "not executed"
    LATER = "to be executed later"
    UNPAID = "in progress"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"


class Words(StrEnum):
    """The set of answers to a transfer request. DOKU may execute it or not with each."""

    EVERY = "every"
    PLAIN = "plain"
    """One answer for each finding and fate."""
    NONE = "none"
    """DOKU never replies."""


MOVED = frozenset({Fate.UNPAID, Fate.PAID, Fate.FAILED, Fate.REFUNDED})
"""States in which the balance was debited at some time."""
LIVE = frozenset({Fate.LATER, Fate.UNPAID, Fate.PAID})
"""States in which the money moved or may still move."""
INQUIRED = "inquired-"
"""Prefix of the sessions of account inquiries."""
REFUNDS = 7 * DAY
"""Milliseconds after a request within which DOKU may refund it: the last status check of a paid transfer."""
_BECOMES = {
    Fate.LATER: (Fate.UNPAID,),
    Fate.UNPAID: (Fate.PAID, Fate.FAILED),
    Fate.PAID: (Fate.REFUNDED,),
}
_LATEST = {Fate.UNPAID: "03", Fate.PAID: "00", Fate.FAILED: "06", Fate.REFUNDED: "04"}
_WORDS = {
    Fate.UNPAID: Finding.UNPAID,
    Fate.PAID: Finding.SUCCESS,
    Fate.FAILED: Finding.FAILED,
    Fate.REFUNDED: Finding.REFUNDED,
}


class Sent(NamedTuple):
    """A transfer request in DOKU's ledger. `answered` is the HTTP status of its answer; 0 without one."""

    reference: str
    external_id: str
    at: int
    fate: Fate
    answered: int = 0
    is_denied: bool = False
    """True if DOKU said with 403, or with 4294300, that it did not execute this request."""


Ledger = tuple[Sent, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A possible answer of DOKU. `faults` is its number of faults in the budget."""

    words: str
    kind: str
    value: tuple[int, bytes] | None = None
    fate: Fate | None = None
    faults: int = 0
    word: Finding | None = None
    """The finding about the requested transfer; None if the answer has none."""
    reference_no: str = ""
    """DOKU's reference in the answer."""
    denies: bool = False
    """It says of this request, and no other, that DOKU did not execute it."""


def answers(request: Request, ledger: Ledger, now: int, patient: bool, words: Words) -> list[Answer]:
    """All possible answers, the true one first. A `patient` DOKU finds an accepted request within LAG."""
    body = json.loads(request.body)
    match request.what:
        case "transfer-bank":
            return list(_to_transfer(body["partnerReferenceNo"], words))
        case "bank-account-inquiry":
            return list(_to_inquiry(body["partnerReferenceNo"]))
        case _:
            reference = body["originalPartnerReferenceNo"]
            useless = _useless() if words is Words.EVERY else ()
            return [*_to_status(reference, ledger, now, patient), *useless]


def reference_in(request: Request) -> str:
    """The merchant's reference in a transfer request or a status check."""
    body = json.loads(request.body)
    reference: str = body.get("partnerReferenceNo") or body["originalPartnerReferenceNo"]
    return reference


def fate_of(reference: str, ledger: Ledger) -> Fate | None:
    """The state of the request with a reference; None if there is none."""
    fates = [sent.fate for sent in ledger if sent.reference == reference]
    return next((fate for fate in fates if fate in MOVED), fates[-1] if fates else None)


def reference_no(reference: str) -> str:
    """DOKU's reference of a transfer."""
    return f"DK-{reference}"


def moves(sent: Sent, now: int, fickle: bool) -> tuple[Fate, ...]:
    """The states to which a request may change. A `fickle` DOKU may pay a failed one."""
    if sent.fate is Fate.FAILED and fickle:
        return (Fate.PAID,)
    return () if sent.fate is Fate.PAID and now - sent.at >= REFUNDS else _BECOMES.get(sent.fate, ())


def expired(ledger: Ledger, now: int, patient: bool) -> Ledger:
    """The ledger after time passed: a late request that was not executed in time never is."""
    limit = LAG if patient else LATEST
    return tuple(
        sent._replace(fate=Fate.NOT_EXECUTED) if sent.fate is Fate.LATER and now - sent.at >= limit else sent
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
    taken, refused = (
        snap(200, "2004300", "Successful", **names_of(reference)),
        snap(401, "4014301", "Invalid Token"),
    )
    number = reference_no(reference)
    yield Answer("takes it: 2004300", "said", taken, Fate.UNPAID, word=Finding.ACCEPTED, reference_no=number)
    rejected = snap(403, "4034314", "Insufficient Funds")
    yield Answer("rejects it: 4034314", "said", rejected, Fate.REJECTED, denies=True)
    yield Answer("refuses the token: 4014301", "said", refused, Fate.REFUSED)
    yield Answer("takes it and refuses the token: 4014301", "said", refused, Fate.UNPAID)
    yield Answer("never gets it: no connection", "never sent")


def _other_words(reference: str) -> Iterator[Answer]:
    """Pending, and all answers that are unclear, untrue or about another transfer."""
    named, number = names_of(reference), reference_no(reference)
    pending = snap(202, "2024300", "Request In Progress", **named)
    yield Answer("takes it: 2024300", "said", pending, Fate.UNPAID, word=Finding.UNPAID, reference_no=number)
    other = snap(200, "2004300", "Successful", **named, amount={"value": "1.00", "currency": "IDR"})
    yield Answer("takes it and names another amount", "said", other, Fate.UNPAID)
    yield Answer("takes it and answers HTML", "said", (200, b"<html>"), Fate.UNPAID)
    closed = snap(403, "4034318", "Inactive Account")
    yield Answer("takes it and says that it rejects it: 4034318", "said", closed, Fate.UNPAID, denies=True)
    throttled = snap(429, "4294300", "Too Many Requests")
    yield Answer("has too many requests: 4294300", "said", throttled, Fate.REJECTED, denies=True)
    crossed = snap(403, "4034314", "Insufficient Funds", partnerReferenceNo="PAY-9")
    yield Answer("takes it and answers that it rejects another transfer", "said", crossed, Fate.UNPAID)
    unclear = {
        "TOO_MANY_REQUESTS": (429, "throttles"),
        "4294200": (429, "throttles inquiries"),
        "4044301": (404, "says not found"),
        "5004300": (500, "fails"),
    }
    for fate in (Fate.UNPAID, Fate.NOT_EXECUTED):
        for code, (status, words) in unclear.items():
            yield Answer(f"{words}: {code}, {fate}", "said", snap(status, code, ""), fate)


def names_of(reference: str) -> dict[str, str]:
    """The fields of an answer that name a transfer."""
    return {"partnerReferenceNo": reference, "referenceNo": reference_no(reference)}


def _to_inquiry(reference: str) -> Iterator[Answer]:
    for name, faults in (("Suhut", 0), ("ANOTHER", 1)):
        session = f"{INQUIRED}{reference}"
        found = snap(200, "2004200", "Successful", sessionId=session, beneficiaryAccountName=name)
        yield Answer(f"says that the account is {name}'s", "said", found, faults=faults)
    yield Answer("knows no such account", "said", snap(404, "4044211", "Invalid Account"), faults=1)
    yield Answer("does not reply", "no reply", faults=1)


def _to_status(reference: str, ledger: Ledger, now: int, patient: bool) -> Iterator[Answer]:
    yield _truth(reference, ledger)
    yield from _lagging(reference, ledger, now, patient)
    fate = fate_of(reference, ledger)
    if fate in _WORDS:
        yield _status(reference, _WORDS[fate], "names a second reference", f"DK-2-{reference}", 1)
    for latest, name in (("00", "paid"), ("06", "failed")):
        other = snap(200, "2005300", "", latestTransactionStatus=latest, originalPartnerReferenceNo="PAY-9")
        yield Answer(f"answers that another transfer is {name}", "said", other, faults=1)
    yield Answer("does not reply", "no reply", faults=1)


def _useless() -> Iterator[Answer]:
    """More status check answers that prove nothing. With a large budget, a missing reply represents them."""
    yield Answer("names an unknown status", "said", snap(200, "2005300", "", latestTransactionStatus="99"), faults=1)
    yield Answer("refuses the token", "said", snap(401, "4015301", ""), faults=1)
    yield Answer("throttles", "said", snap(429, "4295300", ""), faults=1)
    yield Answer("cannot be reached", "never sent", faults=1)


def _truth(reference: str, ledger: Ledger) -> Answer:
    fate = fate_of(reference, ledger)
    if fate not in _WORDS:
        return _not_found(f"answers truthfully: {fate or 'not known'}")
    return _status(reference, _WORDS[fate], f"answers truthfully: {fate}")


def _lagging(reference: str, ledger: Ledger, now: int, patient: bool) -> Iterator[Answer]:
    """Outdated answers in any order. An impatient DOKU's are no faults."""
    fate, faults = fate_of(reference, ledger), 1 if patient else 0
    own = [sent for sent in ledger if sent.reference == reference and sent.fate in MOVED]
    sent_at = max((sent.at for sent in own), default=now)
    if fate not in MOVED or now - sent_at >= (LAG if patient else LATEST):
        return
    if not any(sent.answered == 401 for sent in own):  # assumed: DOKU finds a request that it refused with 401 at once
        yield _not_found("says not found although it has it", faults)
    if fate is not Fate.UNPAID:
        yield _status(reference, Finding.UNPAID, f"says pending although it is {fate}", faults=faults)
    if fate is Fate.REFUNDED:
        yield _status(reference, Finding.SUCCESS, "says paid although it is refunded", faults=1)


def _status(reference: str, word: Finding, words: str, number: str = "", faults: int = 0) -> Answer:
    number = number or reference_no(reference)
    latest = next(_LATEST[fate] for fate, said in _WORDS.items() if said is word)
    fields = {"originalPartnerReferenceNo": reference, "originalReferenceNo": number}
    said = snap(200, "2005300", "Successful", latestTransactionStatus=latest, **fields)
    return Answer(words, "said", said, faults=faults, word=word, reference_no=number)


def _not_found(words: str, faults: int = 0) -> Answer:
    said = snap(404, "4045301", "Transaction Not Found")
    return Answer(words, "said", said, faults=faults, word=Finding.NOT_FOUND)


def snap(status: int, code: str, message: str, **fields: object) -> tuple[int, bytes]:
    """In SNAP's snap, or the glossary's for a code that is not a number."""
    names = ("responseCode", "responseMessage") if code.isdecimal() else ("response_code", "response_message")
    return status, json.dumps({**dict(zip(names, (code, message), strict=True)), **fields}).encode()
