"""Notes of the support desk, and settling a transfer through the API."""

import pytest

from payouts.domain.transfer import NextAction
from payouts.store.notes import MOST_NOTES
from tests.support.harness import Answer, World, order

NOTE, SETTLE = "transfers:read transfers:note", "transfers:read transfers:settle"


def post(world: World, reference: str, ending: str, body: object, caller: str | None = "dewi") -> Answer:
    scope = NOTE if ending == "notes" else SETTLE
    return world.request("POST", f"/v1/transfers/{reference}/{ending}", body, caller=caller, scope=scope)


@pytest.fixture
def reference(world: World) -> str:
    created: str = world.create(order()).body["partnerReferenceNo"]
    return created


@pytest.fixture
def disputed(world: World, reference: str) -> str:
    world.get(reference, refresh=True)
    world.doku.fault("status", "status-says", latestTransactionStatus="06")
    world.clock.advance(11)
    assert world.request("POST", f"/v1/transfers/{reference}/status-checks").body["status"] == "DISPUTED"
    return reference


def settlement(world: World, reference: str, **changes: object) -> dict[str, object]:
    usual = {"verdict": "SUCCESS", "reason": "DOKU ticket 4711", "version": world.get(reference).body["version"]}
    return {**usual, **changes}


def test_a_note_says_who_wrote_what_and_when(world: World, reference: str) -> None:
    before = world.existing(reference)
    assert post(world, reference, "notes", {"text": " Asked DOKU. "}).status == 201
    world.clock.advance(60)
    added = post(world, reference, "notes", {"text": "Ticket 4711"}, caller="budi").body["notes"]
    assert [(note["by"], note["text"]) for note in added] == [("dewi", "Asked DOKU."), ("budi", "Ticket 4711")]
    assert added[0]["at"] < added[1]["at"]
    assert world.request("GET", f"/v1/transfers/{reference}/notes").body["notes"] == added
    assert world.existing(reference) == before, "a note changes nothing about the transfer"


def test_who_may_only_write_notes_reads_no_others(world: World, reference: str) -> None:
    """`transfers:note` alone, for a transfer of its own."""
    post(world, reference, "notes", {"text": "SUHUT called"})
    path, options = f"/v1/transfers/{reference}/notes", {"caller": "frontend-1", "scope": "transfers:note"}
    for _ in range(2):
        added = world.request("POST", path, {"text": "Ticket 4711"}, **options).body["notes"]  # type: ignore[arg-type]
        assert [note["text"] for note in added] == ["Ticket 4711"]


def test_a_repeated_note_is_stored_once(world: World, reference: str) -> None:
    for _ in range(2):
        found = post(world, reference, "notes", {"text": "Asked DOKU"}).body["notes"]
    assert len(found) == 1


def test_notes_are_bounded(world: World, reference: str) -> None:
    for number in range(MOST_NOTES):
        assert post(world, reference, "notes", {"text": f"note {number}"}).status == 201
    assert post(world, reference, "notes", {"text": "one more"}).status == 409


@pytest.mark.parametrize("text", ["", "   ", "x" * 501, "two\nlines", 7])
def test_a_note_is_a_line_of_text(world: World, reference: str, text: object) -> None:
    assert post(world, reference, "notes", {"text": text}).status == 422
    assert world.request("GET", f"/v1/transfers/{reference}/notes").body["notes"] == []


def test_notes_need_a_transfer_and_a_person(world: World, reference: str) -> None:
    assert post(world, "PAY-NONE", "notes", {"text": "hello"}).status == 404
    assert world.request("GET", "/v1/transfers/PAY-NONE/notes").status == 404
    assert post(world, reference, "notes", {"text": "hello"}, caller=None).status == 422


def test_a_lost_reply_stores_a_note_once(world: World, reference: str) -> None:
    world.faults.lose_reply("PutItem")
    assert len(post(world, reference, "notes", {"text": "Asked DOKU"}).body["notes"]) == 1


def test_a_disputed_transfer_is_settled(world: World, disputed: str) -> None:
    settled = post(world, disputed, "settlement", settlement(world, disputed))
    assert (settled.status, settled.body["status"]) == (200, "SUCCESS")
    assert settled.body["reason"] == {"code": "SETTLED", "message": "dewi: DOKU ticket 4711"}


def test_a_version_that_was_not_read_is_refused(world: World, disputed: str) -> None:
    read = settlement(world, disputed)
    world.doku.fault("status", "status-says", latestTransactionStatus="05")
    world.clock.advance(11)
    world.request("POST", f"/v1/transfers/{disputed}/status-checks")
    refused = post(world, disputed, "settlement", read)
    assert (refused.status, refused.body["response_code"]) == (409, "VALIDATION_ERROR")
    assert world.existing(disputed).next_action is NextAction.SETTLE


def test_a_transfer_that_needs_no_decision_is_not_settled(world: World, reference: str) -> None:
    refused = post(world, reference, "settlement", settlement(world, reference, verdict="FAILED"))
    assert (refused.status, world.existing(reference).status) == (409, "ACCEPTED")


@pytest.mark.parametrize(
    "changes",
    [{"verdict": "ACCEPTED"}, {"reason": ""}, {"reason": "x" * 201}, {"version": 0}, {"version": "2"}, {"by": "budi"}],
)
def test_a_wrong_settlement_changes_nothing(world: World, disputed: str, changes: dict[str, object]) -> None:
    before = world.existing(disputed)
    assert post(world, disputed, "settlement", settlement(world, disputed, **changes)).status == 422
    assert world.existing(disputed) == before


@pytest.mark.parametrize("missing", ["verdict", "reason", "version"])
def test_every_field_of_a_settlement_is_required(world: World, disputed: str, missing: str) -> None:
    body = settlement(world, disputed)
    del body[missing]
    assert post(world, disputed, "settlement", body).status == 400


def test_a_settlement_needs_a_person(world: World, disputed: str) -> None:
    assert post(world, disputed, "settlement", settlement(world, disputed), caller=None).status == 422
    assert world.existing(disputed).status == "DISPUTED"


def test_a_settlement_whose_answer_was_lost_is_repeated(world: World, disputed: str) -> None:
    body = settlement(world, disputed)
    first = post(world, disputed, "settlement", body)
    again = post(world, disputed, "settlement", body)
    assert (again.status, again.body) == (200, first.body)
    assert post(world, disputed, "settlement", body, caller="budi").status == 409
    assert post(world, disputed, "settlement", {**body, "verdict": "FAILED"}).status == 409
