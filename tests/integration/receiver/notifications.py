"""Notifications as DOKU signs them and API Gateway passes them on, signed without the product's code."""

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from local.in_process.clients import client
from tests.support.harness import Answer, Context, World, sample_event

REQUEST_ID = "fd53b1e3-9c35-4dfa-a95ca8dbc5695485"
UNPAID = (
    '{"sendTrxId":"text","transactionId":"DK0018353","invoiceNumber":"I088787987870912","transactionStatus":"50",'
    '"activityCode":"200","message":"Transaction is Success","processDate":"2024-01-12\'T\'07:30:12",'
    '"createdTime":"1699520040340"}'
)
REFUND = (
    '{"transactionId":"DK0018353","activityCode":"200","message":"Transaction is Refunded",'
    '"processDate":"2024-01-12\'T\'07:30:12"}'
)
REFUSED = (("status", False), ("transactionId", ""), ("responseCode", "99"))
OTHER_KEY = "fedcba9876543210"


def aes_ecb(key: str, text: str) -> str:
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.ECB()).encryptor()
    padded = padder.update(text.encode()) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def hmac_sha512(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), "sha512").digest()).decode()


def secret(world: World) -> dict[str, str]:
    """The credentials that DOKU gave this merchant."""
    found = client("secretsmanager").get_secret_value(SecretId=world.environment["DOKU_SECRET_ID"])
    fields: dict[str, str] = json.loads(found["SecretString"])
    return fields


def rotate(world: World, **fields: str | None) -> None:
    """Put a new version of the secret. None removes a field."""
    changed = {name: value for name, value in (secret(world) | fields).items() if value is not None}
    secret_id = world.environment["DOKU_SECRET_ID"]
    client("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=json.dumps(changed))


def signed(world: World, request_id: str = REQUEST_ID, **other: str) -> dict[str, str]:
    """The headers of a notification. `agent` and `key` may be another merchant's."""
    ours = secret(world)
    agent = other.get("agent", ours["agentKey"])
    signature = aes_ecb(other.get("key", ours["notificationKey"]), agent + request_id)
    return {
        "requestId": request_id,
        "agentKey": agent,
        "signature": signature,
        "Content-Type": "application/json",
    }


def event(
    headers: Mapping[str, str], body: str | None = UNPAID, kind: str = "unpaid", **changes: Any
) -> dict[str, Any]:
    """A notification as API Gateway passes it on, with exactly these headers; `path`, `method`, `source` may differ."""
    made = sample_event(f"{kind}-notification")
    made["headers"] = dict(headers)
    made["body"] = body
    http = made["requestContext"]["http"]
    made["rawPath"] = http["path"] = changes.pop("path", made["rawPath"])
    http["method"] = changes.pop("method", "POST")
    http["sourceIp"] = changes.pop("source", http["sourceIp"])
    return made | changes


def deliver(world: World, headers: Mapping[str, str], body: str | None = UNPAID, **changes: Any) -> Answer:
    return Answer.of(world.call_receiver(event(headers, body, **changes), Context(lambda: 10_000)))


def reply(world: World, headers: Mapping[str, str], body: str | None = UNPAID, **changes: Any) -> tuple[Any, ...]:
    """The HTTP status and the fields of the body in order, without the last one, a text of any content."""
    result = world.call_receiver(event(headers, body, **changes), Context(lambda: 10_000))
    pairs = json.loads(result["body"], object_pairs_hook=list)
    assert pairs[-1][0] == "responseMessage"
    assert isinstance(pairs[-1][1], str)
    assert result["headers"]["Content-Type"] == "application/json"
    return (result["statusCode"], *pairs[:-1])


def queued(world: World) -> list[dict[str, Any]]:
    """Receive and delete all messages of the queue."""
    sqs, url, found = world.sqs, world.environment["NOTIFICATION_QUEUE_URL"], []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def configured(world: World, **environment: str) -> World:
    """A cold start with other variables."""
    return World.start(world.environment | environment, world.clock, world.doku)
