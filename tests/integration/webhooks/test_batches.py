"""`batch.updated`: each change of a batch's status arrives, and the last delivery is the newest."""

import json
from contextlib import suppress

import pytest

from local.in_process.batches import Batches
from local.in_process.webhooks import Webhooks
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import Context, Crash, World, sample_event


@pytest.fixture
def batches(world: World) -> Batches:
    return Batches.start(world)


def reported(webhooks: Webhooks) -> list[tuple[str, int]]:
    """Statuses and versions of the deliveries about batches."""
    found = [body["data"] for body in webhooks.bodies() if body["type"] == "batch.updated"]
    return [(each["status"], each["statusVersion"]) for each in found]


def test_each_change_of_a_batch_is_delivered(world: World, webhooks: Webhooks, batches: Batches) -> None:
    reference = new_batch()
    world.doku.account("014", "5550009", "SOMEBODY ELSE")
    for step in (
        lambda: batches.create(reference, row(), row(beneficiaryAccountNumber="5550009")),
        batches.work,
        lambda: batches.request("PATCH", f"{reference}/rows/2", {"excluded": True}),
        lambda: batches.submit(reference),
        lambda: batches.approve(reference),
        batches.work,
        lambda: batches.pass_time(12),
    ):
        step()
        webhooks.deliver()
    statuses = [status for status, _ in reported(webhooks)]
    expected = ["CHECKING", "NEEDS_ATTENTION", "READY", "PENDING_APPROVAL", "PAYING", "SETTLING", "DONE"]
    assert list(dict.fromkeys(statuses)) == expected
    versions = [version for _, version in reported(webhooks)]
    assert versions == sorted(versions)
    last = [body["data"] for body in webhooks.bodies() if body["type"] == "batch.updated"][-1]
    assert (last["batchReference"], last["final"]) == (reference, True)
    assert last["counts"] == {"rows": 2, "payable": 1, "notPaid": 0, "statuses": {"SUCCESS": 1}}
    assert webhooks.waiting() == 0


def test_the_sample_is_what_the_rule_sends(world: World, webhooks: Webhooks, batches: Batches) -> None:
    batches.create("PAYROLL-2024-09", row())
    batches.work()
    webhooks.publish()
    queue = webhooks.environment["WEBHOOK_QUEUE_URL"]
    message = world.sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)["Messages"][0]
    (record,) = (sample := sample_event("webhook-batch-queue"))["Records"]
    written, sampled = json.loads(message["Body"]), json.loads(record["body"])
    assert (written.keys(), written["detail"].keys()) == (sampled.keys(), sampled["detail"].keys())
    record["eventSourceARN"] = f"arn:aws:sqs:ap-southeast-3:123456789012:{queue.rpartition('/')[2]}"
    assert webhooks.call(sample, Context()) == {"batchItemFailures": []}
    assert reported(webhooks)[-1][0] == "READY"


def test_a_write_without_a_change_of_status_is_no_event(webhooks: Webhooks, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row(), row())
    batches.work()
    webhooks.deliver()
    before = reported(webhooks)
    batches.request("PATCH", f"{reference}/rows/2", {"excluded": True})
    webhooks.deliver()
    assert reported(webhooks) == before


@pytest.mark.covers("I29", "I30")
def test_the_last_delivery_about_a_batch_is_the_newest(webhooks: Webhooks, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row())
    batches.work()
    webhooks.meanwhile.append(lambda: batches.submit(reference))
    webhooks.deliver()
    assert reported(webhooks)[-1][0] == "PENDING_APPROVAL"
    received = [(each["headers"]["webhook-id"], each["body"]) for each in webhooks.inbox.state()["deliveries"]]
    assert len(dict(received)) == len(set(received))


@pytest.mark.covers("I28")
def test_a_crash_loses_no_change_of_a_batch(world: World, webhooks: Webhooks, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row())
    batches.work()
    world.faults.crash_before("BatchGetItem")
    with suppress(Crash):
        webhooks.deliver()
    webhooks.restart()
    world.clock.advance(600)
    webhooks.deliver()
    assert reported(webhooks)[-1][0] == "READY"
