"""The upload of a day's report: whole or not there at all, whichever call an invocation dies in."""

import csv
import io
import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from payouts.store.report_progress import ProgressLost
from status_poller import report_writer
from status_poller.report_writer import UploadLost
from status_poller.reports import ReportLate
from tests.support.harness import Context, World, crashing, order

_TRANSFERS = 5
_names = itertools.count(1)
_CALLS = [
    *(("PutItem", earlier) for earlier in (0, 1, 2, 5, 7)),  # held, begun, the parts, done
    *(("UploadPart", earlier) for earlier in (0, _TRANSFERS - 1)),
    *((name, 0) for name in ("CreateMultipartUpload", "PutObject", "CompleteMultipartUpload", "Query", "BatchGetItem")),
]
"""Calls of AWS to die at, and how many of the same kind come before."""


@dataclass
class Night:
    """The night after a day with transfers, in which each line of the report is a part."""

    poller: World
    s3: Any
    bucket: str
    references: list[str]

    def event(self, remaining: Iterator[int] | None = None) -> dict[str, Any]:
        """An event of the schedule. `remaining` has the milliseconds left at each look at them."""
        context = Context(lambda: next(remaining) if remaining else 60_000, "StatusPollerFunction")
        return self.poller.call_poller({"report": "yesterday"}, context)

    def later(self) -> None:
        """The next event comes when the invocation before has ended, whatever it did."""
        self.poller.clock.advance(300)

    def found(self) -> dict[str, list[str]]:
        """The references in each file of the bucket, in their order."""
        keys = [each["Key"] for each in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]
        return {key.rpartition(".")[2]: self._references(key) for key in keys}

    def _references(self, key: str) -> list[str]:
        text = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()
        if key.endswith(".csv"):
            return [row["partnerReferenceNo"] for row in csv.DictReader(io.StringIO(text))]
        return [each for each in self.references if each in text]


@pytest.fixture
def night(world: World, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setattr(report_writer, "_PART_BYTES", 1)
    monkeypatch.setattr(report_writer, "_LINES", 1)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1)
    world.clock.advance(86_400 - (world.clock() + 7 * 3_600) % 86_400)  # midnight in Jakarta
    references = []
    for _ in range(_TRANSFERS):
        references.append(world.create(order()).body["partnerReferenceNo"])
        world.clock.advance(1)
    s3 = boto3.Session().client("s3")
    name = f"uploads-{next(_names)}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-3"})
    world.environment = {**world.environment, "REPORT_BUCKET": name}
    world.clock.advance(86_400)
    return Night(world.restarted(), s3, name, references)


def test_a_report_of_many_parts_is_whole(night: Night) -> None:
    assert night.event() == {**night.event(), "transfers": _TRANSFERS, "finished": True}
    assert night.found() == {"csv": night.references, "txt": night.references}


@pytest.mark.sweep
@pytest.mark.parametrize(("operation", "earlier"), _CALLS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_at_any_call_costs_no_line(night: Night, operation: str, when: str, earlier: int) -> None:
    """Nothing is published before it is whole, and the following events write every line once."""
    getattr(night.poller.faults, when)[operation] = [lambda: None] * earlier
    getattr(night.poller.faults, f"crash_{when}")(operation)
    with crashing():
        night.event()
    assert night.found().get("csv", night.references) == night.references
    for _ in range(2):  # the first may find that its upload was completed before the crash
        night.later()
        with suppress(UploadLost):
            assert night.event()["finished"]
    assert night.event() == {**night.event(), "transfers": _TRANSFERS, "finished": True}
    assert night.found() == {"csv": night.references, "txt": night.references}


def short() -> Iterator[int]:
    """Time for one line."""
    return itertools.chain([60_000], itertools.repeat(4_000))


@pytest.mark.parametrize("part_bytes", [1, 200, 10**6])
def test_an_invocation_without_time_goes_on_later(
    night: Night, monkeypatch: pytest.MonkeyPatch, part_bytes: int
) -> None:
    """Each event has time for one line, which is a part, or too little for one."""
    monkeypatch.setattr(report_writer, "_PART_BYTES", part_bytes)
    for number in range(1, _TRANSFERS + 1):
        result = night.event(short())
        assert (result["finished"], result["transfers"]) == (False, number)
        assert {"csv", "txt"}.isdisjoint(night.found())
        night.later()
    assert night.event()["finished"]
    assert night.found() == {"csv": night.references, "txt": night.references}


@pytest.mark.sweep
@pytest.mark.parametrize("operation", ["GetObject", "PutObject", "PutItem", "DeleteObject"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_loses_no_line_that_was_set_aside(
    night: Night, monkeypatch: pytest.MonkeyPatch, operation: str, when: str
) -> None:
    monkeypatch.setattr(report_writer, "_PART_BYTES", 10**6)
    night.event(short())
    night.later()
    getattr(night.poller.faults, f"crash_{when}")(operation)
    with crashing():
        night.event(short())
    night.later()
    assert night.event()["finished"]
    found = night.found()
    assert (found["csv"], found["txt"]) == (night.references, night.references)


def test_only_one_invocation_writes(night: Night) -> None:
    night.poller.faults.crash_after("UploadPart")
    with crashing():
        night.event()
    night.poller.faults.calls.clear()
    assert night.event()["running"]
    assert night.poller.faults.calls == ["GetItem"]


def test_an_invocation_that_was_replaced_ends(night: Night) -> None:
    """It slept in mid-upload until another one had written the whole report."""

    def let_another_finish() -> None:
        night.later()
        assert night.event()["finished"]

    night.poller.faults.after["UploadPart"] = [let_another_finish]
    with pytest.raises(ProgressLost):
        night.event()
    assert night.found() == {"csv": night.references, "txt": night.references}
    assert night.event()["finished"]


def test_parts_of_two_invocations_are_never_mixed(night: Night) -> None:
    """An invocation that outlives its time replaces a part: the upload is given up, and the next event starts again."""

    def replace_a_part() -> None:
        (upload,) = night.s3.list_multipart_uploads(Bucket=night.bucket)["Uploads"]
        night.s3.upload_part(
            Bucket=night.bucket, Key=upload["Key"], UploadId=upload["UploadId"], PartNumber=2, Body=b"another line\n"
        )

    night.poller.faults.before["CompleteMultipartUpload"] = [replace_a_part]
    with pytest.raises(UploadLost, match="InvalidPart"):
        night.event()
    assert "csv" not in night.found()
    night.later()
    assert night.event()["finished"]
    assert night.found()["csv"] == night.references


def test_an_unfinished_report_is_an_error_in_the_morning(night: Night) -> None:
    night.poller.clock.advance(5 * 3_600)
    with pytest.raises(ReportLate):
        night.event(short())
