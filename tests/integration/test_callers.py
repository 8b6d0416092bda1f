"""The caller of a transfer is stored with it, shown to readers, and decides nothing."""

from datetime import datetime

import pytest

from doku_signing.timestamps import WIB
from tests.support.harness import Answer, World, order
from tools.explain import format_transfer


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


def test_pages_without_own_transfers_go_on(world: World, two: tuple[str, str]) -> None:
    page = read_own(world, "/v1/transfers", {"limit": "1"}).body
    assert (page["transfers"], page["cursor"] is None) == ([], False)
    following = read_own(world, "/v1/transfers", {"limit": "1", "cursor": page["cursor"]}).body
    assert [each["partnerReferenceNo"] for each in following["transfers"]] == [two[0]]


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
