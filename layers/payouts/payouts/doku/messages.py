"""Bodies of requests to DOKU: compact JSON with DOKU's field names.

The bytes are made once, signed, and sent as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent, Transfer

_TRANSFER_TOP_LEVEL = frozenset(
    {
        "partner_reference_no",
        "customer_number",
        "beneficiary_account_number",
        "beneficiary_bank_code",
        "amount",
        "session_id",
        "fee_type",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryRequest:
    """An account inquiry. DOKU refuses it without a name and a country."""

    partner_reference_no: str
    customer_number: str
    amount: Rupiah
    beneficiary_account_number: str
    channel_code: str = ""
    beneficiary_bank_code: str
    beneficiary_account_name: str
    sender_country_code: str = "ID"


_INQUIRY_TOP_LEVEL = frozenset({"partner_reference_no", "customer_number", "amount", "beneficiary_account_number"})


def inquiry(request: InquiryRequest) -> bytes:
    """Body of `emoney/bank-account-inquiry`; the bank code goes into additionalInfo."""
    return _encode(_nest(request, _INQUIRY_TOP_LEVEL))


def transfer(intent: Intent) -> bytes:
    """Body of `emoney/transfer-bank`; the bank code is at the top level."""
    return _encode(_nest(intent, _TRANSFER_TOP_LEVEL))


def balance(account_no: str) -> bytes:
    """Body of `balance-inquiry`. `accountNo` is the agentKey."""
    return _encode({"accountNo": account_no})


def status(subject: Transfer) -> bytes:
    """Body of `qr/qr-mpm-status`. DOKU's own reference is added if it is known."""
    known = {"originalReferenceNo": subject.doku_reference_no} if subject.doku_reference_no else {}
    return _encode({"originalPartnerReferenceNo": subject.partner_reference_no, **known, "serviceCode": "43"})


@cache
def wire_name(name: str) -> str:
    """`partner_reference_no` as DOKU writes it: `partnerReferenceNo`. All names are mapped here."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _nest(message: Intent | InquiryRequest, top_level: frozenset[str]) -> dict[str, Any]:
    """The fields by wire name without empty ones; those not at the top level go into additionalInfo."""
    body: dict[str, Any] = {}
    additional: dict[str, Any] = {}
    for field in fields(message):
        value = getattr(message, field.name)
        if value != "":
            target = body if field.name in top_level else additional
            target[wire_name(field.name)] = value.wire() if isinstance(value, Rupiah) else value
    return {**body, "additionalInfo": additional} if additional else body


def _encode(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
