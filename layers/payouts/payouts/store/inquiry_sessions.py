"""Sessions of account inquiries. A conditional write claims a session for one transfer.

The same request may claim it again, so a crash between the claim and the creation of the transfer does no harm.
"""

from dataclasses import dataclass

from payouts.domain.errors import Duplicate, Mismatch, Unavailable
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent
from payouts.store.codec import Item
from payouts.store.table import ConditionFailed, Table

SESSION_SECONDS = 3600
"""How long a session may be used. DOKU does not say how long its sessions are valid."""
_CLAIMED_SECONDS = 30 * 86_400
"""How long a claimed session finds its transfer: a notification may contain no other known identifier."""
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


class InquirySessions:
    """Sessions in the table. Raises Throttled or Unavailable if the table fails."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def save(self, session: InquirySession) -> None:
        """Store the session for a later transfer. Raises Unavailable if another request has used it already."""
        try:
            self._table.put(_encode(session), "attribute_not_exists(claimedBy)", {}, {})
        except ConditionFailed:
            raise _used_already() from None

    def claim(self, intent: Intent, fingerprint: str, now: float) -> InquirySession:
        """Claim the session that `intent` names. Account, bank and amount must agree. `now` in seconds.

        Raises Duplicate if another request has used it, and Mismatch if it is unknown, expired or does not agree.
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

    def save_claimed(self, session: InquirySession, intent: Intent, fingerprint: str, now: float) -> None:
        """Store the session of an inquiry made for `intent`, already claimed. `now` in seconds.

        Call this before the transfer is created. Raises Unavailable if another request has used the session.
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
        """The partnerReferenceNo of the request that claimed the session; None if unclaimed, or older than 30 days."""
        item = self._table.get(_session(session_id))
        return None if item is None else item.get("claimedBy")


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
    return Unavailable("DOKU returned a session that another request has used already; make a new account inquiry")


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
        "expiresAt": session.expires_at,  # the table's TTL attribute
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
