"""Behaviour that needs a real queue: pytest --engine elasticmq."""

import json

import boto3
import pytest

from local.in_process.backing_services import BackingServices
from tests.integration.processor.notifications import announced, dead, until_dead
from tests.support.harness import World
from tests.support.waiting import until
from tools.deployment import Deployment
from tools.redrive import move_all


@pytest.fixture
def queue_url(backing_services: BackingServices) -> str:
    if backing_services.aws.queue_url is None:
        pytest.skip("moto moves no messages by itself; on a real queue: --engine elasticmq")
    return backing_services.aws.queue_url


@pytest.mark.covers(47, "I11")
def test_a_redrive_moves_messages_once(world: World, queue_url: str) -> None:
    world.doku.fault("status", "maintenance", times=None)
    reference = announced(world)
    until_dead(world)
    assert (world.messages(), dead(world)) == (0, 1)
    world.doku.heal()
    names = {"DeadLetterQueueUrl": "DEAD_LETTER_QUEUE_URL", "NotificationQueueUrl": "NOTIFICATION_QUEUE_URL"}
    outputs = {name: world.environment[variable] for name, variable in names.items()}
    target = Deployment("sandbox", boto3.Session(), queue_url, outputs, {})
    assert "task" in move_all(target)
    until(lambda: dead(world) == 0)
    assert world.pump().succeeded == 1
    assert world.existing(reference).status == "SUCCESS"
    assert (world.messages(), dead(world)) == (0, 0)


@pytest.mark.covers(46)
def test_a_dead_message_says_how_often_it_was_received(world: World, queue_url: str) -> None:
    world.doku.fault("status", "maintenance", times=None)
    announced(world)
    until_dead(world)
    world.doku.heal()
    received = world.sqs.receive_message(
        QueueUrl=world.environment["DEAD_LETTER_QUEUE_URL"], MessageSystemAttributeNames=["All"]
    )
    (message,) = received["Messages"]
    assert json.loads(message["Body"])["kind"] == "unpaid"
    assert int(message["Attributes"]["ApproximateReceiveCount"]) > 10
