"""Send a notification right now: again, crafted or about a transfer that never was."""

import uuid

from local.doku_simulator.answers import Json
from local.doku_simulator.notifications import Notification, refund_body, unpaid_body
from local.doku_simulator.transfers import Change, State, Transfer
from local.doku_simulator.world import World

_OPTIONS = {"transactionId", "partnerReferenceNo", "kind", "overrides", "times", "requestId", "signature"}


def resend(world: World, order: Json) -> Json:
    """{"sent": [{at, httpStatus, accepted, reply}]}, one for each of `times`. ValueError says what is wrong.

    `overrides` replaces fields of the body, `signature` the right signature, `requestId` a fresh one.
    """
    _check(world, order)
    now = world.clock()
    transfer = _transfer(world, order, now)
    request_id = order.get("requestId") or str(uuid.uuid4())
    body = _body(transfer, order["kind"], now) | order.get("overrides", {})
    notification = Notification(
        order["kind"], transfer.reference_no, transfer.partner_reference_no, body, now, request_id
    )
    for _ in range(order.get("times", 1)):
        sender = world.notification_sender
        attempt = sender.send(world.settings, order["kind"], body, request_id, order.get("signature"))
        notification.attempts.append(attempt)
    accepted = any(attempt["accepted"] for attempt in notification.attempts)
    notification.outcome = "delivered" if accepted else "failed"
    world.ledger.notifications.append(notification)
    return {"sent": notification.attempts}


def _check(world: World, order: Json) -> None:
    if unknown := order.keys() - _OPTIONS:
        raise ValueError(f"no such option: {', '.join(sorted(unknown))}")
    if order.get("kind") not in ("unpaid", "refund"):
        raise ValueError("kind must be unpaid or refund")
    if not isinstance(order.get("overrides", {}), dict):
        raise ValueError("overrides must be an object")
    times = order.get("times", 1)
    if type(times) is not int or times < 1:
        raise ValueError("times must be at least 1")
    if not world.settings.notification_url:
        raise ValueError("no notification_url is set")


def _transfer(world: World, order: Json, now: float) -> Transfer:
    """The transfer meant; a made-up one for a transactionId that is not in the books."""
    world.ledger.settle(now)
    reference, transaction_id = order.get("partnerReferenceNo"), order.get("transactionId")
    if not isinstance(reference or transaction_id, str):
        raise ValueError("transactionId or partnerReferenceNo is needed, a string")
    found = world.ledger.find(partner_reference_no=reference, transaction_id=transaction_id)
    if found is not None:
        return found
    return _made_up(reference or "UNKNOWN", transaction_id or "DK00000000", now)


def _made_up(reference: str, transaction_id: str, now: float) -> Transfer:
    return Transfer(
        partner_reference_no=reference,
        reference_no=transaction_id,
        reference_number="",
        session_id="I0000000000000000",
        external_id="",
        account="",
        bank="",
        amount=0,
        fee=0,
        remark="",
        changes=[Change(now, State.PAID)],
    )


def _body(transfer: Transfer, kind: str, now: float) -> Json:
    return refund_body(transfer.reference_no, now) if kind == "refund" else unpaid_body(transfer, transfer.changes[-1])
