"""DOKU's notifications, read leniently: only transactionId is required."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The kind of a notification: the last part of the URL that was registered with DOKU."""

    UNPAID = "unpaid"
    """A transfer that was UNPAID is now paid or failed."""
    REFUND = "refund"
    """A transfer was refunded. The body has DOKU's reference only."""


_MAX_TEXT = 64


@dataclass(frozen=True, slots=True)
class Notification:
    """The content of a notification. A hint: its signature covers none of it.

    Holds only the fields that find the transfer or are shown to an operator.
    """

    kind: Kind
    transaction_id: str
    """DOKU's reference, such as DK0018353."""
    send_trx_id: str = ""
    """The merchant's partnerReferenceNo, if DOKU states it."""
    transaction_status: str = ""
    """50 success, 35 failed, 20 unpaid, 40 refunded."""
    message: str = ""
    invoice_number: str = ""
    """The sessionId that the transfer was sent with, in unpaid notifications."""


def parse(kind: Kind, body: bytes) -> Notification:
    """Parse a verified body. Raises ValueError if it has no transactionId."""
    try:
        fields: Any = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON in UTF-8") from None
    if not isinstance(fields, dict):
        raise ValueError("the body is not a JSON object")
    transaction_id = _text(fields.get("transactionId"))
    if not transaction_id:
        raise ValueError("transactionId is missing or too long")
    return Notification(
        kind=kind,
        transaction_id=transaction_id,
        send_trx_id=_text(fields.get("sendTrxId")),
        transaction_status=_text(fields.get("transactionStatus")),
        message=_text(fields.get("message")),
        invoice_number=_text(fields.get("invoiceNumber")),
    )


def _text(value: object) -> str:
    """Text, or an integer as text; empty for other types and for more than 64 characters."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**20 else ""
    return text if len(text) <= _MAX_TEXT and text.isprintable() else ""
