"""Things that one transfer alone may use: an inquiry session, an Idempotency-Key. Claimed by a conditional write.

A claim by the same reference is fine, so a crash between the claim and the transfer heals itself.
"""

import hashlib
from dataclasses import dataclass

from payouts.errors import Duplicate, Mismatch, Unavailable
from payouts.money import Rupiah
from payouts.store.attributes import Item
from payouts.store.table import ConditionFailed, Table
from payouts.transfer import Intent

SESSION_SECONDS = 3600
"""How long an inquiry may be used. DOKU does not say how long its sessions live."""


@dataclass(frozen=True, slots=True)
class Session:
    """An account inquiry that a transfer may use once. `expires_at` in seconds since the epoch."""

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

    def save(self, session: Session) -> None:
        """Keep an inquiry's session for a transfer to come."""
        item = {
            "pk": _session(session.session_id),
            "accountNumber": session.account_number,
            "bankCode": session.bank_code,
            "amount": str(session.amount),
            "accountName": session.account_name,
            "expiresAt": session.expires_at,
            **({"fee": str(session.fee)} if session.fee else {}),
        }
        try:
            self._table.put(item, "attribute_not_exists(claimedBy)", {}, {})
        except ConditionFailed:
            raise Unavailable("DOKU gave a session that a transfer has used already; inquire again") from None

    def claim_session(self, intent: Intent, fingerprint: str, now: float) -> Session:
        """The session that `intent` names, now its own, where both agree in account, bank and amount.

        Raises Duplicate for a used one and Mismatch for one that is unknown, expired or of another transfer.
        """
        condition = (
            "accountNumber = :account AND bankCode = :bank AND amount = :amount AND expiresAt > :now"
            " AND (attribute_not_exists(claimedBy) OR (claimedBy = :by AND claimedFor = :for))"
        )
        values = {
            ":account": intent.beneficiary_account_number,
            ":bank": intent.beneficiary_bank_code,
            ":amount": str(intent.amount),
            ":now": int(now),
            ":by": intent.partner_reference_no,
            ":for": fingerprint,
        }
        try:
            expression, pk = "SET claimedBy = :by, claimedFor = :for", _session(intent.session_id)
            return _decode(self._table.update(pk, expression, condition, {}, values, returned=True))
        except ConditionFailed as failed:
            raise _refusal(failed.item, intent, now) from None

    def release_session(self, intent: Intent, fingerprint: str) -> None:
        """Give back a claim whose transfer was refused before the door."""
        condition = "claimedBy = :by AND claimedFor = :for"
        values = {":by": intent.partner_reference_no, ":for": fingerprint}
        expression = "SET releasedBy = :by REMOVE claimedBy, claimedFor"
        try:
            self._table.update(_session(intent.session_id), expression, condition, {}, values)
        except ConditionFailed:
            return  # not ours: nothing to give back

    def claim_key(self, idempotency_key: str, reference: str) -> None:
        """Bind an Idempotency-Key to one reference for good. Raises Duplicate where it is bound to another (I2)."""
        pk = "KEY#" + hashlib.sha256(idempotency_key.encode()).hexdigest()
        condition = "attribute_not_exists(pk) OR boundTo = :reference"
        try:
            self._table.put({"pk": pk, "boundTo": reference}, condition, {}, {":reference": reference})
        except ConditionFailed:
            raise Duplicate(
                "this Idempotency-Key was used with another partnerReferenceNo; use a new key for a new transfer"
            ) from None


def _refusal(item: Item | None, intent: Intent, now: float) -> Exception:
    if item is None or item["expiresAt"] <= now:
        return Mismatch("sessionId is unknown or expired; make a new account inquiry")
    found = _decode(item)
    for name, ours, theirs in (
        ("beneficiaryAccountNumber", intent.beneficiary_account_number, found.account_number),
        ("beneficiaryBankCode", intent.beneficiary_bank_code, found.bank_code),
        ("amount", intent.amount, found.amount),
    ):
        if ours != theirs:
            return Mismatch(f"sessionId belongs to an account inquiry with another {name}; make a new account inquiry")
    return Duplicate("sessionId was used by another transfer; make a new account inquiry")


def _session(session_id: str) -> str:
    return f"SESSION#{session_id}"


def _decode(item: Item) -> Session:
    return Session(
        session_id=item["pk"].removeprefix(_session("")),
        account_number=item["accountNumber"],
        bank_code=item["bankCode"],
        amount=Rupiah.parse(item["amount"]),
        account_name=item["accountName"],
        fee=Rupiah.parse(item["fee"]) if "fee" in item else None,
        expires_at=int(item["expiresAt"]),
    )
