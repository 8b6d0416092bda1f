"""Things that one transfer alone may use: an inquiry session, an Idempotency-Key. Claimed by a conditional write.

A claim by the same reference is fine, so a crash between the claim and the transfer heals itself.
"""

import hashlib
from dataclasses import dataclass

from payouts.domain.errors import Duplicate, Mismatch, Unavailable
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.store.codec import Item
from payouts.store.table import ConditionFailed, Table

SESSION_SECONDS = 3600
"""How long an inquiry may be used. DOKU does not say how long its sessions live."""
_CLAIMED_SECONDS = 30 * 86_400
"""How long a claimed session leads to its transfer: a notification may name nothing else that is known here."""
_FREE = "(attribute_not_exists(claimedBy) OR (claimedBy = :by AND claimedFor = :for))"


@dataclass(frozen=True, slots=True)
class InquirySession:
    """An account inquiry that a transfer may use once, before `expires_at` (seconds since the epoch)."""

    session_id: str
    account_number: str
    bank_code: str
    amount: Rupiah
    account_name: str
    fee: Rupiah | None
    expires_at: int


class Claims:
    """Sessions and keys in the table. Raises Throttled or Unavailable where the table does."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, session: InquirySession) -> None:
        """Keep an inquiry's session for a transfer to come."""
        try:
            self._table.put(_encode(session), "attribute_not_exists(claimedBy)", {}, {})
        except ConditionFailed:
            raise _used_already() from None

    def claim_session(self, intent: Intent, fingerprint: str, now: float) -> InquirySession:
        """The session that `intent` names, now its own, where both agree in account, bank and amount.

        Raises Duplicate for a used one and Mismatch for one that is unknown, expired or of another transfer.
        """
        condition = (
            "accountNumber = :account AND bankCode = :bank AND amount = :amount AND validUntil > :now AND " + _FREE
        )
        values = {
            ":account": intent.beneficiary_account_number,
            ":bank": intent.beneficiary_bank_code,
            ":amount": str(intent.amount),
            ":now": int(now),
            ":kept": int(now) + _CLAIMED_SECONDS,
            **_claimant(intent, fingerprint),
        }
        try:
            expression, pk = "SET claimedBy = :by, claimedFor = :for, expiresAt = :kept", _session(intent.session_id)
            return _decode(self._table.update(pk, expression, condition, {}, values, returned=True))
        except ConditionFailed as failed:
            raise _refusal(failed.item, intent, now) from None

    def keep_claimed(self, session: InquirySession, intent: Intent, fingerprint: str, now: float) -> None:
        """Keep the session of an inquiry that was made for `intent` itself, claimed from the start.

        To be called before the transfer is created. Raises Unavailable if another request used the session.
        """
        item = {
            **_encode(session),
            "claimedBy": intent.partner_reference_no,
            "claimedFor": fingerprint,
            "expiresAt": int(now) + _CLAIMED_SECONDS,
        }
        try:
            self._table.put(item, _FREE, {}, _claimant(intent, fingerprint))
        except ConditionFailed:
            raise _used_already() from None

    def claimed_by(self, session_id: str) -> str | None:
        """The partnerReferenceNo of the request that claimed this session; None if no request did, or long ago."""
        item = self._table.get(_session(session_id))
        return None if item is None else item.get("claimedBy")

    def claim_key(self, idempotency_key: str, reference: str) -> None:
        """Bind an Idempotency-Key to one reference for good. Raises Duplicate where it is bound to another (I2)."""
        pk = "KEY#" + hashlib.sha256(idempotency_key.encode()).hexdigest()
        condition = "attribute_not_exists(pk) OR boundTo = :reference"
        try:
            self._table.put({"pk": pk, "boundTo": reference}, condition, {}, {":reference": reference})
        except ConditionFailed:
            raise Duplicate(
                "this Idempotency-Key belongs to another partnerReferenceNo. This request sent nothing. Read that"
                " transfer before you pay under another key"
            ) from None


def _refusal(item: Item | None, intent: Intent, now: float) -> Exception:
    if item is None or item["validUntil"] <= now:
        return Mismatch("sessionId is unknown or expired; make a new account inquiry")
    found = _decode(item)
    for name, ours, theirs in (
        ("beneficiaryAccountNumber", intent.beneficiary_account_number, found.account_number),
        ("beneficiaryBankCode", intent.beneficiary_bank_code, found.bank_code),
        ("amount", intent.amount, found.amount),
    ):
        if ours != theirs:
            return Mismatch(f"sessionId belongs to an account inquiry with another {name}; make a new account inquiry")
    return Duplicate(
        "sessionId belongs to another request, which used it first, even if that request ended without a transfer;"
        " make a new account inquiry"
    )


def _used_already() -> Unavailable:
    return Unavailable("DOKU gave a session that another request has used already; inquire again")


def _claimant(intent: Intent, fingerprint: str) -> Item:
    return {":by": intent.partner_reference_no, ":for": fingerprint}


def _session(session_id: str) -> str:
    return f"SESSION#{session_id}"


def _encode(session: InquirySession) -> Item:
    return {
        "pk": _session(session.session_id),
        "accountNumber": session.account_number,
        "bankCode": session.bank_code,
        "amount": str(session.amount),
        "accountName": session.account_name,
        "validUntil": session.expires_at,
        "expiresAt": session.expires_at,  # of the item: the table's TTL
        **({"fee": str(session.fee)} if session.fee else {}),
    }


def _decode(item: Item) -> InquirySession:
    return InquirySession(
        session_id=item["pk"].removeprefix(_session("")),
        account_number=item["accountNumber"],
        bank_code=item["bankCode"],
        amount=Rupiah.parse(item["amount"]),
        account_name=item["accountName"],
        fee=Rupiah.parse(item["fee"]) if "fee" in item else None,
        expires_at=item["validUntil"],
    )
