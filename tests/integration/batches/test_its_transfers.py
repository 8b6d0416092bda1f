"""The transfers of a batch: who sees them, what they mean for the balance, and what stays when they are forgotten."""

from local.in_process.batches import CHECKER, MAKER, Batches
from payouts.domain.balance_proof import Verdict
from tests.integration.batches.rows import new_batch, row
from tests.integration.test_balance_proof import begin_a_day, measure
from tests.support.harness import World, new_reference

OWN = "transfers:read:own batches:read"


def seen(world: World, caller: str) -> list[str]:
    """References of the transfers that a caller with `transfers:read:own` sees in a list."""
    page = world.request("GET", "/v1/transfers", caller=caller, scope=OWN).body
    return [each["partnerReferenceNo"] for each in page["transfers"]]


def test_its_creator_alone_sees_its_transfers_as_own(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    batches.work()
    name = f"{reference}-1"
    statuses = {
        who: world.request("GET", f"/v1/transfers/{name}", caller=who, scope=OWN).status for who in (MAKER, CHECKER)
    }
    assert statuses == {MAKER: 200, CHECKER: 404}
    assert (name in seen(world, MAKER), name in seen(world, CHECKER)) == (True, False)


def test_readers_of_batches_see_what_became_of_rows(world: World, batches: Batches) -> None:
    """An approver sees what became of what was approved, also without a scope for transfers."""
    reference = new_batch()
    batches.approved(reference, row())
    batches.work()
    for scope in ("batches:read batches:approve", OWN):
        found = batches.request("GET", f"{reference}/rows", caller=CHECKER, scope=scope).body["rows"]
        assert [each["status"] for each in found] == ["ACCEPTED"]


def test_its_payments_explain_the_balance(world: World, batches: Batches) -> None:
    begin_a_day(world)
    measure(world)
    reference = new_batch()
    batches.approved(reference, row(), row(), row())
    batches.work()
    batches.pass_time(2)
    proof = measure(world)
    assert (proof.verdict, proof.difference) == (Verdict.EXPLAINED, 0)
    assert proof.sums.paid == 3 * 200_000_00


def test_a_forgotten_row_is_not_paid_again(world: World, batches: Batches) -> None:
    """A batch may be paused for longer than personal data are kept."""
    reference = new_batch()
    batches.approved(reference, row(), row(), row())
    pausing: list[int] = []

    def pause() -> None:
        pausing.append(batches.request("POST", f"{reference}/pause").status)

    world.faults.before["PutItem"] = [lambda: None] * 2 + [pause]  # while the first row, alone, is created
    batches.deliver(reference)
    assert pausing == [200]
    batches.pass_time(12)
    assert [bool(world.sent(f"{reference}-{number}")) for number in (1, 2, 3)] == [True, False, False]
    world.clock.advance(60 * 86_400)
    assert world.store.forget(world.existing(f"{reference}-1"))
    batches.request("POST", f"{reference}/resume")
    batches.pass_time(12)
    assert [len(world.debits(f"{reference}-{number}")) for number in (1, 2, 3)] == [1, 1, 1]
    found = batches.get(reference)
    assert (found["status"], found["statuses"]["SUCCESS"]["count"]) == ("DONE", 3)


def test_a_refusal_names_no_batch_to_others(world: World, batches: Batches) -> None:
    reference, own = new_batch(), new_reference()
    batches.approved(reference, row(partnerReferenceNo=own))
    batches.work()
    shown, hidden = (
        world.create({**row(), "partnerReferenceNo": own}, caller=caller, scope="transfers:write")
        for caller in (MAKER, CHECKER)
    )
    assert (shown.status, hidden.status) == (409, 409)
    assert (shown.body["transfer"]["status"], reference in shown.body["response_message"]) == ("ACCEPTED", True)
    assert ("transfer" in hidden.body, reference in hidden.body["response_message"]) == (False, False)


def test_a_row_says_nothing_of_another_transfer(world: World, batches: Batches) -> None:
    """Its status would be stored with the row, for callers who may not see that transfer."""
    reference = new_batch()
    first, second = new_reference(), new_reference()
    world.create({**row(), "partnerReferenceNo": first}, caller=CHECKER)
    batches.create(reference, row(partnerReferenceNo=first), row(partnerReferenceNo=second))
    batches.work()
    batches.request("PATCH", f"{reference}/rows/1", {"excluded": True})
    batches.submit(reference)
    world.create({**row(), "partnerReferenceNo": second}, caller=MAKER)
    batches.approve(reference)
    batches.work()
    at_check, at_payment = batches.rows(reference)
    texts = (at_check["problems"][0]["reason"], at_payment["reason"]["message"])
    assert [text for text in texts if "ACCEPTED" in text] == []
    assert "another transfer" in texts[1]
