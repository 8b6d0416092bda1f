"""Who may approve a batch, and what an approval covers."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from local.in_process.batches import CHECKER, MAKER, Batches
from payouts.domain.batch_rows import BatchRow, checked_summary
from payouts.domain.money import Rupiah
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.table import Table
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import Answer, World


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["response_code"]


def submitted(batches: Batches, *rows: dict[str, Any], caller: str = MAKER, **claims: str) -> str:
    """A batch that waits for approval."""
    reference = new_batch()
    body = {"batchReference": reference, "transfers": list(rows) or [row()]}
    assert batches.request("POST", "", body, caller, claims=claims).status == 201
    batches.work()
    assert batches.request("POST", f"{reference}/submission", caller=caller, claims=claims).status == 200
    return reference


@pytest.mark.covers("I32")
@pytest.mark.parametrize("deed", ["created", "changed", "submitted", "withdrew"])
def test_who_touched_a_batch_does_not_approve_it(batches: Batches, deed: str) -> None:
    reference = new_batch()
    callers = {"created": MAKER, "changed": MAKER, "submitted": MAKER, "withdrew": MAKER, deed: "siti"}
    batches.request("POST", "", {"batchReference": reference, "transfers": [row(), row()]}, callers["created"])
    batches.work()
    batches.request("PATCH", f"{reference}/rows/2", {"excluded": True}, callers["changed"])
    if deed == "withdrew":
        batches.request("POST", f"{reference}/submission", caller=MAKER)
        batches.request("POST", f"{reference}/withdrawal", caller="siti")
    batches.request("POST", f"{reference}/submission", caller=callers["submitted"])
    assert refused(batches.approve(reference, "siti")) == (403, "SELF_APPROVAL")
    assert batches.get(reference)["status"] == "PENDING_APPROVAL"
    assert batches.approve(reference, CHECKER).status == 200


@pytest.mark.covers("I32")
@pytest.mark.parametrize(
    ("sub", "claims"),
    [
        ("app", {"client_id": "app"}),
        ("app", {"azp": "app"}),
        ("app", {"cid": "app"}),
        ("app@clients", {"azp": "app"}),
        ("abc", {"azp": "app", "gty": "client-credentials"}),
        ("0f1e", {"azp": "app", "idtyp": "app"}),
    ],
)
def test_a_program_does_not_approve(batches: Batches, sub: str, claims: dict[str, str]) -> None:
    reference = submitted(batches)
    assert refused(batches.approve(reference, sub, claims=claims)) == (403, "FORBIDDEN")


@pytest.mark.parametrize("claims", [{"azp": "app"}, {"azp": "app", "idtyp": "user", "gty": "password"}])
def test_a_person_approves_by_a_program(batches: Batches, claims: dict[str, str]) -> None:
    assert batches.approve(submitted(batches), "budi@app", claims=claims).status == 200


@pytest.mark.covers("I32")
def test_a_person_with_two_accounts_is_one_person(world: World) -> None:
    """PersonClaim: the same e-mail address behind two subjects."""
    batches = Batches.start(World.start({**world.environment, "PERSON_CLAIM": "email"}, world.clock, world.doku))
    reference = submitted(batches, email="dewi@example.com")
    own = batches.approve(reference, "other-account", claims={"email": "dewi@example.com"})
    assert refused(own) == (403, "SELF_APPROVAL")
    assert refused(batches.approve(reference, "unnamed")) == (403, "FORBIDDEN")
    assert batches.approve(reference, "budi-account", claims={"email": "budi@example.com"}).status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"batchReference": "NOBODY", "transfers": [row()]}),
        ("POST", "{}/submission", None),
        ("POST", "{}/checks", None),
        ("POST", "{}/cancellation", None),
        ("POST", "{}/pause", None),
        ("PATCH", "{}/rows/1", {"excluded": True}),
        ("POST", "{}/approvals", {"decision": "APPROVE", "digest": "1:" + "0" * 64}),
    ],
)
def test_without_sub_nothing_is_written(batches: Batches, method: str, path: str, body: Any) -> None:
    reference = submitted(batches)
    before = batches.get(reference)
    answer = batches.request(method, path.format(reference), body, None)
    assert refused(answer) == (403, "FORBIDDEN")
    assert batches.get(reference) == before


@pytest.mark.covers(68, "I33")
def test_an_approval_of_other_content_is_refused(batches: Batches) -> None:
    reference = submitted(batches, row(), row())
    seen = batches.get(reference)["digest"]
    batches.request("POST", f"{reference}/withdrawal")
    batches.request("PATCH", f"{reference}/rows/2", {"excluded": True})
    batches.submit(reference)
    assert refused(batches.approve(reference, digest=seen)) == (409, "CONTENT_CHANGED")
    assert batches.get(reference)["approvals"] == []


@pytest.mark.covers("I33")
def test_withdrawal_drops_the_approvals(world: World, batches: Batches) -> None:
    reference = submitted(batches)
    batches.request("POST", f"{reference}/withdrawal")
    again = batches.get(reference)
    assert (again["status"], again["digest"], again["approvals"]) == ("READY", None, [])
    batches.pass_time(2)
    assert world.sent(f"{reference}-1") == []


@pytest.mark.covers("I33")
def test_an_unapproved_batch_is_never_paid(world: World, batches: Batches) -> None:
    reference = submitted(batches)
    batches.deliver(reference)
    batches.pass_time(3)
    assert batches.get(reference)["status"] == "PENDING_APPROVAL"
    assert world.sent(f"{reference}-1") == []


@pytest.mark.covers("I33")
@pytest.mark.parametrize("field", ["bank_name", "amount", "account"])
def test_stored_rows_that_differ_from_the_approved_are_not_paid(world: World, batches: Batches, field: str) -> None:
    """Somebody changed the table."""

    reference = new_batch()
    approved = batches.approved(reference, row())
    assert approved["status"] == "PAYING"
    chunks = ChunkStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))
    chunk = chunks.rows(reference, 0)
    (found,) = chunk.rows
    assert found.intent is not None
    changed: dict[str, BatchRow] = {
        "bank_name": replace(found, bank_name="SOMEBODY ELSE"),
        "amount": replace(found, intent=replace(found.intent, amount=Rupiah(30_000_000))),
        "account": replace(found, intent=replace(found.intent, beneficiary_account_number="999")),
    }
    batch = world.services.batches().changer.get(reference)
    assert chunks.save_rows(batch, 0, chunk, [changed[field]], checked_summary([changed[field]]))
    batches.work()
    assert batches.get(reference)["status"] == "PAUSED"
    assert world.sent(f"{reference}-1") == []


@pytest.mark.covers("I33")
def test_approval_that_became_required_is_asked_for_before_release(world: World) -> None:
    without = World.start({**world.environment, "APPROVALS_REQUIRED": "0"}, world.clock, world.doku)
    batches, reference = Batches.start(without), new_batch()
    later = datetime.fromtimestamp(world.clock() + 600, UTC).isoformat()
    batches.create(reference, row(), scheduledAt=later)
    batches.work()
    assert batches.submit(reference)["status"] == "SCHEDULED"
    world.clock.advance(600)
    batches = Batches.start(world.restarted())
    batches.pass_time(1)
    assert batches.get(reference)["status"] == "PENDING_APPROVAL"
    assert batches.approve(reference).body["status"] == "PAYING"


def test_without_required_approval_a_submission_pays(world: World) -> None:
    batches = Batches.start(World.start({**world.environment, "APPROVALS_REQUIRED": "0"}, world.clock, world.doku))
    reference = new_batch()
    batches.create(reference, row())
    batches.work()
    assert batches.submit(reference)["status"] == "PAYING"
    batches.work()
    assert len(world.sent(f"{reference}-1")) == 1


def test_a_rejection_is_final_and_has_its_comment(batches: Batches) -> None:
    reference = submitted(batches)
    body = {"decision": "REJECT", "digest": batches.get(reference)["digest"], "comment": "wrong month"}
    rejected = batches.request("POST", f"{reference}/approvals", body, CHECKER).body
    assert (rejected["status"], rejected["final"]) == ("REJECTED", True)
    assert {key: rejected["history"][-1][key] for key in ("by", "action", "note")} == {
        "by": CHECKER,
        "action": "REJECTED",
        "note": "wrong month",
    }
    assert batches.approve(reference).status == 409


def test_a_repeated_approval_is_answered_alike(batches: Batches) -> None:
    reference = submitted(batches)
    digest = batches.get(reference)["digest"]
    assert [batches.approve(reference, digest=digest).status for _ in range(2)] == [200, 200]
    assert len(batches.get(reference)["approvals"]) == 1


def test_an_approval_expires_after_seven_days(world: World, batches: Batches) -> None:
    reference = submitted(batches)
    world.clock.advance(7 * 86_400 + 1)
    batches.pass_time(1)
    assert batches.get(reference)["status"] == "EXPIRED"
    assert batches.approve(reference).status == 409


def test_the_history_names_who_did_what(batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    history = [(event["action"], event["by"]) for event in batches.get(reference)["history"]]
    assert history == [
        ("CREATED", MAKER),
        ("CHECK_STARTED", MAKER),
        ("CHECKED", "system"),
        ("SUBMITTED", MAKER),
        ("APPROVED", CHECKER),
        ("RELEASED", "system"),
    ]


@pytest.mark.covers("I33")
def test_rows_changed_without_their_seal_are_not_paid(world: World, batches: Batches) -> None:
    """The summary still has the approved seal, and the digest agrees with it."""
    reference = new_batch()
    batches.approved(reference, row())
    chunks = ChunkStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))
    chunk = chunks.rows(reference, 0)
    (found,) = chunk.rows
    (state,) = chunks.states(reference, 1)
    batch = world.services.batches().changer.get(reference)
    assert chunks.save_rows(batch, 0, chunk, [replace(found, bank_name="SUHUT ")], state.summary)
    batches.work()
    assert batches.get(reference)["status"] == "PAUSED"
    assert world.sent(f"{reference}-1") == []


@pytest.mark.covers("I33")
def test_approval_that_is_missing_pays_nothing(world: World, batches: Batches) -> None:
    """The worker itself checks, whatever has moved the batch to PAYING."""
    reference = new_batch()
    batches.approved(reference, row())
    store = BatchStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))
    batch = store.get(reference)
    assert batch is not None
    store.update(batch, lambda current: replace(current, approvals=()))
    batches.work()
    found = batches.get(reference)
    assert found["status"] == "PAUSED"
    assert found["history"][-1]["note"].startswith("approval is required")
    assert world.sent(f"{reference}-1") == []


def test_a_late_withdrawal_changes_nothing(world: World, batches: Batches) -> None:
    """The batch was withdrawn and edited by others after this withdrawal had read it."""
    reference = submitted(batches, row(), row())

    def overtake() -> None:
        batches.request("POST", f"{reference}/withdrawal", caller="siti")
        batches.request("PATCH", f"{reference}/rows", {"rows": [1, 2], "excluded": True}, "siti")

    world.faults.before["UpdateItem"] = [overtake]
    answer = batches.request("POST", f"{reference}/withdrawal")
    assert (answer.status, batches.get(reference)["status"]) == (409, "NEEDS_ATTENTION")


def required_while_paid(world: World) -> tuple[str, Batches]:
    """A batch of two chunks, submitted without approval, of which one was paid when approval became required."""
    batches = Batches.start(World.start({**world.environment, "APPROVALS_REQUIRED": "0"}, world.clock, world.doku))
    reference = new_batch()
    batches.create(reference, *[row() for _ in range(101)])
    batches.work()
    assert batches.submit(reference)["status"] == "PAYING"
    batches.deliver(reference, 1)
    batches = Batches.start(world.restarted())
    batches.work()
    paused = batches.get(reference)
    assert (paused["status"], "approval is required" in paused["history"][-1]["note"]) == ("PAUSED", True)
    assert batches.request("POST", f"{reference}/resume").body["status"] == "PENDING_APPROVAL"
    return reference, batches


@pytest.mark.covers("I33")
def test_approval_that_became_required_while_paying_is_asked_for(world: World) -> None:
    reference, batches = required_while_paid(world)
    assert refused(batches.request("POST", f"{reference}/withdrawal")) == (409, "TOO_LATE")
    batches.work()
    assert world.sent(f"{reference}-1") == []
    assert batches.approve(reference).body["status"] == "PAYING"
    batches.work()
    assert [len(world.sent(f"{reference}-{number}")) for number in (1, 101)] == [1, 1]


@pytest.mark.covers("I38")
@pytest.mark.parametrize("end", ["rejected", "expired"])
def test_a_batch_that_was_partly_paid_ends_cancelled(world: World, end: str) -> None:
    reference, batches = required_while_paid(world)
    if end == "rejected":
        body = {"decision": "REJECT", "digest": batches.get(reference)["digest"], "comment": "no"}
        assert batches.request("POST", f"{reference}/approvals", body, CHECKER).body["status"] == "CANCELLING"
    else:
        world.clock.advance(7 * 86_400)
    batches.pass_time(3)
    found = batches.get(reference)
    assert (found["status"], found["notPaid"]["count"]) == ("CANCELLED", 100)
    assert sum(each["count"] for each in found["statuses"].values()) == 1
