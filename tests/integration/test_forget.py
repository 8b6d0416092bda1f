"""`payouts forget`: personal data goes; amounts, statuses and references stay; nothing is paid again."""

from types import SimpleNamespace
from typing import Any

import pytest

from payouts.domain.days import day_of
from payouts.domain.forgetting import may_be_forgotten
from payouts.store.notes import Note, TransferNotes
from payouts.store.table import Table
from tests.support.harness import World, order
from tools import cli, forget

_DAY = 86_400
_PERSONAL = ("8377388292", "SUHUT", "628115678890", "frontend-1", "Remark test")


@pytest.fixture
def later(local_run: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The deployment, whose operators share its clock."""
    monkeypatch.setattr(forget, "time", SimpleNamespace(time=local_run.clock))
    return local_run


def paid(world: World, **changes: str) -> tuple[str, dict[str, object]]:
    """A final transfer, 60 days old, and its request."""
    body = order(**changes)
    reference: str = world.create(body).body["partnerReferenceNo"]
    world.get(reference, refresh=True)
    return reference, body


def run(world: World, *arguments: str, days_ago: int = 31) -> int:
    before = day_of(int((world.clock() - days_ago * _DAY) * 1000))
    return cli.main(["forget", "--before", before, "--yes", *arguments])


def item(world: World, reference: str) -> str:
    return str(next(one for one in world.scan() if one["pk"] == f"TRANSFER#{reference}"))


def test_personal_data_goes_and_the_rest_stays(later: World) -> None:
    reference, body = paid(later)
    before = later.get(reference).body
    assert all(text in item(later, reference) for text in _PERSONAL)
    later.clock.advance(60 * _DAY)
    assert run(later) == 0
    left = item(later, reference)
    assert [text for text in (*_PERSONAL, str(body["customerNumber"])) if text in left] == []
    after = later.get(reference).body
    for name in ("status", "final", "amount", "fee", "referenceNo", "createdAt", "history", "reason", "nextAction"):
        assert after[name] == before[name], name
    assert (after["beneficiaryAccountNumber"], after["createdBy"], after["remark"]) == ("", None, None)


def test_a_forgotten_transfer_is_never_paid_again(later: World) -> None:
    reference, body = paid(later)
    later.clock.advance(60 * _DAY)
    run(later)
    again = later.create({**body, "partnerReferenceNo": reference})
    assert (again.status, again.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")
    assert "whose details were erased and cannot be compared" in again.body["response_message"]
    assert len(later.debits(reference)) == 1


def test_an_open_transfer_keeps_its_data(later: World, capsys: pytest.CaptureFixture[str]) -> None:
    later.doku.fault("transfer", "timeout-before", seconds=0.1)
    reference = later.create(order()).body["partnerReferenceNo"]
    later.clock.advance(60 * _DAY)
    run(later)
    assert "8377388292" in item(later, reference)
    assert f"not final, or changed meanwhile, and keep theirs:\n  {reference}\n" in capsys.readouterr().out


def test_a_younger_transfer_keeps_its_data(later: World) -> None:
    reference, _ = paid(later)
    later.clock.advance(20 * _DAY)
    run(later)
    assert "8377388292" in item(later, reference)


def test_a_recent_day_is_refused(later: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(later, days_ago=10) == 2
    assert "the data of 30 days are kept" in capsys.readouterr().err
    assert cli.main(["forget", "--before", "yesterday", "--yes"]) == 2
    assert capsys.readouterr().err == "--before must be a date such as 2024-09-17\n"


def test_a_dry_run_erases_nothing(later: World, capsys: pytest.CaptureFixture[str]) -> None:
    reference, _ = paid(later)
    later.clock.advance(60 * _DAY)
    run(later, "--dry-run")
    assert "8377388292" in item(later, reference)
    assert "transfers would be erased" in capsys.readouterr().out


def test_it_may_be_repeated(later: World, capsys: pytest.CaptureFixture[str]) -> None:
    paid(later)
    later.clock.advance(60 * _DAY)
    run(later)
    capsys.readouterr()
    run(later)
    assert "the personal data of 0 transfers is erased" in capsys.readouterr().out


def test_notes_are_erased(later: World) -> None:
    reference, _ = paid(later)
    notes = desk(later)
    notes.add(reference, Note(1, "dewi@example.com", "SUHUT called"))
    later.clock.advance(60 * _DAY)
    run(later)
    assert notes.of(reference) == ()
    assert "dewi" not in str(later.scan())


def desk(world: World) -> TransferNotes:
    return TransferNotes(Table(world.dynamodb, world.environment["TABLE_NAME"]))


def test_notes_left_on_a_forgotten_transfer_are_found(later: World, capsys: pytest.CaptureFixture[str]) -> None:
    """By a crash between the two writes, or by a request that read the transfer before it was forgotten."""
    reference, _ = paid(later)
    later.clock.advance(60 * _DAY)
    run(later)
    desk(later).add(reference, Note(1, "dewi@example.com", "SUHUT called"))
    run(later, "--dry-run")
    assert len(desk(later).of(reference)) == 1
    capsys.readouterr()
    run(later)
    assert desk(later).of(reference) == ()
    assert "so are the notes on 1 transfers that were erased before\n" in capsys.readouterr().out


def test_a_transfer_that_keeps_its_data_keeps_its_notes(later: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reference, _ = paid(later)
    note = Note(1, "dewi@example.com", "SUHUT called")
    desk(later).add(reference, note)
    later.clock.advance(60 * _DAY)

    def meanwhile(*arguments: Any) -> bool:
        later.get(reference, refresh=True)
        return may_be_forgotten(*arguments)

    monkeypatch.setattr(forget, "may_be_forgotten", meanwhile)
    run(later)
    assert "8377388292" in item(later, reference)
    assert desk(later).of(reference) == (note,)


def test_a_forgotten_transfer_takes_no_note(later: World) -> None:
    reference, _ = paid(later)
    later.clock.advance(60 * _DAY)
    run(later)
    path, scope = f"/v1/transfers/{reference}/notes", "transfers:read transfers:note"
    answer = later.request("POST", path, {"text": "SUHUT called"}, scope=scope)
    assert (answer.status, answer.body["response_code"]) == (409, "VALIDATION_ERROR")
    assert desk(later).of(reference) == ()


def test_its_creator_alone_still_finds_it(later: World) -> None:
    """A creator that saw 404 could pay a paid transfer again."""
    reference, _ = paid(later)
    later.clock.advance(60 * _DAY)
    for _ in range(2):
        run(later)
        seen = {
            caller: later.request("GET", f"/v1/transfers/{reference}", caller=caller, scope="transfers:read:own").status
            for caller in ("frontend-1", "frontend-2", None)
        }
        assert seen == {"frontend-1": 200, "frontend-2": 404, None: 404}


def test_it_is_found_by_account_no_more(later: World) -> None:
    paid(later, beneficiaryAccountNumber="5550001111")
    later.clock.advance(60 * _DAY)
    run(later)
    found = later.request("GET", "/v1/transfers", query={"beneficiaryAccountNumber": "5550001111"})
    assert found.body["transfers"] == []


def test_a_late_refund_is_still_recorded(later: World) -> None:
    reference, _ = paid(later)
    later.clock.advance(60 * _DAY)
    run(later)
    later.doku.fault("status", "status-says", latestTransactionStatus="04")
    checked = later.request("POST", f"/v1/transfers/{reference}/status-checks").body
    assert (checked["status"], checked["beneficiaryAccountNumber"]) == ("REFUNDED", "")


def test_a_change_in_between_is_not_overwritten(later: World) -> None:
    reference, _ = paid(later)
    read = later.existing(reference)
    later.clock.advance(60 * _DAY)
    later.get(reference, refresh=True)
    assert later.existing(reference).version > read.version
    assert later.store.forget(read) is False
    assert "8377388292" in item(later, reference)


def test_forgetting_is_no_change_of_what_is_reported(later: World) -> None:
    reference, _ = paid(later)
    before = later.existing(reference)
    later.clock.advance(60 * _DAY)
    run(later)
    after = later.existing(reference)
    assert (after.reported, after.status_version) == (before.reported, before.status_version)
    assert "statusVersion" in item(later, reference), "without it, the pipe would send an event"
