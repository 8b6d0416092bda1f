"""DOKU's notifications, read leniently (seed 003 sections 5 and 6, PROTOCOL.md 4.5 and 4.6)."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Which notification it is: the last part of the path that DOKU was given."""

    UNPAID = "unpaid"
    """A transfer that was UNPAID is paid or failed."""
    REFUND = "refund"
    """A transfer was refunded. Names nothing but DOKU's reference."""


_MAX_TEXT = 64


@dataclass(frozen=True, slots=True)
class Notification:
    """What a notification says. A hint: its signature covers none of this.

    Only what is needed to find the transfer and to show an operator; `createdTime` and `processDate` decide nothing.
    """

    kind: Kind
    transaction_id: str
    """DOKU's reference, such as DK0018353."""
    send_trx_id: str = ""
    """The merchant's partnerReferenceNo, where DOKU names it."""
    transaction_status: str = ""
    """50 success, 35 failed, 20 unpaid, 40 refunded."""
    message: str = ""
    invoice_number: str = ""
    """The sessionId that the transfer was sent with, in unpaid notifications."""


def parse(kind: Kind, body: bytes) -> Notification:
    """From the bytes that were received and verified. Raises ValueError for what names no transaction."""
    try:
        members: Any = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON in UTF-8") from None
    if not isinstance(members, dict):
        raise ValueError("the body is not a JSON object")
    transaction_id = _text(members.get("transactionId"))
    if not transaction_id:
        raise ValueError("transactionId is missing or too long")
    return Notification(
        kind=kind,
        transaction_id=transaction_id,
        send_trx_id=_text(members.get("sendTrxId")),
        transaction_status=_text(members.get("transactionStatus")),
        message=_text(members.get("message")),
        invoice_number=_text(members.get("invoiceNumber")),
    )


def _text(value: object) -> str:
    """Text or a number as text; empty for anything else and for what is too long to be one of DOKU's values."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**20 else ""
    return text if len(text) <= _MAX_TEXT and text.isprintable() else ""
