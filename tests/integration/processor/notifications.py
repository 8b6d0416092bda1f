"""Notifications on their way through the queue."""

from typing import Any

from tests.integration.receiver.notifications import signed
from tests.support.harness import World, new_reference, order

UNPAID = {"beneficiaryAccountNumber": "0012345678"}  # DOKU's sandbox: UNPAID at first, paid within five minutes
FAILING = UNPAID | {"beneficiaryBankCode": "002"}  # UNPAID at first, failed at the next odd hour
REFUNDED = {"beneficiaryAccountNumber": "7746555134"}  # paid at once, refunded after five minutes
MINUTES = 60
HOURS = 3600
WAITS = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
"""Seconds after each of the ten deliveries that template.yaml allows."""


def notified(world: World, kind: str = "unpaid", request_id: str = "", **body: Any) -> None:
    """Have a notification with this body kept."""
    assert world.notify(kind, body, signed(world, request_id or new_reference())).status == 200


def call_back(world: World, reference: str, times: int = 1, **changes: Any) -> None:
    """Have what DOKU has announced about `reference` last kept, each time under the same requestId.

    `changes` make another body, under a requestId that came to nobody else: the signature covers no body.
    """
    (*_, last) = [one for one in world.doku.ledger()["notifications"] if one["partnerReferenceNo"] == reference]
    headers = signed(world, new_reference() if changes else last["requestId"])
    for _ in range(times):
        assert world.notify(last["kind"], last["body"] | changes, headers).status == 200


def created(world: World, fields: dict[str, str] = UNPAID) -> str:
    """A transfer that DOKU took."""
    answer = world.create(order(**fields))
    assert answer.status in (201, 202)
    return str(answer.body["partnerReferenceNo"])


def announced(world: World, fields: dict[str, str] = UNPAID) -> str:
    """A transfer that has come to its end at DOKU, which has called back."""
    reference = created(world, fields)
    world.clock.advance(2 * HOURS if fields == FAILING else 5 * MINUTES)
    call_back(world, reference)
    return reference


def findings(world: World, reference: str) -> list[str]:
    return [str(seen.finding) for seen in world.existing(reference).history]


def dead(world: World) -> int:
    return world.messages("DEAD_LETTER_QUEUE_URL")


def put(world: World, *bodies: str) -> None:
    """Straight into the queue, past the receiver."""
    for body in bodies:
        world.sqs.send_message(QueueUrl=world.environment["NOTIFICATION_QUEUE_URL"], MessageBody=body)


def until_dead(world: World) -> None:
    """Deliver what is in the queue as often as it may be, and once more: while SQS moves messages to the dead-letter
    queue, it may say that there are none."""
    for _ in range(len(WAITS) + 2):
        world.pump()
        world.clock.advance(WAITS[-1] * 1.25 + 1)


def redrive(world: World, keep: bool = False) -> int:
    """Move all dead messages back, or copy them: as after a crash between the send and the delete."""
    moved, url = 0, world.environment["DEAD_LETTER_QUEUE_URL"]
    while messages := world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            put(world, message["Body"])
            moved += 1
            if not keep:
                world.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return moved
