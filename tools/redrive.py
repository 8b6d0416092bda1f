"""Move dead notifications back to their queue: count first, then move.

On AWS it is StartMessageMoveTask. Locally messages are received, sent and deleted one by one, since moto has no such
task; a crash in between leaves a message twice, which processing makes harmless.
"""

from local.aws.dead_letters import count, move
from tools.deployment import Deployment, find
from tools.errors import CommandError, UsageError
from tools.output import print_json


def redrive(env: str, dry_run: bool = False, ask: bool = True, as_json: bool = False) -> None:
    """Count, ask and move the dead notifications of a deployment. Raises CommandError if the operator says no."""
    if as_json and not dry_run:
        raise UsageError("--json needs --dry-run")
    deployment = find(env)
    waiting = count(deployment.client("sqs"), deployment.outputs["DeadLetterQueueUrl"])
    if as_json:
        print_json({"deployment": deployment.name, "deadNotifications": waiting})
        return
    print(f"dead notifications in {deployment.name}: {waiting}")
    if dry_run or not waiting:
        return
    if ask and not _confirmed():
        raise CommandError("nothing was moved; --yes moves without asking")
    print(move_all(deployment))


def _confirmed() -> bool:
    try:
        return input("move them back to the notification queue? [y/N] ").casefold() in ("y", "yes")
    except EOFError:  # standard input is closed
        return False


def move_all(deployment: Deployment) -> str:
    """Move every dead notification, or have AWS do it; return a line that says which."""
    sqs, dead = deployment.client("sqs"), deployment.outputs["DeadLetterQueueUrl"]
    if deployment.is_local:
        return f"moved {move(sqs, dead, deployment.outputs['NotificationQueueUrl'])}"
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    handle = sqs.start_message_move_task(SourceArn=arn)["TaskHandle"]
    return f"AWS moves them; to follow it: aws sqs list-message-move-tasks --source-arn {arn}\ntask {handle}"
