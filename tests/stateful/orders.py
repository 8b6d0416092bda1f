"""The payments of the state machine's merchant, and the answers to them."""

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
"""The fields by which DOKU's sandbox decides a transfer's outcome, by outcome."""


@dataclass(eq=False)
class Order:
    """One payment that the merchant wants made once, however often it asks."""

    reference: str
    body: dict[str, Any]
    headers: dict[str, str]
    amount: int
    """In rupiah."""
    caller: str | None
    """Who asks; None for one whose token does not say."""
    acknowledged: bool = False
    """Whether it was answered with 201 or 202."""
    refused: bool = False
    """Whether a limit or the stop stood in its way."""

    @classmethod
    def of(cls, fate: str, identity: str, amount: int, caller: str | None) -> "Order":
        """Identified by a `reference`, a `key`, or `both`."""
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
        """The body of another request."""
        return {**self.body, "amount": {"value": "12345.00", "currency": "IDR"}}

    def __repr__(self) -> str:
        return f"<{self.reference}>"
