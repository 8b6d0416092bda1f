"""The orders of the state machine's merchant."""

import hashlib
from dataclasses import dataclass
from typing import Any

from tests.support.harness import order

FATES: dict[str, dict[str, str]] = {
    "paid at once": {},
    "paid later": {"beneficiaryAccountNumber": "0012345678", "channelCode": "07"},
    "fails later": {"beneficiaryAccountNumber": "0012345678", "beneficiaryBankCode": "002", "channelCode": "07"},
    "refunded": {"beneficiaryAccountNumber": "7746555134"},
}
"""The fields that decide a transfer's outcome in DOKU's sandbox, by outcome."""


@dataclass(eq=False)
class Order:
    """One payment, to be made once, however often it is requested."""

    reference: str
    body: dict[str, Any]
    headers: dict[str, str]
    amount: int
    """Rupiah."""
    caller: str | None
    """The token's `sub`; None for a token without it."""
    acknowledged: bool = False
    """True after an answer with 201 or 202."""
    refused: bool = False
    """True after a refusal by a limit or the stop."""

    @classmethod
    def of(cls, fate: str, identity: str, amount: int, caller: str | None) -> "Order":
        """An order that is identified by a `reference`, a `key`, or `both`."""
        body = order(**FATES[fate], amount={"value": f"{amount}.00", "currency": "IDR"})
        reference = str(body["partnerReferenceNo"])
        if identity == "reference":
            return cls(reference, body, {}, amount, caller)
        headers = {"Idempotency-Key": f"key-of-{reference}"}
        if identity == "key":
            del body["partnerReferenceNo"]
            reference = "IK" + hashlib.sha256(headers["Idempotency-Key"].encode()).hexdigest()[:38]
        return cls(reference, body, headers, amount, caller)

    @property
    def with_another_amount(self) -> dict[str, Any]:
        """The body with another amount."""
        return {**self.body, "amount": {"value": "12345.00", "currency": "IDR"}}

    def __repr__(self) -> str:
        return f"<{self.reference}>"
