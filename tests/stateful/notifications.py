"""Notifications: genuine, repeated and forged, signed without the product's code."""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

OTHER_KEY = "fedcba9876543210"


@dataclass(frozen=True)
class Notification:
    """A notification as the receiver gets it."""

    kind: str
    body: str
    headers: dict[str, str]


def of_doku(announced: Mapping[str, Any], agent_key: str, key: str, **changes: str) -> Notification:
    """A notification of DOKU's ledger, with `changes` to its body, which the signature does not cover.

    A changed one has a new requestId, as if it was intercepted before delivery.
    """
    request_id = "-".join([announced["requestId"], *changes.values()])
    headers = {"requestId": request_id, "agentKey": agent_key, "signature": _sign(key, agent_key + request_id)}
    return Notification(announced["kind"], json.dumps({**announced["body"], **changes}), headers)


def replayed(true: Notification) -> Notification:
    """Another body with the headers of an intercepted notification."""
    body = {**json.loads(true.body), "message": "altered"}
    return Notification(true.kind, json.dumps(body), true.headers)


def claiming(reference: str, status: str, agent_key: str, key: str) -> Notification:
    """A notification about a transfer that the ledger does not have, with a generated DOKU reference."""
    request_id = str(uuid.uuid4())
    body = {"sendTrxId": reference, "transactionId": "DK00000000", "transactionStatus": status, "activityCode": "200"}
    return of_doku({"requestId": request_id, "kind": "unpaid", "body": body}, agent_key, key)


FORGERIES = ("another key", "another agent", "no signature", "garbage", "another request")


def forged(true: Notification, how: str) -> Notification:
    """A notification forged from a genuine one without the key."""
    agent, request_id = true.headers["agentKey"], true.headers["requestId"]
    changes = {
        "another key": {"signature": _sign(OTHER_KEY, agent + request_id)},
        "another agent": {"agentKey": "A00000"},
        "no signature": {"signature": ""},
        "garbage": {"signature": "not base64 \u00e9"},
        "another request": {"requestId": request_id + "1"},
    }
    return Notification(true.kind, true.body, {**true.headers, **changes[how]})


def _sign(key: str, text: str) -> str:
    """The notification signature: AES-ECB (docs/doku-protocol.md)."""
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.ECB()).encryptor()
    padded = padder.update(text.encode()) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
