"""A batch from its creation to its last transfer."""

from local.in_process.batches import Batches
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import World


def test_a_batch_is_checked_approved_paid_and_done(world: World, batches: Batches) -> None:
    reference = new_batch()
    created = batches.create(reference, row(), row(), expectedCount=2)
    assert (created.status, created.body["status"]) == (201, "CHECKING")
    batches.work()
    ready = batches.get(reference)
    assert ready["status"] == "READY", ready
    assert ready["payable"]["count"] == 2
    assert batches.submit(reference)["status"] == "PENDING_APPROVAL"
    assert batches.approve(reference).body["status"] == "PAYING"
    batches.work()
    assert batches.get(reference)["status"] == "SETTLING"
    assert {each["status"] for each in batches.rows(reference)} == {"ACCEPTED"}
    batches.pass_time(12)
    done = batches.get(reference)
    assert done["status"] == "DONE", done
    assert done["statuses"]["SUCCESS"]["amount"]["value"] == "400000.00"
    assert [len(world.sent(f"{reference}-{number}")) for number in (1, 2)] == [1, 1]
