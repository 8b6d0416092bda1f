"""The result of a batch: complete after the last send, written again when the last transfer is final."""

import csv
import io
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from local.in_process.batches import Batches
from payouts.domain.observation import Finding
from payouts.domain.transfer import Status
from payouts.services import result_file
from payouts.services.settle import settle
from tests.integration.batches.rows import new_batch, row
from tests.integration.batches.test_repayments import failed, observe
from tests.support.harness import Crash, World

__all__ = ["failed"]


def link(batches: Batches, reference: str) -> dict[str, Any]:
    answer = batches.request("GET", f"{reference}/result")
    assert answer.status == 200
    found: dict[str, Any] = answer.body
    return found


def result(batches: Batches, reference: str) -> list[dict[str, str]]:
    """The rows of the file behind the link."""
    address = urlsplit(link(batches, reference)["url"])
    asked = parse_qs(address.query)
    assert asked["X-Amz-Expires"] == ["60"]
    assert asked["response-content-disposition"] == [f'attachment; filename="{reference}-result.csv"']
    bucket = batches.world.environment["BATCH_BUCKET"]
    key = address.path.removeprefix("/").removeprefix(f"{bucket}/")
    body = boto3.Session().client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), strict=True))


def test_a_result_is_there_after_the_last_send_and_again_at_the_end(batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row())
    before = batches.request("GET", f"{reference}/result")
    assert (before.status, before.body["response_code"]) == (409, "VALIDATION_ERROR")
    assert "the batch is PAYING and has no result" in before.body["response_message"]
    batches.work()
    assert batches.get(reference)["status"] == "SETTLING"
    assert not link(batches, reference)["final"]
    assert [(each["status"], each["final"]) for each in result(batches, reference)] == [("ACCEPTED", "false")] * 2
    batches.pass_time(12)
    assert link(batches, reference)["final"]
    found = result(batches, reference)
    assert [(each["row"], each["status"], each["final"]) for each in found] == [
        ("1", "SUCCESS", "true"),
        ("2", "SUCCESS", "true"),
    ]
    assert found[0]["referenceNo"]
    assert found[0]["fee"] == "4500.00"
    assert link(batches, reference)["writtenAt"].startswith(found[0]["writtenAt"][:19])


def test_every_row_is_in_the_result_with_its_reason(batches: Batches, failed: str) -> None:
    found = {each["row"]: each for each in result(batches, failed)}
    assert {number: each["status"] for number, each in found.items()} == {
        "1": "ACCEPTED",
        "2": "FAILED",
        "3": "NOT_PAID",
        "4": "IN_DOUBT",
    }
    assert (found["3"]["reasonCode"], found["3"]["final"]) == ("NAME_CHANGED", "true")
    assert (found["2"]["reasonCode"], found["4"]["final"]) == ("4034302", "false")


def test_a_disputed_row_delays_no_result_and_is_written_again(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row(), row())
    batches.work()
    for finding in (Finding.SUCCESS, Finding.FAILED):
        observe(world, f"{reference}-2", finding)
    batches.pass_time(12)
    ended = batches.get(reference)
    assert (ended["status"], ended["statuses"]["DISPUTED"]["count"]) == ("DONE_WITH_FAILURES", 1)
    assert not link(batches, reference)["final"]
    assert [each["status"] for each in result(batches, reference)] == ["SUCCESS", "DISPUTED"]
    disputed = world.existing(f"{reference}-2")
    settle(world.store, disputed, Status.SUCCESS, "Dewi", "DOKU ticket 4711", int(world.clock() * 1000))
    world.clock.advance(3600)
    batches.pass_time(2)
    assert link(batches, reference)["final"]
    assert [each["status"] for each in result(batches, reference)] == ["SUCCESS", "SUCCESS"]
    assert "DISPUTED" not in batches.get(reference)["statuses"]


@pytest.mark.covers("I36")
@pytest.mark.parametrize("later", [Finding.REFUNDED, Finding.FAILED])
def test_what_changes_after_the_end_is_written_after_the_last_look(
    world: World, batches: Batches, later: Finding
) -> None:
    """A payment that is refunded, or that DOKU contradicts, days after the batch was done."""
    reference = new_batch()
    batches.approved(reference, row(), row())
    batches.pass_time(12)
    done = batches.get(reference)
    assert (done["status"], link(batches, reference)["final"]) == ("DONE", True)
    world.clock.advance(5 * 86_400)
    observe(world, f"{reference}-2", later)
    status = world.existing(f"{reference}-2").status
    world.clock.advance(5 * 86_400)
    batches.pass_time(3)
    assert {name: each["count"] for name, each in batches.get(reference)["statuses"].items()} == {
        "SUCCESS": 1,
        status: 1,
    }
    assert [each["status"] for each in result(batches, reference)] == ["SUCCESS", status]
    written = link(batches, reference)
    assert written["final"] is (later is Finding.REFUNDED)
    batches.deliver_result(reference)
    assert (link(batches, reference)["writtenAt"] == written["writtenAt"]) is written["final"]


def test_a_slow_worker_does_not_replace_a_newer_result(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    other = Batches.start(world)
    written: list[str] = []

    def overtake() -> None:
        world.clock.advance(10)
        other.deliver_result(reference)
        written.append(link(batches, reference)["writtenAt"])

    world.faults.before["PutObject"] = [overtake]
    batches.work()
    assert written == [link(batches, reference)["writtenAt"]]


@pytest.mark.sweep
@pytest.mark.parametrize("calls", range(1, 5))
def test_a_worker_that_dies_at_the_end_of_a_batch_delays_its_result(world: World, batches: Batches, calls: int) -> None:
    """Also between the step to DONE and the order to write the result."""
    reference = new_batch()
    batches.approved(reference, row())
    batches.work()
    world.clock.advance(300)
    world.tick()
    world.faults.before["BatchGetItem"] = [lambda: None] * calls
    world.faults.crash_before("BatchGetItem")
    with suppress(Crash):
        batches.deliver(reference)
    world.faults.before.clear()
    world.clock.advance(400)
    batches = Batches.start(world)
    batches.pass_time(12)
    assert batches.get(reference)["status"] == "DONE"
    assert link(batches, reference)["final"]


@pytest.mark.sweep
@pytest.mark.parametrize("calls", range(6))
@pytest.mark.parametrize("operation", ["PutObject", "GetItem", "UpdateItem", "BatchGetItem"])
def test_a_result_survives_a_crash_at_any_call(world: World, batches: Batches, operation: str, calls: int) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    batches.deliver(reference)
    world.faults.before[operation] = [lambda: None] * calls
    world.faults.crash_before(operation)
    with suppress(Crash):
        batches.deliver_result(reference)
    world.faults.before.clear()
    batches = Batches.start(world)
    batches.pass_time(20)
    assert link(batches, reference)["final"]


def test_a_result_is_deleted_after_30_days(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    batches.pass_time(12)
    world.clock.advance(30 * 86_400 + 60)
    answer = batches.request("GET", f"{reference}/result")
    assert (answer.status, answer.body["response_message"]) == (
        404,
        "the result was deleted 30 days after it was written",
    )


def test_a_batch_that_sent_nothing_has_no_result(batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row())
    batches.request("POST", f"{reference}/cancellation")
    batches.pass_time(2)
    assert batches.get(reference)["status"] == "CANCELLED"
    assert batches.request("GET", f"{reference}/result").status == 409
    assert batches.request("GET", f"{new_batch()}/result").status == 404


def test_a_cell_of_a_result_is_no_formula(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row(partnerReferenceNo=f"-{reference}"))
    batches.work()
    assert result(batches, reference)[0]["partnerReferenceNo"] == f"'-{reference}"


def test_a_large_result_is_written_in_parts(world: World, batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = new_batch()
    batches.approved(reference, *[row() for _ in range(4)])
    batches.deliver(reference)
    monkeypatch.setattr(result_file, "_PART_BYTES", 1)  # the header is a part, and each chunk
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1)
    world.faults.lose_reply("UploadPart")
    batches.deliver_result(reference)
    assert len(result(batches, reference)) == 4


def test_a_worker_short_of_time_writes_nothing(batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    batches.deliver(reference)
    batches.deliver_result(reference, lambda: 10_000)
    assert batches.request("GET", f"{reference}/result").status == 409
