"""TransferStatusChanged: which writes of the table send events, tested with records of a real stream."""

import json
import re
from typing import Any

import boto3
import pytest
from moto.events.models import EventPattern

from payouts.domain.transfer import Status
from tests.support.harness import World, order
from tests.template.reading import properties, text, translated

Record = dict[str, Any]
PIPE = "StatusEventsPipe"


def pattern() -> EventPattern:
    (one,) = properties(PIPE)["SourceParameters"]["FilterCriteria"]["Filters"]
    return EventPattern.load(one["Pattern"])


def detail(record: Record) -> dict[str, Any]:
    """The pipe's input template applied to a record: `<$.a.b>` is the value at that path."""

    def found(path: re.Match[str]) -> str:
        value: Any = record
        for name in path[1].split("."):
            value = value[name]
        return str(value)

    template = properties(PIPE)["TargetParameters"]["InputTemplate"]
    made: dict[str, Any] = json.loads(re.sub(r"<\$\.([\w.]+)>", found, template))
    return made


class Stream:
    """The stream of the deployment's table, from the last read position."""

    def __init__(self, arn: str) -> None:
        self._client: Any = boto3.client("dynamodbstreams")
        shards = self._client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._iterators = [
            self._client.get_shard_iterator(StreamArn=arn, ShardId=one["ShardId"], ShardIteratorType="LATEST")[
                "ShardIterator"
            ]
            for one in shards
        ]

    def records(self) -> list[Record]:
        """New records, as a pipe receives them."""
        answers = [self._client.get_records(ShardIterator=iterator) for iterator in self._iterators]
        self._iterators = [answer["NextShardIterator"] for answer in answers]
        return [json.loads(json.dumps(one, default=_epoch)) for answer in answers for one in answer["Records"]]

    def events(self) -> list[dict[str, Any]]:
        """The events that the merchant's back end receives."""
        matches = pattern()
        return [detail(record) for record in self.records() if matches.matches_event(record)]


def _epoch(at: Any) -> int:
    return int(at.timestamp())


@pytest.fixture
def stream(world: World) -> Stream:
    table = world.dynamodb.describe_table(TableName=world.environment["TABLE_NAME"])["Table"]
    return Stream(table["LatestStreamArn"])


def changes(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["previousStatus"], event["status"]) for event in events]


def test_a_payment_sends_one_event(world: World, stream: Stream) -> None:
    """That DOKU accepted it is in the answer to the caller."""
    body = order()
    world.create(body)
    assert stream.events() == []
    world.clock.advance(120)
    world.tick()
    events = stream.events()
    assert changes(events) == [("ACCEPTED", "SUCCESS")]
    assert {event["partnerReferenceNo"] for event in events} == {body["partnerReferenceNo"]}
    assert {text(event["amount"]) for event in events} == {text(body["amount"])}
    assert [int(event["version"]) for event in events] == sorted(int(event["version"]) for event in events)
    assert all(isinstance(event["occurredAt"], int) for event in events)


def test_a_write_without_a_status_change_sends_no_event(world: World, stream: Stream) -> None:
    """Claims of the poller, checks without news, repeated notifications, sessions and tokens."""
    world.doku.fault("transfer", "timeout-before", seconds=0.1)
    body = order()
    world.create(body)
    assert changes(stream.events()) == [("SUBMITTING", "IN_DOUBT")]
    world.clock.advance(70)
    world.tick()  # not found: a claim, and a write of the observation
    assert len(stream.records()) >= 2
    world.clock.advance(70)
    world.tick()
    assert stream.events() == []


def test_a_replay_sends_no_event(world: World, stream: Stream) -> None:
    body = order()
    world.create(body)
    stream.events()
    world.create(body)
    assert stream.events() == []


def test_items_of_other_versions_send_events_too(world: World, stream: Stream) -> None:
    body = order()
    world.create(body)
    stream.events()
    world.write_attribute(body["partnerReferenceNo"], "somethingNew", {"S": "x"})
    assert stream.events() == []
    world.write_attribute(body["partnerReferenceNo"], "status", {"S": "UNPAID"})
    assert changes(stream.events()) == [("ACCEPTED", "UNPAID")]


def test_the_filter_lists_exactly_the_statuses() -> None:
    (one,) = properties(PIPE)["SourceParameters"]["FilterCriteria"]["Filters"]
    either = json.loads(one["Pattern"])["$or"]
    now = [one["dynamodb"]["NewImage"]["status"]["S"] for one in either]
    before = [one["dynamodb"]["OldImage"]["status"]["S"] for one in either]
    assert sorted(name for (name,) in now) == sorted(Status)
    unreported = [names if names != ["ACCEPTED"] else ["ACCEPTED", "SUBMITTING"] for names in now]
    assert before == [[{"anything-but": names}] for names in unreported]
    assert len(one["Pattern"]) <= 4096  # a pipe takes no longer one


def test_acceptance_after_doubt_is_an_event(world: World, stream: Stream) -> None:
    """The answer to the caller said IN_DOUBT."""
    body = order()
    world.create(body)
    stream.events()
    world.write_attribute(body["partnerReferenceNo"], "status", {"S": "IN_DOUBT"})
    stream.events()
    world.write_attribute(body["partnerReferenceNo"], "status", {"S": "ACCEPTED"})
    assert changes(stream.events()) == [("IN_DOUBT", "ACCEPTED")]


def test_an_event_has_neither_account_nor_name(world: World, stream: Stream) -> None:
    body = order()
    world.create(body)
    world.clock.advance(120)
    world.tick()
    (event,) = stream.events()
    assert set(event) == {"partnerReferenceNo", "status", "previousStatus", "amount", "version", "occurredAt"}
    private = (body["beneficiaryAccountNumber"], body["customerNumber"], body["senderPersonalId"], "SUHUT", "JOHN")
    assert not [value for value in private if value in text(event)]


def test_undelivered_events_end_in_a_dead_letter_queue() -> None:
    source = properties(PIPE)["SourceParameters"]["DynamoDBStreamParameters"]
    assert source["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] == "StatusEventsDeadLetterQueue"
    assert 0 < source["MaximumRetryAttempts"] <= 100
    assert source["MaximumRecordAgeInSeconds"] < 86_400
    assert source["StartingPosition"] == "TRIM_HORIZON"


def test_status_events_are_all_or_nothing() -> None:
    resources = translated().resources
    parts = {name for name in resources if name.startswith(("StatusEvent", "DeadStatusEvent"))}
    assert {resources[name].get("Condition") for name in parts} == {"HasStatusEvents"}
    stream = properties("TransfersTable")["StreamSpecification"]
    assert stream["Fn::If"] == ["HasStatusEvents", {"StreamViewType": "NEW_AND_OLD_IMAGES"}, {"Ref": "AWS::NoValue"}]
