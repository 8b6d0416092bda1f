"""Creating and checking batches: input, duplicates, names, and decisions about rows."""

from contextlib import suppress
from typing import Any

import pytest

from local.in_process.batches import MAKER, Batches
from payouts.domain.errors import Misconfigured
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import Crash, World


def money(rupiah: int) -> dict[str, str]:
    return {"value": f"{rupiah}.00", "currency": "IDR"}


def test_a_repeated_request_is_answered_with_the_batch(world: World, batches: Batches) -> None:
    reference, own = new_batch(), row()
    batches.create(reference, own)
    again = batches.create(reference, own)
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    batches.work()
    assert batches.create(reference, own).body["status"] == "READY"
    other = batches.create(reference, row(amount=money(300_000)))
    assert (other.status, other.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")


@pytest.mark.parametrize("fields", [{"expectedCount": 3}, {"expectedTotal": money(500_000)}])
def test_other_control_totals_are_refused(world: World, batches: Batches, fields: dict[str, Any]) -> None:
    reference = new_batch()
    assert batches.create(reference, row(), row(), **fields).status == 409
    assert batches.request("GET", reference).status == 404


@pytest.mark.covers("I34")
def test_a_bad_row_is_shown_with_column_and_reason(batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row(), row(beneficiaryAccountNumber="12 34"), row(amount=money(5)))
    batches.work()
    assert batches.get(reference)["status"] == "NEEDS_ATTENTION"
    good, letters, small = batches.rows(reference)
    assert (good["row"], good["outcome"], good["problems"]) == (1, "OK", [])
    assert (letters["row"], letters["outcome"]) == (2, "INVALID")
    assert [problem["column"] for problem in letters["problems"]] == ["beneficiaryAccountNumber"]
    assert [problem["column"] for problem in small["problems"]] == ["amount"]
    assert batches.request("POST", f"{reference}/submission").status == 409
    batches.request("PATCH", f"{reference}/rows", {"rows": [2, 3], "excluded": True})
    assert batches.get(reference)["status"] == "READY"


@pytest.mark.covers("I34")
@pytest.mark.parametrize("code", ["4014200", "4034206", "4034204", "4034201", "4034220"])
def test_what_is_not_about_the_row_makes_no_row_invalid(world: World, batches: Batches, code: str) -> None:
    """Credentials, closed hours, a limit of requests, a merchant that is not enabled."""
    reference = new_batch()
    world.doku.fault("inquiry", "unknown-code", responseCode=code, times=2)
    batches.create(reference, row(), row())
    batches.work()
    refused = batches.rows(reference)[0]
    assert refused["outcome"] == "COULD_NOT_CHECK"
    assert code in refused["problems"][0]["reason"]
    batches.request("POST", f"{reference}/checks")
    batches.work()
    assert batches.get(reference)["status"] == "READY"


def test_a_doku_that_refuses_every_question_is_not_asked_for_each_row(world: World, batches: Batches) -> None:
    reference = new_batch()
    world.doku.fault("inquiry", "unknown-code", responseCode="4034201", times=9)
    batches.create(reference, *[row() for _ in range(12)])
    batches.work()
    assert batches.get(reference)["status"] == "NEEDS_ATTENTION"
    found = batches.rows(reference)
    assert {each["outcome"] for each in found} == {"COULD_NOT_CHECK"}
    assert all("4034201" in each["problems"][0]["reason"] for each in found)
    batches.request("POST", f"{reference}/checks")
    batches.work()
    batches.request("POST", f"{reference}/checks")
    batches.work()
    assert batches.get(reference)["status"] == "READY"


def test_an_excluded_row_is_decided_about_again(world: World, batches: Batches) -> None:
    reference, own = new_batch(), row()
    world.doku.account("014", own["beneficiaryAccountNumber"], "SOMEBODY ELSE")
    batches.create(reference, own, row())
    batches.work()
    for change in ({"nameConfirmed": True}, {"excluded": True}, {"excluded": False}):
        batches.request("PATCH", f"{reference}/rows/1", change)
    found = batches.rows(reference)[0]
    assert (found["outcome"], found["nameConfirmed"], found["payable"]) == ("NAME_DIFFERS", False, False)
    notes = [event["note"] for event in batches.get(reference)["history"] if event["action"].startswith("ROWS_")]
    assert notes == ["row 1", "row 1"]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("rows/1", {"nameConfirmed": False}, "nameConfirmed must be true"),
        ("rows", {"rows": "1", "excluded": True}, "rows must be a list"),
        ("rows", {"rows": ["1"], "excluded": True}, "rows.0 must be a whole number"),
        ("rows", {"rows": [], "excluded": True}, "rows must not be empty"),
        ("rows", {"rows": list(range(1001)), "excluded": True}, "rows has more than 1000 entries"),
        ("rows/1", {"excluded": 1}, "excluded must be true or false"),
        ("rows/1", {"excluded": True, "nameConfirmed": True}, "exactly one of excluded, nameConfirmed and"),
    ],
)
def test_a_wrong_decision_is_refused_in_plain_words(
    batches: Batches, path: str, body: dict[str, Any], message: str
) -> None:
    reference = new_batch()
    batches.create(reference, row())
    batches.work()
    refused = batches.request("PATCH", f"{reference}/{path}", body)
    assert message in refused.body["response_message"]
    assert refused.status in (400, 422)


@pytest.mark.covers("I34")
def test_rows_with_one_reference_are_duplicates(batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row(partnerReferenceNo=f"{reference}-X"), row(partnerReferenceNo=f"{reference}-X"))
    batches.work()
    assert [each["outcome"] for each in batches.rows(reference)] == ["DUPLICATE", "DUPLICATE"]


@pytest.mark.covers("I33")
def test_a_name_that_differs_must_be_confirmed(world: World, batches: Batches) -> None:
    reference = new_batch()
    world.doku.account("014", "5550002", "PT SUHUT")
    batches.create(reference, row(beneficiaryAccountNumber="5550002"), row())
    batches.work()
    differs, _ = batches.rows(reference)
    assert (differs["outcome"], differs["nameMatch"], differs["bankAccountName"]) == (
        "NAME_DIFFERS",
        "TITLE_ONLY",
        "PT SUHUT",
    )
    assert batches.get(reference)["status"] == "NEEDS_ATTENTION"
    assert batches.request("PATCH", f"{reference}/rows/2", {"nameConfirmed": True}).status == 422
    ready = batches.request("PATCH", f"{reference}/rows/1", {"nameConfirmed": True}).body
    assert (ready["status"], ready["payable"]["count"]) == ("READY", 2)
    assert [event["action"] for event in ready["history"] if event["by"] == MAKER][-1] == "NAMES_CONFIRMED"
    batches.submit(reference)
    batches.approve(reference)
    batches.work()
    assert len(world.debits(f"{reference}-1")) == 1


@pytest.mark.covers("I34")
def test_an_account_that_does_not_exist_is_invalid(world: World, batches: Batches) -> None:
    reference = new_batch()
    world.doku.account("014", "5550003", None)
    batches.create(reference, row(beneficiaryAccountNumber="5550003"))
    batches.work()
    (found,) = batches.rows(reference, outcome="INVALID")
    assert found["problems"][0]["column"] == "beneficiaryAccountNumber"


def test_rows_that_could_not_be_checked_are_checked_again(world: World, batches: Batches) -> None:
    reference = new_batch()
    world.doku.fault("inquiry", "error-before")
    batches.create(reference, row(), row())
    batches.work()
    assert [each["outcome"] for each in batches.rows(reference)] == ["COULD_NOT_CHECK", "OK"]
    assert batches.get(reference)["status"] == "NEEDS_ATTENTION"
    assert batches.request("POST", f"{reference}/checks").body["status"] == "CHECKING"
    batches.work()
    assert batches.get(reference)["status"] == "READY"


def test_while_doku_is_silent_the_check_waits(world: World, batches: Batches) -> None:
    reference = new_batch()
    world.doku.fault("inquiry", "error-before", times=None)
    batches.create(reference, *[row() for _ in range(7)])
    batches.work()
    assert batches.get(reference)["status"] == "CHECKING"
    assert {each["outcome"] for each in batches.rows(reference)} == {"PENDING"}
    world.doku.heal()
    batches.pass_time(2)
    assert batches.get(reference)["status"] == "READY"


def test_many_rows_are_checked_and_paid_in_chunks(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, *[row() for _ in range(120)])
    batches.work()
    assert batches.get(reference)["outcomes"]["OK"]["count"] == 120
    pages, cursor = [], ""
    while cursor is not None:
        page = batches.request("GET", f"{reference}/rows", query={"limit": "50", "cursor": cursor}).body
        pages.append([each["row"] for each in page["rows"]])
        cursor = page["cursor"]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [number for page in pages for number in page] == list(range(1, 121))
    batches.submit(reference)
    batches.approve(reference)
    batches.work()
    assert {len(world.sent(f"{reference}-{number}")) for number in range(1, 121)} == {1}


def test_the_rows_of_a_submitted_batch_are_fixed(batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row(), row())
    batches.work()
    batches.submit(reference)
    assert batches.request("PATCH", f"{reference}/rows/1", {"excluded": True}).status == 409
    assert batches.request("PATCH", f"{reference}/rows/9", {"excluded": True}).status in (404, 409)


def test_a_row_that_does_not_exist_is_not_found(batches: Batches) -> None:
    reference = new_batch()
    batches.create(reference, row())
    batches.work()
    assert batches.request("PATCH", f"{reference}/rows/9", {"excluded": True}).status == 404
    assert batches.request("PATCH", f"{reference}/rows/0", {"excluded": True}).status == 404


def test_batches_of_a_month_are_listed_newest_first(world: World, batches: Batches) -> None:
    first, second = new_batch(), new_batch()
    batches.create(first, row())
    world.clock.advance(1)
    batches.create(second, row())
    batches.work()
    batches.submit(second)
    everything = batches.request("GET", "", query={"limit": "1"}).body
    assert [each["batchReference"] for each in everything["batches"]] == [second]
    rest = batches.request("GET", "", query={"limit": "1", "cursor": everything["cursor"]}).body
    assert [each["batchReference"] for each in rest["batches"]] == [first]
    waiting = batches.request("GET", "", query={"status": "PENDING_APPROVAL"}).body["batches"]
    assert [each["batchReference"] for each in waiting] == [second]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"transfers": [row()]}, 400),
        ({"batchReference": "B" * 58, "transfers": [row()]}, 422),
        ({"batchReference": "X", "transfers": []}, 422),
        ({"batchReference": "X", "transfers": [row()], "scheduledAt": "2020-01-01T00:00:00+07:00"}, 422),
        ({"batchReference": "X", "transfers": [row()], "scheduledAt": "2030-01-01T00:00:00"}, 422),
        ({"batchReference": "X", "transfers": [row()], "fundsDeadline": "2020-01-01T00:00:00+07:00"}, 422),
        ({"batchReference": "X", "transfers": [row()], "status": "READY"}, 422),
    ],
)
def test_a_bad_request_for_a_batch_is_refused(batches: Batches, body: dict[str, Any], status: int) -> None:
    assert batches.request("POST", "", body).status == status


@pytest.mark.covers("I35")
def test_a_creation_that_died_is_finished_by_the_same_request(world: World, batches: Batches) -> None:
    reference, own = new_batch(), row()
    world.faults.before["PutItem"] = [lambda: None]
    world.faults.crash_before("PutItem")
    with suppress(Crash):
        batches.create(reference, own)
    world = world.restarted()
    batches = Batches.start(world)
    assert batches.get(reference)["status"] == "RECEIVING"
    assert batches.create(reference, own).body["status"] == "CHECKING"
    batches.work()
    assert batches.get(reference)["status"] == "READY"


def test_a_creation_that_is_not_finished_expires(world: World, batches: Batches) -> None:

    reference = new_batch()
    world.faults.before["PutItem"] = [lambda: None]
    world.faults.crash_before("PutItem")
    with suppress(Crash):
        batches.create(reference, row())
    world.clock.advance(86_401)
    batches.pass_time(1)
    assert batches.get(reference)["status"] == "EXPIRED"


def test_without_a_queue_a_batch_is_not_driven_silently(world: World) -> None:
    unset = World.start({**world.environment, "BATCH_QUEUE_URL": ""}, world.clock, world.doku)
    reference = new_batch()
    created = unset.request("POST", "/v1/batches", {"batchReference": reference, "transfers": [row()]}, caller=MAKER)
    assert (created.status, created.body["status"]) == (201, "CHECKING")
    services = unset.services.batches()
    with pytest.raises(Misconfigured, match="BATCH_QUEUE_URL"):
        services.driver.drive(services.changer.get(reference), lambda: 60.0)


def test_a_chunk_of_rows_full_of_problems_is_stored(batches: Batches) -> None:
    """Nothing that a request may contain is too large for an item: its reference would be lost."""
    reference = new_batch()
    many = {f"a{number}": 1 for number in range(20_000)}
    long = {f"{number:04}{chr(0x1F600) * 40}": 1 for number in range(20)}
    assert batches.create(reference, row(**many), *[row(**long)] * 60).status == 201
    first = batches.rows(reference)[0]
    assert (first["outcome"], len(first["problems"])) == ("INVALID", 20)
