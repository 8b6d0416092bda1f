"""Values that DOKU echoes, compared (docs/doku-protocol.md, "What DOKU echoes")."""

from collections.abc import Callable, Mapping
from typing import Any

from payouts.doku.messages import InquiryRequest
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent, Transfer

Echo = Mapping[str, Callable[[object], bool]]
"""Field of the answer (`additionalInfo.amount` if nested) to a check of its value."""

_TRANSFER_BANK = "43"


def of_inquiry(request: InquiryRequest) -> Echo:
    """Account inquiry echoes the reference, the account, the bank and the amount."""
    return {
        "partnerReferenceNo": _same(request.partner_reference_no),
        "beneficiaryAccountNumber": _same(request.beneficiary_account_number),
        "beneficiaryBankCode": _same(request.beneficiary_bank_code),
        "amount": _amount(request.amount),
        "additionalInfo": _object,
        "additionalInfo.feeCurrency": _same("IDR"),
    }


def of_balance(account_no: str) -> Echo:
    """Balance inquiry echoes the account."""
    return {"accountNo": _same(account_no)}


def of_transfer(intent: Intent) -> Echo:
    """Transfer bank echoes the reference, the session and, as text in additionalInfo, the amount."""
    return {
        "partnerReferenceNo": _same(intent.partner_reference_no),
        "referenceNo": _text,
        "amount": _amount(intent.amount),
        "additionalInfo": _object,
        "additionalInfo.amount": _amount(intent.amount),
        "additionalInfo.sessionId": _same(intent.session_id),
    }


def of_status(transfer: Transfer) -> Echo:
    """Check status echoes the reference, the service of the transfer and the amount."""
    return {
        "originalPartnerReferenceNo": _same(transfer.partner_reference_no),
        "originalReferenceNo": _text,
        "serviceCode": _service_code,
        "amount": _amount(transfer.intent.amount),
        "additionalInfo": _object,
    }


def difference(echo: Echo, body: Mapping[str, Any]) -> str:
    """The first field of an answer that differs from the request, or the empty string.

    A field that is missing, null or empty is not an echo: DOKU leaves some out of its refusals.
    """
    for path, fits in echo.items():
        value = _field(body, path)
        if value is not None and value != "" and not fits(value):
            return path
    return ""


def _field(body: Mapping[str, Any], path: str) -> object:
    value: object = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _same(expected: str) -> Callable[[object], bool]:
    """The same text. A JSON number never matches: it would have lost its leading zeros."""
    return lambda value: value == expected


def _amount(expected: Rupiah) -> Callable[[object], bool]:
    """The same rupiah, as `{"value": "1.00", "currency": "IDR"}` or as the plain text of the value."""

    def fits(value: object) -> bool:
        if isinstance(value, dict):
            return value.get("currency", "IDR") == "IDR" and value.get("value") == str(expected)
        return value == str(expected)

    return fits


def _service_code(value: object) -> bool:
    """Text by the schema, a number in DOKU's sample."""
    return value == _TRANSFER_BANK or (type(value) is int and str(value) == _TRANSFER_BANK)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _object(value: object) -> bool:
    return isinstance(value, dict) or value == []
