"""The caller of a transfer is stored with it, shown to readers, and decides nothing."""

import base64
import itertools
import json
from datetime import datetime
from typing import Any

import pytest

from doku_signing.timestamps import WIB
from tests.support.harness import Answer, World, order
from tools.explain import format_transfer
from transfer_api import open_transfers, own_transfers


def test_a_transfer_names_the_caller_who_created_it(world: World) -> None:
    reference = world.create(order(), caller="dewi@example.com").body["partnerReferenceNo"]
    assert world.get(reference).body["createdBy"] == "dewi@example.com"
    assert "  Created by dewi@example.com" in format_transfer(world.existing(reference), datetime.now(WIB))


def test_a_replay_by_another_caller_changes_nothing(world: World) -> None:
    body = order()
    world.create(body, caller="first")
    replay = world.create(body, caller="second")
    assert (replay.status, replay.headers["Idempotency-Replayed"]) == (201, "true")
    assert replay.body["createdBy"] == "first"


def test_a_check_keeps_the_caller(world: World) -> None:
    reference = world.create(order(), caller="first").body["partnerReferenceNo"]
    assert world.get(reference, refresh=True).body["status"] == "SUCCESS"
    assert world.get(reference).body["createdBy"] == "first"


def test_a_transfer_may_have_no_caller(world: World) -> None:
    reference = world.create(order(), caller=None).body["partnerReferenceNo"]
    assert world.get(reference).body["createdBy"] is None


def test_doku_and_the_log_hear_nothing_of_the_caller(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """I17: it may be an e-mail address."""
    world.create(order(), caller="dewi@example.com")
    assert "dewi" not in str(world.doku.ledger()["requests"])
    captured = capsys.readouterr()
    assert "dewi" not in captured.out + captured.err


OWN = "transfers:read:own transfers:write"


def read_own(world: World, path: str, query: dict[str, str] | None = None, **options: str | None) -> Answer:
    """A request of the caller `first`, who may read its own transfers only."""
    method = "POST" if path.endswith("status-checks") else "GET"
    return world.request(method, path, query=query, **{"caller": "first", "scope": OWN, **options})  # type: ignore[arg-type]


@pytest.fixture
def two(world: World) -> tuple[str, str]:
    """References of a transfer of `first` and one of `second`."""
    first, second = (world.create(order(), caller=name).body["partnerReferenceNo"] for name in ("first", "second"))
    return first, second


@pytest.mark.parametrize("ending", ["", "/status-checks"])
def test_a_caller_may_be_limited_to_its_own(world: World, two: tuple[str, str], ending: str) -> None:
    own, other = two
    assert read_own(world, f"/v1/transfers/{own}{ending}").status == 200
    refused, unknown = (read_own(world, f"/v1/transfers/{name}{ending}") for name in (other, "PAY-NONE"))
    assert (refused.status, refused.body) == (404, unknown.body), "as if it did not exist"


@pytest.mark.parametrize(
    "query", [{}, {"open": "true"}, {"beneficiaryAccountNumber": "8377388292"}, {"referenceNo": ""}]
)
def test_lists_show_a_limited_caller_its_own(world: World, two: tuple[str, str], query: dict[str, str]) -> None:
    if "referenceNo" in query:
        query = {"referenceNo": world.get(two[1]).body["referenceNo"]}
    shown = [each["partnerReferenceNo"] for each in read_own(world, "/v1/transfers", query).body["transfers"]]
    assert shown == ([] if "referenceNo" in query else [two[0]])


_LISTS = [{}, {"status": "ACCEPTED"}, {"open": "true"}, {"beneficiaryAccountNumber": "8377388292"}]


def walked(world: World, query: dict[str, str]) -> tuple[list[list[str]], list[list[Any]]]:
    """The references of each page that `first` sees, and what the cursors between them say."""
    pages: list[list[str]] = []
    cursors: list[list[Any]] = []
    more: dict[str, str] = {}
    while len(cursors) < 50:
        page = read_own(world, "/v1/transfers", {**query, **more}).body
        pages.append([each["partnerReferenceNo"] for each in page["transfers"]])
        if page["cursor"] is None:
            return pages, cursors
        more = {"cursor": page["cursor"]}
        cursors.append(json.loads(base64.urlsafe_b64decode(page["cursor"])))
    raise AssertionError("the walk does not end")


def created_by(world: World, *callers: str) -> list[str]:
    """References of transfers of these callers, created 25 seconds apart on one day."""
    references, left = [], 86_400 - (world.clock() + 7 * 3600) % 86_400
    if left < 3600:
        world.clock.advance(left)
    for caller in callers:
        references.append(world.create(order(), caller=caller).body["partnerReferenceNo"])
        world.clock.advance(25)
    return references


@pytest.mark.parametrize("query", _LISTS)
def test_a_cursor_names_an_own_transfer(world: World, query: dict[str, str]) -> None:
    references = created_by(world, *["first", "second", "second"] * 3)
    pages, cursors = walked(world, {**query, "limit": "1"})
    own = references[::3]
    assert sorted(itertools.chain.from_iterable(pages)) == sorted(own)
    assert all(len(page) == 1 for page in pages[:3]), "read on past those of others"
    assert {reference for _, _, reference in cursors} <= set(own)


@pytest.mark.parametrize("query", _LISTS)
def test_a_bounded_call_discloses_no_other(
    world: World, query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the most reads, the cursor is a full minute or the start of a shard; nothing is lost or shown twice."""
    monkeypatch.setattr(own_transfers, "_MAX_READ", 2)
    monkeypatch.setattr(own_transfers, "_BATCH", 2)
    monkeypatch.setattr(open_transfers, "_MAX_READ", 1)
    references = created_by(world, *["first", *["second"] * 5] * 3)
    pages, cursors = walked(world, {**query, "limit": "2"})
    own = references[::6]
    assert sorted(itertools.chain.from_iterable(pages)) == sorted(own)
    between = [number for _, number, reference in cursors if not reference]
    assert between, "some call ended without an own transfer"
    assert "open" in query or all(number % 60_000 == 0 for number in between)
    assert {reference for _, _, reference in cursors} <= {*own, ""}


def refused_create(world: World, creator: str, **options: str | None) -> dict[str, Any]:
    """The refusal of a request of `first` with other details under the reference of a transfer of `creator`."""
    reference = created_by(world, creator)[0]
    body = order(partnerReferenceNo=reference, amount={"value": "30000.00", "currency": "IDR"})
    answer = world.create(body, **{"caller": "first", "scope": "transfers:write", **options})
    assert (answer.status, answer.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")
    refusal: dict[str, Any] = answer.body
    return refusal


def test_a_refusal_hides_another_callers_transfer(world: World) -> None:
    body = refused_create(world, "second")
    assert "transfer" not in body
    assert "ACCEPTED" not in body["response_message"]
    assert "Do not pay under another reference" in body["response_message"]


def test_a_refusal_without_a_sub_hides_the_transfer(world: World) -> None:
    assert "transfer" not in refused_create(world, "second", caller=None)


@pytest.mark.parametrize(("creator", "scope"), [("first", "transfers:write"), ("second", "transfers:read")])
def test_a_refusal_shows_the_transfer_to_its_creator_and_readers(world: World, creator: str, scope: str) -> None:
    body = refused_create(world, creator, scope=scope)
    assert body["transfer"]["status"] == "ACCEPTED"
    assert "which is ACCEPTED" in body["response_message"]


def test_without_a_sub_nothing_is_its_own(world: World) -> None:
    reference = world.create(order(), caller=None).body["partnerReferenceNo"]
    assert read_own(world, f"/v1/transfers/{reference}", caller=None).status == 404


@pytest.mark.parametrize(
    "scope", ["transfers:read", "[transfers:write transfers:read]", "transfers:read:own transfers:read"]
)
def test_the_scope_for_reading_shows_all(world: World, two: tuple[str, str], scope: str) -> None:
    assert read_own(world, f"/v1/transfers/{two[1]}", scope=scope).status == 200


@pytest.mark.parametrize("scope", ["", "transfers:reader", "xtransfers:read"])
def test_an_unknown_scope_shows_nothing_of_others(world: World, two: tuple[str, str], scope: str) -> None:
    assert read_own(world, f"/v1/transfers/{two[1]}", scope=scope).status == 404
