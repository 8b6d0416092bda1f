"""Everything that is known about one transfer, one of DOKU's codes, or the dead notifications, in plain words."""

import argparse
import json
import sys
from datetime import datetime
from typing import Any

from doku_signing.timestamps import WIB
from payouts.codes.explain import explain
from payouts.doku import queued_notification
from payouts.domain.errors import PayoutError
from payouts.domain.schedule import needs_review
from payouts.domain.transfer import Finding, Observation, Source, Status, Transfer
from tools import codes
from tools.deployment import NoSuchDeployment, Target, add_option, find

_STATUS = {
    Status.SUBMITTING: "It was to be sent, and no outcome is recorded. It will never be sent again, only asked about.",
    Status.IN_DOUBT: "DOKU was asked to pay and gave no clear answer. It will never be sent again, only asked about.",
    Status.ACCEPTED: "DOKU took it. It is not paid yet.",
    Status.UNPAID: "DOKU says that it is working on it.",
    Status.SUCCESS: "DOKU says that it was paid.",
    Status.FAILED: "It was not paid. Pay again, under a new reference, only if the next action below allows it.",
    Status.DISPUTED: "DOKU contradicts itself, or an earlier report. Ask DOKU; do not pay again before.",
    Status.REFUNDED: "DOKU paid it back into the deposit.",
}
_FINDING: dict[str, str] = {
    Finding.SUBMITTING: "the transfer was made durable, and sent after that",
    Finding.IN_DOUBT: "DOKU's answer was not clear",
    Finding.ACCEPTED: "DOKU accepted it",
    Finding.UNPAID: "DOKU is working on it",
    Finding.SUCCESS: "paid",
    Finding.FAILED: "failed",
    Finding.REFUNDED: "refunded",
    Finding.REFUSED: "refused without being executed",
    Finding.NOT_SENT: "never left: no connection to DOKU",
    Finding.NOT_RECEIVED: "inferred: DOKU never got it",
    Finding.RESENT: "refused without being executed, and sent once more",
    Finding.NOT_FOUND: "DOKU does not know it (no proof by itself)",
    Finding.UNCLEAR: "nothing was learned",
    Finding.NOTIFIED: "DOKU sent a notification",
}
_SOURCE: dict[str, str] = {
    Source.SUBMIT: "answer to the transfer",
    Source.STATUS_CHECK: "status check",
    Source.NOTIFICATION: "notification",
    Source.OPERATOR: "operator",
}


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when there is no such transfer, and it is no code of DOKU's either."""
    parser = argparse.ArgumentParser(prog="python -m tools.explain", description=__doc__)
    add_option(parser)
    parser.add_argument("reference", nargs="?", help="partnerReferenceNo, DOKU's reference (DK...), or a code")
    parser.add_argument("--dead", action="store_true", help="the dead notifications, up to ten of them")
    options = parser.parse_args(arguments)
    if bool(options.reference) == options.dead:
        parser.error("name a reference, or --dead")
    try:
        target = find(options.env)
        return explain_dead(target) if options.dead else explain_transfer(target, options.reference)
    except (NoSuchDeployment, PayoutError) as error:
        known = not options.dead and explain_code(options.reference)
        print(error, file=sys.stderr)
        return 0 if known else 2


def explain_transfer(target: Target, reference: str) -> int:
    """Print what is known about the transfer of either reference."""
    store = target.transfers()
    transfer = store.get(reference) or store.find(reference)
    if transfer is not None:
        print(f"in {target.name}, " + "\n".join(story(transfer, datetime.now(WIB))))
        return 0
    if explain_code(reference):
        print(f"\nno transfer in {target.name} is known as {reference}")
        return 0
    print(f"{reference!a} is neither a transfer in {target.name} nor a code known here")
    return 1


def explain_code(code: str) -> bool:
    """Explain a code; whether it is known. Nothing is printed of one that is not."""
    explained = explain(code)
    if explained.known:
        print("\n".join(codes.told(explained)))
    return explained.known


def story(transfer: Transfer, now: datetime) -> list[str]:
    """The transfer in plain words, a line each."""
    intent = transfer.intent
    lines = [
        f"{transfer.partner_reference_no}: {transfer.status}. {_STATUS[transfer.status]}",
        f"  {intent.amount} rupiah to bank {intent.beneficiary_bank_code}, account {_masked(transfer)}",
        f"  DOKU's reference {transfer.doku_reference_no or 'is not known'}, session {intent.session_id}",
    ]
    if transfer.sent_to:
        sent_to = transfer.sent_to
        lines.append(f"  Sent to {sent_to.host}{sent_to.path_prefix}, client id ...{sent_to.client_id[-4:]}")
    if transfer.created_by:
        lines.append(f"  Asked for by {transfer.created_by}")
    lines.append(f"  Next action: {transfer.next_action}{'' if transfer.is_final else ' (not final)'}")
    if needs_review(transfer, int(now.timestamp() * 1000)):
        lines.append("  REVIEW: status checks cannot settle it, or it is open for seven days. Ask DOKU about it")
    if transfer.next_check_at is None:
        lines.append("  Nothing more is expected, so it is not checked any more")
    else:
        lines.append(f"  The next check is due at {_time(transfer.next_check_at)}")
    return [*lines, *(f"  {_time(seen.at)}  {_line(seen)}" for seen in transfer.history)]


def explain_dead(target: Target) -> int:
    """Print up to ten dead notifications; they stay where they are."""
    sqs, url = target.client("sqs"), target.outputs["DeadLetterQueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    messages = found.get("Messages", [])
    for message in messages:
        print(_dead(message))
    print(f"{len(messages)} shown in {target.name}; `make redrive` brings them back once the cause is mended")
    return 0


def _dead(message: dict[str, Any]) -> str:
    try:
        received = queued_notification.decode(message["Body"])
    except (ValueError, KeyError, TypeError) as error:
        return f"{message['MessageId']}: not a notification of ours ({type(error).__name__})"
    said = received.notification
    about = f"{said.send_trx_id or 'a transfer'} ({said.transaction_id})"
    request_id = json.loads(message["Body"]).get("requestId", "")
    return f"{_time(received.received_at)}  {said.kind} about {about}: {said.message}; DOKU's requestId {request_id}"


def _line(seen: Observation) -> str:
    details = " ".join(filter(None, (seen.code, seen.message, seen.reference_no)))
    source, finding = (words.get(word, word) for words, word in ((_SOURCE, seen.source), (_FINDING, seen.finding)))
    return f"{source}: {finding}" + (f" ({details})" if details else "")


def _masked(transfer: Transfer) -> str:
    account = transfer.intent.beneficiary_account_number
    return "*" * max(0, len(account) - 4) + account[-4:]


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, WIB).strftime("%Y-%m-%d %H:%M:%S WIB")


if __name__ == "__main__":
    sys.exit(main())
