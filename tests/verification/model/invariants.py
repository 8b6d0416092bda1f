"""The invariants, checked with the ledger of the model's DOKU and its answers (`tests.verification.model.oracle`).

Only results of our code are used: status, final, nextAction, and the stored item.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from payouts.domain.errors import Duplicate, PayoutError
from payouts.domain.schedule import DAY, HOUR
from payouts.domain.transfer import Finding, NextAction, Status, Transfer, record
from payouts.services.create_transfer import CreateResult
from payouts.store import items
from tests.verification.model.doku import LAG, LIVE, MOVED, Fate, Ledger
from tests.verification.model.oracle import Heard
from tests.verification.model.outside import Request
from tests.verification.model.parts import Invocation

_WIB_OFFSET = 7 * HOUR
_ENDS = (Status.SUCCESS, Status.FAILED, Status.REFUNDED)
_LIFE = frozenset({Finding.ACCEPTED, Finding.UNPAID})
_ADVISES_PAYMENT = (NextAction.TOP_UP, NextAction.CORRECT_AND_RESEND)
_AFTER_FAILED = (Status.FAILED, Status.DISPUTED, Status.REFUNDED)
_ATTENTION = (Status.DISPUTED, Status.REFUNDED)


class Violation(BaseException):
    """An invariant does not hold; the message names it. A BaseException, so that no handler catches it."""


def require(holds: bool, message: str) -> None:
    """Raise Violation with `message` unless `holds`."""
    if not holds:
        raise Violation(message)


def check_ledger(ledger: Ledger, keys: Mapping[str, str]) -> None:
    """Check I1 and I2. `keys` maps references to Idempotency-Keys."""
    requests = Counter(sent.reference for sent in ledger if sent.fate is not Fate.REFUSED)
    debits = Counter(sent.reference for sent in ledger if sent.fate in MOVED)
    by_key = Counter(keys.get(sent.reference, sent.reference) for sent in ledger if sent.fate in MOVED)
    require(max(requests.values(), default=0) <= 1, "I1: two requests that DOKU may have executed")
    require(max(debits.values(), default=0) <= 1, "I2: two debits for one reference")
    require(max(by_key.values(), default=0) <= 1, "I2: two debits for one Idempotency-Key")


def check_sent(invocation: Invocation, request: Request, item: Mapping[str, object] | None) -> None:
    """Check I4 and I7 when a transfer request is sent."""
    require(item is not None, "I4: a transfer is sent that is not stored")
    assert item is not None
    external_ids, intent = item["externalIds"], item["intent"]
    assert isinstance(external_ids, list)
    assert isinstance(intent, dict)
    require(request.external_id in external_ids, "I4: sent under an X-EXTERNAL-ID that is not stored")
    body = json.loads(request.body)
    require(items.key(body["partnerReferenceNo"]) == item["pk"], "I7: another partnerReferenceNo is sent than stored")
    require(body["beneficiaryAccountNumber"] == item["account"], "I7: another account is sent than stored")
    require(body["amount"] == {"value": intent["amount"], "currency": "IDR"}, "I7: another amount is sent")
    for wire, name in (
        ("beneficiaryBankCode", "bank"),
        ("sessionId", "session"),
    ):
        require(body[wire] == intent[name], f"I7: another {wire} is sent than stored")
    assert invocation.order is not None
    wanted = invocation.order.intent
    sent = (body["beneficiaryAccountNumber"], body["beneficiaryBankCode"], body["amount"]["value"])
    ordered = (wanted.beneficiary_account_number, wanted.beneficiary_bank_code, str(wanted.amount))
    require(sent == ordered, "I7: another transfer is sent than was ordered")


def check_item(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
    """Check what a write changes of other versions' data, and that the stored status is the shown one."""
    if before is not None:
        require(before["schema"] <= items.SCHEMA, "versions: an item of a newer version is changed")
        require(
            before.keys() <= {*after.keys(), "dueShard", "nextCheckAt", "statusVersion"},
            "versions: an attribute is lost",
        )
        require(_foreign(before) <= _foreign(after), "versions: an observation of a newer version is changed")
    require(after["status"] == items.decode(after).status, "I5: the stored status is not the one that is shown")


def _foreign(item: Mapping[str, Any]) -> set[str]:
    """The observations of a history that another version of the code wrote."""
    return {repr(sorted(seen.items())) for seen in item["history"] if seen["is"] not in Finding.__members__}


def check_write(before: Transfer | None, after: Transfer) -> None:
    """Check I7, I8 and I10: what a write changes, and that recording the same again changes nothing."""
    if before is None:
        return
    same = (before.intent, before.fingerprint, before.created_at) == (after.intent, after.fingerprint, after.created_at)
    require(same, "I7, I8: the stored intent was changed")
    known = set(before.history)
    fresh = [seen for seen in after.history if seen not in known]
    require(record(after, *fresh) == after, "I10: recording an observation twice changes the transfer")


def check_transfer(transfer: Transfer, in_index: bool, ledger: Ledger, patient: bool, heard: Heard) -> None:
    """Check I3, I5 and I6 of a transfer with DOKU's ledger and answers."""
    own = [sent for sent in ledger if sent.reference == transfer.partner_reference_no]
    status = transfer.status
    require(in_index or status in _ENDS, f"I3: {status}, and no status check will be made")
    if heard.published:
        decided = {heard.verdict[1]} if heard.verdict else set()
        require(status in {*_AFTER_FAILED, *decided}, f"I5: {status} after FAILED was published")
    _check_contradictions(transfer, heard)
    _check_final(transfer, heard)
    if heard.verdict is not None:
        return
    fates = {sent.fate for sent in own}
    if status is Status.SUCCESS:
        require(bool(fates & {Fate.PAID, Fate.REFUNDED}), "I5: SUCCESS, and DOKU never paid")
    if status is Status.REFUNDED:
        require(Fate.REFUNDED in fates, "I5: REFUNDED, and DOKU never refunded it")
    may_move = any(sent.fate in LIVE and not sent.is_denied for sent in own)
    if status is Status.FAILED:
        _check_failure(heard, may_move, patient)
    if transfer.next_action in _ADVISES_PAYMENT:
        _check_advice(transfer.status, heard, may_move, patient)


def _check_contradictions(transfer: Transfer, heard: Heard) -> None:
    """Check I5: DOKU's contradiction of a decision, and a second reference, are shown."""
    if heard.verdict is None:
        require(len(heard.references) < 2 or transfer.status in _ATTENTION, "I5: a second reference is not shown")
        return
    version, decided = heard.verdict
    agreeing = {decided.value, *(_LIFE if decided is Status.SUCCESS else ())}
    against = {word for at, word in heard.words if at > version} - agreeing
    shown = transfer.status in _ATTENTION
    require(not against or shown, f"I5: {transfer.status} by a decision, and DOKU said {_listed(against)} after it")


def _check_final(transfer: Transfer, heard: Heard) -> None:
    """Check I5: no final status contradicts DOKU's latest answer or an unsettled notification.

    A refund that DOKU stated is final. An operator's decision overrides earlier answers.
    """
    if not transfer.is_final or transfer.status is Status.REFUNDED:
        return
    status = transfer.status.value
    since = heard.verdict[0] if heard.verdict is not None and heard.verdict[1].value == status else 0
    against = {word for at, word in heard.words if at > since} - {status}
    require(not against, f"I5: {status} is final, and DOKU's latest word is {_listed(against)}")
    claims = heard.claimed - {status}
    if transfer.status is Status.SUCCESS or status in heard.present:  # an earlier notification may be late
        claims -= {Finding.UNPAID}
    require(not claims, f"I5: {status} is final, and a notification says {_listed(claims)}")


def _check_failure(heard: Heard, may_move: bool, patient: bool) -> None:
    """Check I6: FAILED by DOKU's answer, by a refusal of every request, or by inferred absence."""
    if heard.present:
        require(heard.present == {Finding.FAILED}, f"I6: FAILED, and DOKU's latest word is {_listed(heard.present)}")
    elif may_move:
        require(not patient, "I6: FAILED, and DOKU moves the money")
        _check_absence(heard)


def _check_advice(status: Status, heard: Heard, may_move: bool, patient: bool) -> None:
    """Check I6: a second payment is advised only if no money moved or may move.

    If DOKU's answer or inferred absence says so, that is an assumption: see docs/proof.md.
    """
    paid = status is not Status.REFUNDED and Finding.SUCCESS in heard.claimed
    require(not paid, "I6: a second payment is advised, and a notification says paid")
    if may_move and heard.present != {Finding.FAILED}:
        require(not patient, "I6: a second payment is advised, and DOKU moves the money")
        _check_absence(heard)


def _check_absence(heard: Heard) -> None:
    """Check the rule of absence with true times: six checks without a record over three days, and no other answer."""
    times, first, last = heard.missing
    require(times >= 6 and last - first >= LAG, "I6: absence inferred from too few answers, or over too short a time")
    against = {message for message in heard.claimed | heard.present if message is not Finding.FAILED}
    require(not against, f"I6: absence inferred although DOKU said or claimed {_listed(against)}")


def check_progress(
    look: int, before: Mapping[str, Any] | None, after: Mapping[str, Any], paid: Mapping[str, Any], answered_at: int
) -> None:
    """I31: the sweep passes a paid transfer outside the `due` index only after DOKU answered about it, once the look
    had begun. `paid`: its item; `answered_at`: the true time of the last answer."""
    place = (paid["day"].split("#")[0], paid["createdAt"], paid["pk"].removeprefix("TRANSFER#"))
    began = ("", 0, "") if before is None else _reached(before)
    if not began < place <= _reached(after):
        return
    ends = (paid["createdAt"] + _WIB_OFFSET) // DAY * DAY + (look + 1) * DAY - _WIB_OFFSET
    require(answered_at >= ends, f"I31: the look after {look} days skips {place[2]}")


def _reached(progress: Mapping[str, Any]) -> tuple[str, int, str]:
    return progress["sweptDay"], progress["sweptAt"], progress["sweptReference"]


def check_acknowledged(order_fingerprint: str, stored: Transfer | None) -> None:
    """Check I3: an acknowledged transfer is stored, and is the one that was ordered."""
    require(stored is not None, "I3: an acknowledged transfer is not in the table")
    assert stored is not None
    require(stored.fingerprint == order_fingerprint, "I8: an order was acknowledged by another transfer")


def check_submitted(invocation: Invocation, result: object, ledger: Ledger) -> None:
    """Check I8, and that an error means that nothing was sent."""
    own = [sent for sent in ledger if sent.external_id.startswith(f"{invocation.actor}-")]
    assert invocation.order is not None
    if isinstance(result, CreateResult):
        require(result.transfer.fingerprint == invocation.order.fingerprint, "I8: answered with another's transfer")
        require(not (result.replayed and own), "I8: a replay sent something")
        return
    require(isinstance(result, PayoutError), f"an order ended in {type(result).__name__}")
    require(not own, "I4: an order was refused after something was sent")
    assert isinstance(result, PayoutError)
    require(not (isinstance(result, Duplicate) and result.retryable), "I8: a refused order may be sent again")


def _listed(words: Iterable[Finding]) -> str:
    return ", ".join(sorted(words))
