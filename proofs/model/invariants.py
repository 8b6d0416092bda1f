"""What must hold (FAULTS: I1 to I10). The ledger of the model's DOKU is the oracle; nothing here asks our own code
what it thinks of itself but for the status that it shows."""

import json
from collections import Counter
from collections.abc import Mapping

from payouts.errors import Duplicate, PayoutError
from payouts.schedule import NOT_RECEIVED
from payouts.submit import Submitted
from payouts.transfer import Finding, Status, Transfer
from proofs.model.doku import MOVED, OPEN_TO_MOVE, Fate, Ledger
from proofs.model.outside import Request
from proofs.model.parts import Invocation

_ABOVE = ("SUBMITTING", "IN_DOUBT", "ACCEPTED", "UNPAID", "SUCCESS FAILED", "DISPUTED", "REFUNDED")
_RANK = {Status(name): rank for rank, names in enumerate(_ABOVE) for name in names.split()}
_ENDS = (Status.SUCCESS, Status.FAILED, Status.REFUNDED)


class Violation(Exception):
    """An invariant does not hold. The message says which and why."""


def require(holds: bool, message: str) -> None:
    """Raise Violation where something does not hold."""
    if not holds:
        raise Violation(message)


def check_ledger(ledger: Ledger, keys: Mapping[str, str]) -> None:
    """I1 and I2. `keys`: reference to Idempotency-Key, where one is used."""
    requests = Counter(sent.reference for sent in ledger if sent.fate is not Fate.REFUSED)
    debits = Counter(sent.reference for sent in ledger if sent.fate in MOVED)
    by_key = Counter(keys.get(sent.reference, sent.reference) for sent in ledger if sent.fate in MOVED)
    require(max(requests.values(), default=0) <= 1, "I1: two requests that DOKU may have executed")
    require(max(debits.values(), default=0) <= 1, "I2: two debits for one reference")
    require(max(by_key.values(), default=0) <= 1, "I2: two debits for one Idempotency-Key")


def check_sent(invocation: Invocation, request: Request, item: Mapping[str, object] | None) -> None:
    """I4 and I7, at the moment at which a transfer request leaves."""
    require(item is not None, "I4: a transfer is sent that is not durable")
    assert item is not None
    external_ids, intent = item["externalIds"], item["intent"]
    assert isinstance(external_ids, list)
    assert isinstance(intent, dict)
    require(request.external_id in external_ids, "I4: sent under an X-EXTERNAL-ID that is not durable")
    body = json.loads(request.body)
    require(body["amount"] == {"value": intent["amount"], "currency": "IDR"}, "I7: another amount is sent")
    for wire, name in (
        ("partnerReferenceNo", "partner_reference_no"),
        ("beneficiaryAccountNumber", "beneficiary_account_number"),
        ("beneficiaryBankCode", "beneficiary_bank_code"),
        ("sessionId", "session_id"),
    ):
        require(body[wire] == intent[name], f"I7: another {wire} is sent than stored")
    assert invocation.order is not None
    wanted = invocation.order.intent
    sent = (body["beneficiaryAccountNumber"], body["beneficiaryBankCode"], body["amount"]["value"])
    ordered = (wanted.beneficiary_account_number, wanted.beneficiary_bank_code, str(wanted.amount))
    require(sent == ordered, "I7: another transfer is sent than was ordered")


def check_write(before: Transfer | None, after: Transfer) -> None:
    """I5, I7 and I8: what one write may change."""
    if before is None:
        return
    same = (before.intent, before.fingerprint, before.created_at) == (after.intent, after.fingerprint, after.created_at)
    require(same, "I7, I8: the stored intent was changed")
    if after.settlement is not None:
        return
    old, new = before.status, after.status
    up = old is new or _RANK[new] > _RANK[old]
    require(up, f"I5: the status moves from {old} to {new}")


def check_transfer(transfer: Transfer, in_index: bool, ledger: Ledger, patient: bool) -> None:
    """I3, I5 and I6 of one transfer against what DOKU did."""
    fates = {sent.fate for sent in ledger if sent.reference == transfer.reference}
    status = transfer.status
    require(in_index or status in _ENDS, f"I3: {status}, and nobody will ask about it")
    if transfer.settlement is not None:
        return
    if status is Status.SUCCESS:
        require(bool(fates & {Fate.PAID, Fate.REFUNDED}), "I5: SUCCESS, and DOKU never paid")
    if status is Status.REFUNDED:
        require(Fate.REFUNDED in fates, "I5: REFUNDED, and DOKU never gave the money back")
    if status is Status.FAILED:
        _check_failure(transfer, fates, patient)


def _check_failure(transfer: Transfer, fates: set[Fate], patient: bool) -> None:
    decided = transfer.decided_by
    assert decided is not None
    missing = [seen.at for seen in transfer.history if seen.finding is Finding.NOT_FOUND]
    if decided.code == NOT_RECEIVED:
        repeated = len(missing) >= 3 and max(missing) - min(missing) >= 30 * 60_000
        require(repeated, "I6: NOT_RECEIVED without three answers over half an hour")
        if not patient:  # DOKU denied for longer than the window what it had: nobody can know
            return
    require(not fates & (OPEN_TO_MOVE - {Fate.FAILED}), "I6: FAILED, and DOKU moves the money")


def check_acknowledged(order_fingerprint: str, stored: Transfer | None) -> None:
    """I3: what a merchant was told of exists, and is what was ordered."""
    require(stored is not None, "I3: an acknowledged transfer is not in the table")
    assert stored is not None
    require(stored.fingerprint == order_fingerprint, "I8: an order was acknowledged by another transfer")


def check_submitted(invocation: Invocation, result: object, ledger: Ledger) -> None:
    """I8, and that an error means that nothing was sent."""
    own = [sent for sent in ledger if sent.external_id.startswith(f"{invocation.actor}-")]
    assert invocation.order is not None
    if isinstance(result, Submitted):
        require(result.transfer.fingerprint == invocation.order.fingerprint, "I8: answered with another's transfer")
        require(not (result.replayed and own), "I8: a replay sent something")
        return
    require(isinstance(result, PayoutError), f"an order ended in {type(result).__name__}")
    require(not own, "I4: an order was refused after something was sent")
    assert isinstance(result, PayoutError)
    require(not (isinstance(result, Duplicate) and result.retryable), "I8: a refused order may be sent again")
