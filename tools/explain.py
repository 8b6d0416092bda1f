"""Explain a transfer, a response code, or the dead notifications."""

import json
from datetime import datetime
from typing import Any

from doku_signing.timestamps import WIB
from payouts.codes.explain import explain
from payouts.codes.models import Explanation
from payouts.doku import queued_notification
from payouts.domain.errors import PayoutError
from payouts.domain.schedule import needs_review
from payouts.domain.transfer import Finding, Observation, Source, Transfer
from tools import codes
from tools.deployment import NoSuchDeployment, find
from tools.errors import CommandError
from tools.output import print_error, print_json
from transfer_api import responses

_PERSONAL = frozenset({"customerNumber", "beneficiaryAccountName"})
_FINDING: dict[str, str] = {
    Finding.SUBMITTING: "stored, before it is sent",
    Finding.IN_DOUBT: "DOKU's answer was not clear",
    Finding.ACCEPTED: "DOKU accepted it",
    Finding.UNPAID: "DOKU is processing it",
    Finding.SUCCESS: "paid",
    Finding.FAILED: "failed",
    Finding.REFUNDED: "refunded",
    Finding.REFUSED: "refused without being executed",
    Finding.NOT_SENT: "the request was not sent",
    Finding.NOT_RECEIVED: "inferred: DOKU never received it",
    Finding.RESENT: "not executed; a second request was prepared",
    Finding.NOT_FOUND: "DOKU has no record of it (no proof by itself)",
    Finding.UNCLEAR: "no usable answer",
    Finding.NOTIFIED: "DOKU sent a notification",
}
_OURS = frozenset({Finding.SUBMITTING, Finding.RESENT, Finding.NOT_SENT, Finding.NOT_RECEIVED})
"""Findings of this software, which are no answer of DOKU."""
_SOURCE: dict[str, str] = {
    Source.SUBMIT: "answer to the transfer",
    Source.STATUS_CHECK: "status check",
    Source.NOTIFICATION: "notification",
    Source.OPERATOR: "operator",
}


def explain_reference(env: str, reference: str, as_json: bool = False) -> None:
    """Print a transfer by either reference, a code of DOKU, or both. Raises CommandError if neither is known.

    A known code needs no deployment.
    """
    explained = explain(reference)
    try:
        deployment = find(env)
        transfer = deployment.transfers().get(reference) or deployment.transfers().find(reference)
    except (NoSuchDeployment, PayoutError) as error:
        if not explained.known:
            raise
        _print_code(explained, as_json)
        print_error(error)
        return
    if transfer is not None:
        _print_transfer(transfer, deployment.name, as_json)
    elif explained.known:
        _print_code(explained, as_json)
        print_error(f"{deployment.name} has no transfer {reference}")
    else:
        raise CommandError(f"{reference!a} is neither a transfer in {deployment.name} nor a known code")


def _print_transfer(transfer: Transfer, deployment: str, as_json: bool) -> None:
    now = datetime.now(WIB)
    if as_json:
        print_json({"deployment": deployment, **to_json(transfer, now.timestamp())})
    else:
        print(f"in {deployment}, " + "\n".join(format_transfer(transfer, now)))


def _print_code(explained: Explanation, as_json: bool) -> None:
    if as_json:
        print_json(codes.to_json(explained))
    else:
        print("\n".join(codes.format_explanation(explained)))


def to_json(transfer: Transfer, now: float) -> dict[str, Any]:
    """The transfer as GET /v1/transfers returns it, without names, and with a masked account number."""
    fields = responses.transfer(transfer, now) | {"beneficiaryAccountNumber": _masked(transfer)}
    return {name: value for name, value in fields.items() if name not in _PERSONAL}


def format_transfer(transfer: Transfer, now: datetime) -> list[str]:
    """The lines of a transfer: its status, next action and history."""
    intent = transfer.intent
    lines = [
        f"{transfer.partner_reference_no}: {transfer.status}. {responses.description(transfer)}",
        f"  {intent.amount} rupiah to bank {intent.beneficiary_bank_code}, account {_masked(transfer)}",
        f"  DOKU's reference {transfer.doku_reference_no or 'is not known'}, session {intent.session_id}",
    ]
    if transfer.sent_to:
        sent_to = transfer.sent_to
        lines.append(f"  Sent to {sent_to.host}{sent_to.path_prefix}, client id ...{sent_to.client_id[-4:]}")
    lines.append(f"  X-EXTERNAL-ID {', '.join(transfer.external_ids)}")
    if transfer.created_by:
        lines.append(f"  Created by {transfer.created_by}")
    final = "" if transfer.is_final else " (not final)"
    lines.append(f"  Next action: {transfer.next_action}{final}, version {transfer.version}")
    if needs_review(transfer, int(now.timestamp() * 1000)):
        lines.append("  REVIEW: status checks cannot settle it, or it has been open for seven days. Ask DOKU about it")
    if transfer.next_check_at is None:
        lines.append("  No further status check is due")
    else:
        lines.append(f"  The next status check is due at {_time(transfer.next_check_at)}")
    return [*lines, *(f"  {_time(seen.at)}  {_format_observation(seen)}" for seen in transfer.history)]


def explain_dead(env: str, as_json: bool = False) -> None:
    """Print up to ten dead notifications; they stay in their queue."""
    deployment = find(env)
    sqs, url = deployment.client("sqs"), deployment.outputs["DeadLetterQueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    messages = found.get("Messages", [])
    if as_json:
        print_json({"deployment": deployment.name, "deadNotifications": [_dead_json(message) for message in messages]})
        return
    for message in messages:
        print(_format_dead(message))
    print(f"{len(messages)} shown in {deployment.name}; once the cause is fixed, `make redrive` moves them back")


def _dead_json(message: dict[str, Any]) -> dict[str, Any]:
    """The stored notification; its text as it is where it is not JSON."""
    try:
        body = json.loads(message["Body"])
    except ValueError:
        body = message["Body"]
    return {"messageId": message["MessageId"], "notification": body}


def _format_dead(message: dict[str, Any]) -> str:
    try:
        received = queued_notification.decode(message["Body"])
    except (ValueError, KeyError, TypeError) as error:
        return f"{message['MessageId']}: not a notification of ours ({type(error).__name__})"
    notification = received.notification
    about = f"{notification.send_trx_id or 'a transfer'} ({notification.transaction_id})"
    request_id = json.loads(message["Body"]).get("requestId", "")
    at, kind = _time(received.received_at), notification.kind
    return f"{at}  {kind} about {about}: {notification.message}; DOKU's requestId {request_id}"


def _format_observation(seen: Observation) -> str:
    details = " ".join(filter(None, (seen.code, seen.message, seen.reference_no)))
    source, finding = _SOURCE.get(seen.source, seen.source), _FINDING.get(seen.finding, seen.finding)
    return (finding if seen.finding in _OURS else f"{source}: {finding}") + (f" ({details})" if details else "")


def _masked(transfer: Transfer) -> str:
    account = transfer.intent.beneficiary_account_number
    return "*" * max(0, len(account) - 4) + account[-4:]


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, WIB).strftime("%Y-%m-%d %H:%M:%S WIB")
