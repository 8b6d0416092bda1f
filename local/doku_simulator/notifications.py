"""DOKU's notifications as data: their kinds, contents and signatures."""

import base64
import uuid
from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from local.doku_simulator.answers import Json
from local.doku_simulator.auth import hmac_sha512
from local.doku_simulator.clock_formats import quoted
from local.doku_simulator.settings import Settings
from local.doku_simulator.transfers import Change, State, Transfer

Kind = Literal["unpaid", "refund"]
_MESSAGES = {State.PAID: "Transaction is Success", State.FAILED: "Transaction is Failed"}


@dataclass
class Notification:
    """One notification: its due time, body and delivery attempts ({at, httpStatus, accepted})."""

    kind: Kind
    transaction_id: str
    partner_reference_no: str
    body: Json
    due: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: list[Json] = field(default_factory=list)
    tries: int = 0
    first_try: float = 0.0
    delayed: bool = False
    outcome: str = "due"  # due, delivered, failed (given up) or dropped

    def as_json(self) -> Json:
        """The notification as the control API shows it."""
        return {
            "kind": self.kind,
            "transactionId": self.transaction_id,
            "partnerReferenceNo": self.partner_reference_no,
            "requestId": self.request_id,
            "body": self.body,
            "due": self.due,
            "attempts": list(self.attempts),
            "outcome": self.outcome,
        }


def announce(transfer: Transfer, change: Change) -> Notification:
    """What DOKU tells the merchant about a change: a refund, or the end of UNPAID."""
    if change.state is State.REFUNDED:
        kind: Kind = "refund"
        body = refund_body(transfer.reference_no, change.at)
    else:
        kind, body = "unpaid", unpaid_body(transfer, change)
    return Notification(kind, transfer.reference_no, transfer.partner_reference_no, body, change.at)


def unpaid_body(transfer: Transfer, change: Change) -> Json:
    """The unpaid notification's body, fields and order as in DOKU's sample."""
    return {
        "sendTrxId": transfer.partner_reference_no,
        "transactionId": transfer.reference_no,
        "invoiceNumber": transfer.session_id,
        "transactionStatus": change.state.kirim,
        "activityCode": "200",
        "message": _MESSAGES.get(change.state, change.state.description),
        "processDate": quoted(change.at),
        "createdTime": str(int(transfer.at * 1000)),
    }


def refund_body(transaction_id: str, at: float) -> Json:
    """The refund notification's body: no reference of the merchant's, no status."""
    return {
        "transactionId": transaction_id,
        "activityCode": "200",
        "message": "Transaction is Refunded",
        "processDate": quoted(at),
    }


def altered(body: Json) -> Json:
    """The body with the opposite claim: the signature does not cover it, so an attacker could send this."""
    if "transactionStatus" in body:
        paid = body["transactionStatus"] == State.PAID.kirim
        said = State.FAILED if paid else State.PAID
        return body | {"transactionStatus": said.kirim, "message": _MESSAGES[said]}
    return body | {"message": "Transaction is Success"}


def sign(settings: Settings, request_id: str) -> str:
    """The `signature` header: it covers agentKey and requestId only, neither the body nor the time."""
    text = settings.agent_key + request_id
    if settings.notification_signature == "hmac-sha512":
        return hmac_sha512(settings.notification_key, text)
    return _aes_ecb(settings.notification_key.encode(), text.encode())


def is_right_reply(status: int, reply: object, transaction_id: str) -> bool:
    """Whether the merchant's reply is the exact success body; any other one means "send again"."""
    return (
        status == 200
        and isinstance(reply, dict)
        and reply.keys() == {"status", "transactionId", "responseCode", "responseMessage"}
        and reply["status"] is True
        and reply["transactionId"] == transaction_id
        and reply["responseCode"] == "00"
        and isinstance(reply["responseMessage"], str)
    )


def _aes_ecb(key: bytes, plain: bytes) -> str:
    """Base64 of AES/ECB/PKCS5. ValueError for a key that is not of 16, 24 or 32 bytes."""
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    padded = padder.update(plain) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
