"""TransferStatusChanged: which writes of the table send events, tested with records of a real stream."""

import re
from typing import Any

import boto3
import pytest
from moto.events.models import EventPattern

from local.aws import status_events
from tests.support.harness import World, order
from tests.template.reading import properties, text, translated

Record = dict[str, Any]
PIPE = "StatusEventsPipe"


def pattern() -> EventPattern:
    (one,) = properties(PIPE)["SourceParameters"]["FilterCriteria"]["Filters"]
    return EventPattern.load(one["Pattern"])


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
        return [dict(status_events.as_json(one)) for answer in answers for one in answer["Records"]]

    def events(self) -> list[dict[str, Any]]:
        """The events that the merchant's back end receives."""
        matches = pattern()
        template = properties(PIPE)["TargetParameters"]["InputTemplate"]
        return [status_events.detail(template, record) for record in self.records() if matches.matches_event(record)]


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
    stream.events()  # a write by other means may repeat the last event
    world.write_attribute(body["partnerReferenceNo"], "status", {"S": "UNPAID"})
    assert changes(stream.events()) == [("ACCEPTED", "UNPAID")]


def test_a_change_of_finality_alone_sends_an_event(world: World, stream: Stream) -> None:
    """DOKU calls a paid transfer pending again: the status stays SUCCESS, and is not final any more."""
    body = order()
    world.create(body)
    world.clock.advance(120)
    world.tick()
    stream.events()
    world.doku.fault(
        "status", "status-says", latestTransactionStatus="03", partnerReferenceNo=body["partnerReferenceNo"]
    )
    world.clock.advance(60)
    world.request("POST", f"/v1/transfers/{body['partnerReferenceNo']}/status-checks")
    assert changes(stream.events()) == [("SUCCESS", "SUCCESS")]


def test_the_filter_uses_only_what_pipes_support() -> None:
    """Pipes lack some operators of event buses: https://docs.aws.amazon.com/eventbridge/latest/userguide/

    eb-create-pattern-operators.html. `exists` works on leaves alone, and `N` is one.
    """
    (one,) = properties(PIPE)["SourceParameters"]["FilterCriteria"]["Filters"]
    assert set(re.findall(r'\{"([a-z-]+)": (?:"|true|false)', one["Pattern"])) == {"prefix", "exists"}
    assert len(one["Pattern"]) <= 4096


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
    assert source["MaximumRetryAttempts"] == -1, "tries again until the record is too old"
    assert source["MaximumRecordAgeInSeconds"] < 86_400, "the stream keeps it for a day"
    assert source["StartingPosition"] == "TRIM_HORIZON"


def test_status_events_are_all_or_nothing() -> None:
    resources = translated().resources
    parts = {name for name in resources if name.startswith(("StatusEvent", "DeadStatusEvent"))}
    parts.add("FailingStatusEventsAlarm")
    assert {resources[name].get("Condition") for name in parts} == {"HasStatusEvents"}
    stream = properties("TransfersTable")["StreamSpecification"]
    assert stream["Fn::If"] == ["HasStatusEvents", {"StreamViewType": "NEW_AND_OLD_IMAGES"}, {"Ref": "AWS::NoValue"}]
