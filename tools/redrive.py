"""Bring dead notifications back to their queue: count first, then move.

On AWS it is StartMessageMoveTask. Locally messages are received, sent and deleted one by one, since moto has no such
task; a crash in between leaves a message twice, which processing makes harmless.
"""

import argparse
import sys

from local.aws.dead_letters import count, move
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


if __name__ == "__main__":
    sys.exit(main())
