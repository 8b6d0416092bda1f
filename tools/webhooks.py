"""Operate the webhooks: their state, a test, replays, resuming after 410, and the signing secrets."""

import json
import secrets
import time
from itertools import islice
from typing import Any

from local.aws.dead_letters import count
from payouts.domain.errors import PayoutError
from payouts.store.webhook_breaker import BreakerStore
from payouts.store.webhook_tests import WebhookTests
from payouts.webhooks.signing import generate_secret
from tools.deployment import Deployment, find
from tools.errors import CommandError, UsageError
from tools.output import print_error, print_json
from transfer_api.listing import checked_day

_AT_ONCE = 10
"""Messages that SQS takes in one call."""
_PATIENCE_SECONDS = 90


def show_status(env: str, as_json: bool) -> None:
    """Print the breaker and the number of messages that wait, are replayed or are set aside."""
    deployment = _with_webhooks(env)
    breaker = BreakerStore(deployment.table()).read()
    state = "stopped" if breaker.stopped else "closed" if breaker.is_closed else "open"
    found = {
        "deployment": deployment.name,
        "breaker": state,
        "failuresInARow": breaker.failures,
        "catchingUp": bool(breaker.catch_up_until),
        "replaying": _count(deployment, "WebhookReplayQueueUrl"),
        "setAside": _count(deployment, "WebhookDeadLetterQueueUrl"),
    }
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        print(f"{name:16} {value}")


def send_test(env: str) -> None:
    """Have the deployment deliver a message of the type webhook.test, and print its result. Raises CommandError."""
    deployment, test_id = _with_webhooks(env), secrets.token_hex(8)
    _send(deployment, [{"detail-type": "WebhookTest", "detail": {"test": test_id}}])
    results, until = WebhookTests(deployment.table()), time.monotonic() + _PATIENCE_SECONDS
    while (result := results.read(test_id)) is None:
        if time.monotonic() > until:
            raise CommandError(f"no result after {_PATIENCE_SECONDS} s; see the log of WebhookSenderFunction")
        time.sleep(1)
    outcome, cause = result
    if outcome != "delivered":
        raise CommandError(f"{outcome}: {cause}")
    print(f"delivered: the receiver answered {cause}")


def replay(env: str, day: str, dry_run: bool) -> None:
    """Deliver the present status of every transfer of a day (WIB) again. Raises UsageError for a bad day."""
    try:
        checked_day(day, "--day")
    except PayoutError as error:
        raise UsageError(error.message) from error
    deployment, replayed = _with_webhooks(env), 0
    found = deployment.transfers().of_day(day)
    while references := [entry.reference for entry in islice(found, _AT_ONCE)]:
        replayed += len(references)
        if not dry_run:
            _send(deployment, [_about(reference) for reference in references])
    print(f"{replayed} transfers of {day} {'would be' if dry_run else 'are being'} delivered again")


def resume(env: str) -> None:
    """Close the breaker and deliver what was set aside."""
    deployment = _with_webhooks(env)
    waiting = _count(deployment, "WebhookDeadLetterQueueUrl")
    BreakerStore(deployment.table()).catch_up(int(time.time() * 1000))
    print(f"webhooks of {deployment.name} are sent again; {waiting} that were set aside follow within minutes")


def change_secret(env: str, add: bool, drop_old: bool, show: bool) -> None:
    """Add a signing secret before the others, or remove all but the newest. Both sign while there are two."""
    deployment = _with_webhooks(env)
    client, secret_id = deployment.client("secretsmanager"), deployment.outputs["SecretId"]
    stored = json.loads(client.get_secret_value(SecretId=secret_id)["SecretString"])
    current: list[str] = list(stored.get("webhookSecrets") or [])
    changed = _changed(current, add, drop_old)
    if changed != current:
        client.put_secret_value(SecretId=secret_id, SecretString=json.dumps({**stored, "webhookSecrets": changed}))
        print_error("changed; the sender reads it within five minutes")
    if changed and not current:  # what was set aside for want of a secret is sent now
        BreakerStore(deployment.table()).catch_up(int(time.time() * 1000))
    print_error(f"{len(changed)} signing secret{'' if len(changed) == 1 else 's'} in force, the newest first")
    for each in changed if show or add else ():
        print(each)


def _changed(current: list[str], add: bool, drop_old: bool) -> list[str]:
    if add and drop_old:
        raise UsageError("--add and --drop-old are two steps: between them, the receiver gets the new secret")
    if add and len(current) > 1:
        raise CommandError("two secrets are in force already; --drop-old removes the older one first")
    if drop_old and not current:
        raise CommandError("there is no signing secret; --add makes one")
    return [generate_secret(), *current] if add else current[:1] if drop_old else current


def _with_webhooks(env: str) -> Deployment:
    deployment = find(env)
    if "WebhookReplayQueueUrl" not in deployment.outputs:
        raise CommandError(f"{deployment.name} sends no webhooks: its parameter WebhookUrl is empty")
    return deployment


def _about(reference: str) -> dict[str, Any]:
    return {"detail-type": "WebhookReplay", "detail": {"partnerReferenceNo": reference}}


def _send(deployment: Deployment, messages: list[dict[str, Any]]) -> None:
    entries = [{"Id": str(number), "MessageBody": json.dumps(each)} for number, each in enumerate(messages)]
    url = deployment.outputs["WebhookReplayQueueUrl"]
    if failed := deployment.client("sqs").send_message_batch(QueueUrl=url, Entries=entries).get("Failed"):
        raise CommandError(f"SQS refused {len(failed)} messages ({failed[0]['Code']}); run the command again")


def _count(deployment: Deployment, queue: str) -> int:
    return count(deployment.client("sqs"), deployment.outputs[queue])
