"""Bring dead notifications back to their queue: count first, then move.

On AWS it is StartMessageMoveTask. Locally messages are received, sent and deleted one by one, since moto has no such
task; a crash in between leaves a message twice, which processing makes harmless.
"""

import argparse
import sys
from typing import Any

from tools.deployment import NoSuchDeployment, Target, add_option, find


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when nothing is left to move."""
    parser = argparse.ArgumentParser(prog="make redrive", description=__doc__)
    add_option(parser)
    parser.add_argument("--dry-run", action="store_true", help="only count")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args(arguments)
    try:
        target = find(options.env)
    except NoSuchDeployment as error:
        print(error, file=sys.stderr)
        return 2
    return redrive(target, dry_run=options.dry_run, ask=not options.yes)


def redrive(target: Target, dry_run: bool = False, ask: bool = False) -> int:
    """Count, ask, move. Prints what it does."""
    sqs = target.client("sqs")
    dead = target.outputs["DeadLetterQueueUrl"]
    waiting = count(sqs, dead)
    print(f"dead notifications in {target.name}: {waiting}")
    if dry_run or not waiting:
        return 0
    if ask and not _agreed():
        print("nothing was moved; --yes moves without asking")
        return 1
    if target.is_local:
        print(f"moved {move(sqs, dead, target.outputs['NotificationQueueUrl'])}")
    else:
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        handle = sqs.start_message_move_task(SourceArn=arn)["TaskHandle"]
        print(f"AWS is moving them; follow it with: aws sqs list-message-move-tasks --source-arn {arn}\ntask {handle}")
    return 0


def _agreed() -> bool:
    try:
        return input("move them back to the notification queue? [y/N] ").casefold() in ("y", "yes")
    except EOFError:  # nobody is there to ask
        return False


def count(sqs: Any, queue_url: str) -> int:
    """Messages in a queue, those in flight included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def move(sqs: Any, source: str, destination: str) -> int:
    """Send each message to `destination`, then delete it from `source`: it is always in one of them."""
    moved = 0
    while messages := sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            sqs.send_message(QueueUrl=destination, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


if __name__ == "__main__":
    sys.exit(main())
