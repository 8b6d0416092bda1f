"""Changes of a batch that meet each other, or a crash."""

from contextlib import suppress
from dataclasses import replace

import pytest

from local.in_process.batches import CHECKER, MAKER, Batches
from payouts.domain.batch import BatchStatus
from payouts.store.batches import BatchStore
from payouts.store.table import Table
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import Crash, World


def unchecked(world: World, batches: Batches, rows: int, failed: int) -> str:
    """A batch whose first rows could not be checked."""
    reference = new_batch()
    world.doku.fault("inquiry", "error-before", times=failed)
    batches.create(reference, *[row() for _ in range(rows)])
    batches.work()
    assert batches.get(reference)["outcomes"]["COULD_NOT_CHECK"]["count"] == failed
    return reference


@pytest.mark.covers("I34")
def test_a_late_driver_does_not_end_the_second_check(world: World, batches: Batches) -> None:
    """It has read the chunks of the first check, and another driver was faster."""
    reference = unchecked(world, batches, 3, 2)
    batches.request("PATCH", f"{reference}/rows/1", {"excluded": True})
    world.doku.fault("inquiry", "error-before")  # of row 1 again
    batches.request("POST", f"{reference}/checks")
    seen = []

    def others() -> None:
        seen.append(batches.request("POST", f"{reference}/checks").body["status"])
        seen.append(batches.request("PATCH", f"{reference}/rows/1", {"excluded": False}).body["status"])
        seen.append(batches.request("POST", f"{reference}/checks").body["status"])

    world.faults.before["UpdateItem"] = [lambda: None, lambda: None, others]  # after taking and releasing the lease
    batches.deliver(reference)
    assert seen == ["READY", "NEEDS_ATTENTION", "CHECKING"]
    assert batches.get(reference)["status"] == "CHECKING"
    batches.work()
    assert batches.get(reference)["outcomes"]["OK"]["count"] == 3


@pytest.mark.covers("I32")
def test_who_started_a_check_does_not_approve(world: World, batches: Batches) -> None:
    reference = unchecked(world, batches, 2, 1)
    assert batches.request("POST", f"{reference}/checks", caller=CHECKER).body["status"] == "CHECKING"
    batches.work()
    batches.submit(reference)
    assert batches.approve(reference).body["response_code"] == "SELF_APPROVAL"


@pytest.mark.covers("I32")
def test_after_a_crash_who_started_the_check_does_not_approve(world: World, batches: Batches) -> None:
    reference = unchecked(world, batches, 2, 1)
    world.faults.before["UpdateItem"] = [lambda: None]
    world.faults.crash_before("UpdateItem")
    with suppress(Crash):
        batches.request("POST", f"{reference}/checks", caller="siti")
    batches = Batches.start(world.restarted())
    assert batches.rows(reference)[0]["outcome"] == "COULD_NOT_CHECK"
    assert batches.request("POST", f"{reference}/checks", caller=CHECKER).body["status"] == "CHECKING"
    batches.work()
    batches.submit(reference)
    assert batches.approve(reference).body["response_code"] == "SELF_APPROVAL"


def test_another_check_starts_with_few_writes(world: World, batches: Batches) -> None:
    """Whatever the number of chunks: the API has 29 seconds."""
    reference = unchecked(world, batches, 301, 1)
    world.faults.calls.clear()
    assert batches.request("POST", f"{reference}/checks").body["status"] == "CHECKING"
    assert "TransactWriteItems" not in world.faults.calls
    assert world.faults.calls.count("UpdateItem") == 3  # the page, the batch, and its next time
    batches.work()
    assert batches.get(reference)["status"] == "READY"


def test_rows_of_many_chunks_are_one_change(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, *[row() for _ in range(401)])
    batches.work()
    world.faults.calls.clear()
    changed = batches.request("PATCH", f"{reference}/rows", {"rows": [1, 2, 101, 201, 301], "excluded": True}).body
    assert changed["outcomes"]["EXCLUDED"]["count"] == 5
    assert [event["note"] for event in changed["history"] if event["action"] == "ROWS_EXCLUDED"] == [
        "rows 1, 2, 101, 201, 301"
    ]
    assert world.faults.calls.count("TransactWriteItems") == 4
    assert world.faults.calls.count("BatchGetItem") == 7  # figures, all chunks, each chunk again, the answer's figures
    world.faults.calls.clear()
    batches.request("PATCH", f"{reference}/rows", {"rows": [1, 2, 101, 201, 301], "excluded": True})
    assert (world.faults.calls.count("TransactWriteItems"), world.faults.calls.count("BatchGetItem")) == (0, 3)


@pytest.mark.parametrize(("number", "status"), [(150, 422), (999, 404)])
def test_a_change_is_refused_as_a_whole(world: World, batches: Batches, number: int, status: int) -> None:
    reference = new_batch()
    world.doku.account("014", "5550002", "PT SUHUT")
    batches.create(
        reference, *[row(**({} if each else {"beneficiaryAccountNumber": "5550002"})) for each in range(150)]
    )
    batches.work()
    refused = batches.request("PATCH", f"{reference}/rows", {"rows": [1, number], "nameConfirmed": True})
    assert refused.status == status
    assert batches.rows(reference)[0]["nameConfirmed"] is False


def test_a_change_that_died_is_finished_by_the_same_request(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, *[row() for _ in range(201)])
    batches.work()
    world.faults.before["TransactWriteItems"] = [lambda: None]
    world.faults.crash_before("TransactWriteItems")
    body = {"rows": [1, 101, 201], "excluded": True}
    with suppress(Crash):
        batches.request("PATCH", f"{reference}/rows", body)
    batches = Batches.start(world.restarted())
    assert batches.get(reference)["outcomes"]["EXCLUDED"]["count"] == 1
    changed = batches.request("PATCH", f"{reference}/rows", body, CHECKER).body
    assert changed["outcomes"]["EXCLUDED"]["count"] == 3
    notes = [(event["by"], event["note"]) for event in changed["history"] if event["action"] == "ROWS_EXCLUDED"]
    assert notes == [(MAKER, "rows 1, 101, 201"), (CHECKER, "rows 101, 201")]


@pytest.mark.covers("I35")
@pytest.mark.parametrize("lost", ["#PAGE#0", "#ROWS#0"])
def test_a_batch_whose_rows_are_lost_is_not_done(world: World, batches: Batches, lost: str) -> None:
    """The table deletes them after 400 days; a batch that was paused may be older."""
    reference = new_batch()
    batches.approved(reference, row())
    batches.request("POST", f"{reference}/pause")
    world.dynamodb.delete_item(TableName=world.environment["TABLE_NAME"], Key={"pk": {"S": f"BATCH#{reference}{lost}"}})
    batches.request("POST", f"{reference}/resume")
    batches.work()
    batches.pass_time(3)
    shown = batches.request("GET", reference)
    assert shown.status == 503 if lost == "#PAGE#0" else shown.body["status"] == "PAYING"


@pytest.mark.covers("I33")
def test_lost_rows_cannot_be_submitted(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row())
    batches.work()
    world.dynamodb.delete_item(
        TableName=world.environment["TABLE_NAME"], Key={"pk": {"S": f"BATCH#{reference}#PAGE#0"}}
    )
    assert batches.request("POST", f"{reference}/submission").status == 503


@pytest.mark.covers("I33")
def test_rows_that_are_not_checked_are_not_submitted(world: World, batches: Batches) -> None:
    """Whatever has moved the batch to READY."""
    reference = unchecked(world, batches, 2, 1)
    store = BatchStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))
    batch = store.get(reference)
    assert batch is not None
    store.update(batch, lambda current: replace(current, status=BatchStatus.READY))
    assert batches.request("POST", f"{reference}/submission").status == 409
    assert batches.get(reference)["digest"] is None
