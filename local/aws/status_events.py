"""The template's pipes, bus and rules: from the table's stream to the queues of the rules' targets.

The pipes' filters and the rules' patterns are evaluated by moto, the pipes' input templates here.
"""

import json
import re
import threading
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.events.models import EventPattern

from local.aws.moto_server import ACCOUNT
from local.aws.resources import Aws
from local.aws.session import REGION
from local.aws.template import Template

_PAUSE = 0.2
"""Seconds between looks at a stream without news."""
_VALUE = re.compile(r"<\$((?:\.\w+)+)>")

Record = Mapping[str, Any]


class StatusEvents:
    """Moves the stream's records to the queues. `ids` are physical ids by logical id.

    They are moved from the beginning of the stream, or with `from_now` those that are written after the construction.
    A record is read again if the process ends before its events are sent, as in AWS.
    """

    def __init__(self, template: Template, aws: Aws, ids: Mapping[str, str], from_now: bool = False) -> None:
        pipes = list(template.deployed("AWS::Pipes::Pipe").values())
        self._sqs = aws.sqs
        self._pipes = [
            ([EventPattern.load(each["Pattern"]) for each in filters(pipe)], pipe["TargetParameters"]) for pipe in pipes
        ]
        self._rules = [(EventPattern.load(json.dumps(pattern)), ids[queue]) for pattern, queue in _targets(template)]
        self._streams = aws.streams()
        (table,) = {pipe["Source"]["Fn::GetAtt"][0] for pipe in pipes}
        self._arn = aws.dynamodb.describe_table(TableName=ids[table])["Table"]["LatestStreamArn"]
        self._iterators: dict[str, str] = {}
        if from_now:
            self.skip()

    def step(self) -> int:
        """Move the new records. Returns the number of messages that were sent."""
        if not self._iterators:
            self._start("TRIM_HORIZON")
        return sum(self._move(shard) for shard in self._iterators)

    def skip(self) -> None:
        """Leave out the records so far."""
        self._start("LATEST")

    def run(self, stop: threading.Event) -> None:
        """Move records as they come, until `stop`."""
        while not stop.is_set():
            if not self.step():
                stop.wait(_PAUSE)

    def _start(self, position: str) -> None:
        for shard in self._streams.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]:
            start = {"StreamArn": self._arn, "ShardId": shard["ShardId"], "ShardIteratorType": position}
            self._iterators[shard["ShardId"]] = self._streams.get_shard_iterator(**start)["ShardIterator"]

    def _move(self, shard: str) -> int:
        answer = self._streams.get_records(ShardIterator=self._iterators[shard])
        sent = sum(self._publish(as_json(record)) for record in answer["Records"])
        self._iterators[shard] = answer["NextShardIterator"]
        return sent

    def _publish(self, record: Record) -> int:
        return sum(
            self._send(_event(target, record))
            for patterns, target in self._pipes
            if any(each.matches_event(record) for each in patterns)
        )

    def _send(self, event: Mapping[str, Any]) -> int:
        queues = [url for pattern, url in self._rules if pattern.matches_event(event)]
        for url in queues:
            self._sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
        return len(queues)


def has_targets(template: Template) -> bool:
    """True if a rule of the template sends events to a queue."""
    return bool(list(_targets(template)))


def filters(pipe: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """The pipe's filters: a record that matches one of them passes."""
    found: list[Mapping[str, str]] = pipe["SourceParameters"]["FilterCriteria"]["Filters"]
    return found


def as_json(record: Any) -> Record:
    """A record of the stream as a pipe receives it, with its time in seconds."""
    found: Record = json.loads(json.dumps(record, default=lambda at: int(at.timestamp())))
    return found


def detail(input_template: str, record: Record) -> dict[str, Any]:
    """The input template with the values of a record: `<$.a.b>` is the value at that path, or nothing."""

    def value(path: re.Match[str]) -> str:
        found: Any = record
        for name in path[1].split(".")[1:]:
            found = found.get(name) if isinstance(found, dict) else None
        return json.dumps(found)[1:-1] if isinstance(found, str) else "" if found is None else json.dumps(found)

    filled: dict[str, Any] = json.loads(_VALUE.sub(value, input_template))
    return filled


def _event(parameters: Mapping[str, Any], record: Record) -> dict[str, Any]:
    bus = parameters["EventBridgeEventBusParameters"]
    at = datetime.fromtimestamp(record["dynamodb"]["ApproximateCreationDateTime"], UTC)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": bus["DetailType"],
        "source": bus["Source"],
        "account": ACCOUNT,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [],
        "detail": detail(parameters["InputTemplate"], record),
    }


def _targets(template: Template) -> Iterator[tuple[Any, str]]:
    """The pattern and the queue's logical id of each rule's target."""
    for rule in template.deployed("AWS::Events::Rule").values():
        for target in rule.get("Targets", []) if "EventPattern" in rule else []:
            yield rule["EventPattern"], target["Arn"]["Fn::GetAtt"][0]
