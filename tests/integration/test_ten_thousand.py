"""A backlog is worked off in the ticks that the poller's limits allow, and each transfer is asked about once a slot.

moto looks at every item for every query, so that ten thousand take minutes here. `python -m bench converge` drives
them on DynamoDB Local with the same assertions; here are a thousand, and four threads.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from aws_lambda_powertools import Logger
from boto3.dynamodb.types import TypeDeserializer

from bench import converge, ground
from bench.converge import Backlog, Course
from bench.doku import StandIn
from bench.stored import Loader, Mould, transfer
from payouts.store import items
from payouts.store.due import WRITTEN_SHARDS
from payouts.transfer import Finding
from status_poller import entry
from tests.surroundings import Surroundings

THOUSAND = Backlog(transfers=1_000, threads=4, answer_seconds=0.5)
"""A tick asks for 45 of its 60 seconds, with four threads, about 90 transfers each: 360 in all. So three ticks."""


@dataclass(frozen=True)
class Deployed:
    """A table of its own and a DOKU that counts."""

    environment: dict[str, str]
    doku: StandIn
    surroundings: Surroundings

    def work_off(self, backlog: Backlog) -> Course:
        clock, environment = self.surroundings.clock, {**self.environment, "POLL_CONCURRENCY": str(backlog.threads)}
        handler = entry.create_handler(entry.compose(environment, clock), Logger(stream=io.StringIO()))
        poller = ground.PollerFunction(handler)
        loader = Loader(ground.engine_url(environment), environment["TABLE_NAME"])
        return converge.work_off(
            backlog, loader, WRITTEN_SHARDS, clock, self.doku, lambda remaining: poller.tick(remaining=remaining)
        )


@pytest.fixture
def deployed(surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with StandIn(surroundings.secret) as doku:
        environment = ground.deployed(surroundings.aws, doku.url, surroundings.secret)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Deployed(environment, doku, surroundings)
    surroundings.aws.dynamodb.delete_table(TableName=environment["TABLE_NAME"])


@pytest.mark.covers(51)
def test_the_number_of_ticks_follows_from_the_pollers_limits() -> None:
    assert Backlog(transfers=10_000, threads=16, answer_seconds=0.2).ticks == 3
    assert THOUSAND.ticks == 3


@pytest.mark.covers(51, "I13")
def test_a_thousand_due_after_an_hour_without_ticks_converge_in_three(deployed: Deployed) -> None:
    course = deployed.work_off(THOUSAND)
    converge.check(THOUSAND, course)
    assert len(course.ticks) == 3
    assert [tick["learned"] for tick in course.ticks[:2]] == [360, 360]
    assert course.ticks[0]["oldestDueSeconds"] >= 3_590


@pytest.mark.parametrize("due", [True, False])
def test_what_is_stored_in_bulk_is_what_the_store_writes(due: bool) -> None:
    seen, at = (Finding.ACCEPTED, Finding.SUCCESS), 1_732_221_552_000
    cast = Mould(8, *seen, due=due).cast("LATE-000001", at, at + 60_000)
    item = {name: TypeDeserializer().deserialize(value) for name, value in json.loads(cast).items()}
    expected = transfer("LATE-000001", at, at + 60_000 if due else None, *seen)
    assert items.decode(item) == expected
    written = {**items.fixed(expected), **items.changing(expected), **items.due(expected, 8)}
    assert {name: item[name] for name in written} == written
    assert item.keys() - written.keys() == {"version", "nonce"}
