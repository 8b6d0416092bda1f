"""GET /v1/transfers against models, while transfers arrive, end, and have their checks moved between the pages."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payouts.domain.days import day_of
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Finding, Intent, Observation, Source, Status, Transfer, record
from payouts.store import items
from payouts.store.creation_index import Position
from payouts.store.due_index import WRITTEN_SHARDS
from payouts.store.table import Table
from payouts.store.transfers import TransferStore
from tests.support.harness import World, order
from transfer_api import listing, open_transfers
from transfer_api.listing import TransferLists

_numbers = itertools.count(1)
_example = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_PAID = Observation(2, Finding.SUCCESS, Source.STATUS_CHECK, "2005300/00", "Success", "DK-1", asked=1)
_ACCEPTED = Observation(1, Finding.ACCEPTED, Source.SUBMIT, "2004300", "Successful", "DK-1", external_id="1")


@dataclass(frozen=True)
class Arrival:
    """A transfer created `at` milliseconds after the start of the day, before the page number `page` is read."""

    page: int
    at: int
    paid: bool


arrivals = st.lists(st.builds(Arrival, st.integers(0, 3), st.integers(0, 5), st.booleans()), max_size=12)


def stored(store: TransferStore, at: int, paid: bool, account: str = "1", next_check_at: int | None = None) -> Transfer:
    """A new transfer in the table, ACCEPTED or SUCCESS."""
    reference = f"LIST-{next(_numbers) * 7919 % 100_000}"  # the order of references is not that of their creation
    intent = Intent(reference, "628115678890", account, "014", Rupiah(1_000_000), "I1")
    transfer = Transfer(intent, "f", at, ("1",), next_check_at=next_check_at)
    for version, seen in enumerate((_ACCEPTED, _PAID) if paid else (_ACCEPTED,)):
        transfer = record(replace(transfer, version=version), seen)
    assert store.create(transfer) is None
    written = transfer.version + 1
    return replace(transfer, version=written, status_version=written)


def position(transfer: Transfer) -> Position:
    return Position(transfer.created_at, transfer.partner_reference_no)


def pages(lists: TransferLists, query: dict[str, str]) -> Iterator[list[Transfer]]:
    """The transfers of each page."""
    cursor: str | None = ""
    while cursor is not None:
        page: dict[str, Any] = lists.page({**query, "cursor": cursor}, 0.0)
        cursor = page["cursor"]
        yield page["transfers"]


@pytest.mark.parametrize("selector", ["day", "day and status", "beneficiaryAccountNumber"])
def test_a_walk_equals_its_model_while_transfers_arrive(world: World, selector: str) -> None:
    """Each page has the first transfers behind the last one of the page before, in an order without ties."""
    lists = TransferLists(world.store, world.due_index)
    days = itertools.count(1)

    @_example
    @given(arrivals, st.integers(1, 4))
    def walk(arriving: list[Arrival], limit: int) -> None:
        number = next(days)
        start = number * 86_400_000 - 7 * 3_600_000
        query = {"limit": str(limit), **_query(selector, day_of(start), str(number))}
        present: list[Transfer] = []
        last: Position | None = None
        walked = pages(lists, query)
        for page in itertools.count():
            new = (each for each in arriving if each.page == page)
            present += [stored(world.store, start + each.at, each.paid, str(number)) for each in new]
            found = next(walked, None)
            if found is None:
                break
            wanted = [each for each in present if "status" not in query or each.status is Status.SUCCESS]
            behind = sorted((each for each in wanted if last is None or position(each) < last), key=position)
            assert found == behind[::-1][:limit]
            last = position(found[-1]) if found else last

    walk()


def _query(selector: str, day: str, account: str) -> dict[str, str]:
    match selector:
        case "day":
            return {"day": day}
        case "day and status":
            return {"day": day, "status": "SUCCESS"}
        case _:
            return {"beneficiaryAccountNumber": account}


def test_ties_have_one_order_whatever_the_engines(world: World) -> None:
    """DynamoDB does not define the order of entries with the same key: here, every page has it the other way round."""
    store = TransferStore(Table(world.dynamodb, world.environment["TABLE_NAME"]))
    world.dynamodb.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: parsed["Items"].sort(key=lambda item: item["pk"]["S"])
    )
    present = [stored(store, at=1, paid=False) for _ in range(5)]
    query = {"beneficiaryAccountNumber": "1", "limit": "2"}
    walked = [each for page in pages(TransferLists(store, world.due_index), query) for each in page]
    assert walked == sorted(present, key=position, reverse=True)


def test_open_transfers_are_listed_once_while_checks_move(world: World) -> None:
    """Whatever happens to the time of the next check, a transfer that stays open is in exactly one page."""
    moves = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10_000), st.booleans()), max_size=6)

    @_example
    @given(st.lists(st.booleans(), max_size=10), st.integers(1, 3), st.lists(moves, max_size=6))
    def walk(paid: list[bool], limit: int, moving: list[list[tuple[int, int, bool]]]) -> None:
        changed = replace(world, environment={**world.environment, "TABLE_NAME": world.new_table()}).restarted()
        store, lists = changed.store, TransferLists(changed.store, changed.due_index)
        present = [stored(store, 0, each, next_check_at=5_000) for each in paid]
        ended: set[str] = set()
        seen: list[str] = []
        for found, moved in itertools.zip_longest(pages(lists, {"open": "true", "limit": str(limit)}), moving):
            seen += [each.partner_reference_no for each in found or ()]
            for index, at, ends in (moved or ()) if found is not None else ():
                if index < len(present):
                    one = store.update(present[index], lambda each, at=at: replace(each, next_check_at=at))  # type: ignore[misc]
                    if ends:
                        one = store.update(one, lambda each: record(each, _PAID))
                        ended.add(one.partner_reference_no)
                    present[index] = one
        open_throughout = {each.partner_reference_no for each in present if each.status is Status.ACCEPTED}
        assert len(seen) == len(set(seen))
        assert open_throughout <= set(seen) <= open_throughout | ended

    walk()


def test_a_slot_brought_forward_while_a_shard_is_read_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notification may move a check from a later query of a shard to an earlier one."""
    monkeypatch.setattr(open_transfers, "_PAGE", 1)
    first, second = _of_one_shard(world.store)
    index = world.due_index
    read = index.due

    def due(*arguments: Any) -> Any:
        answer = read(*arguments)
        world.store.update(second, lambda each: replace(each, next_check_at=1_000))
        return answer

    monkeypatch.setattr(index, "due", due)
    found, _ = open_transfers.page(index, world.store, (0, ""), 10)
    references = [each.partner_reference_no for each in found]
    assert sorted(references) == sorted([first.partner_reference_no, second.partner_reference_no])


def _of_one_shard(store: TransferStore) -> list[Transfer]:
    made: dict[str, list[Transfer]] = {}
    at = itertools.count(5_000, 1_000)
    while True:
        one = stored(store, 0, paid=False, next_check_at=next(at))
        same = made.setdefault(items.shard(one.partner_reference_no, WRITTEN_SHARDS), [])
        same.append(one)
        if len(same) == 2:
            for other in itertools.chain.from_iterable(each for each in made.values() if each is not same):
                store.update(other, lambda each: replace(record(each, _PAID), next_check_at=None))
            return same


def test_a_rare_status_takes_several_calls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_MAX_READ", 2)
    paid = [stored(world.store, at, paid=at == 1) for at in range(5)][1]
    found = list(pages(TransferLists(world.store, world.due_index), {"day": "1970-01-01", "status": "SUCCESS"}))
    assert found == [[], [paid], []]


def test_a_transfer_is_found_by_dokus_reference(world: World) -> None:
    created = world.create(order()).body
    other = world.create(order()).body
    for one in (created, other):
        page = world.request("GET", "/v1/transfers", query={"referenceNo": one["referenceNo"]}).body
        assert [each["partnerReferenceNo"] for each in page["transfers"]] == [one["partnerReferenceNo"]]
        assert page["cursor"] is None
    assert world.request("GET", "/v1/transfers", query={"referenceNo": "UNKNOWN"}).body["transfers"] == []


def test_transfers_are_found_by_beneficiary_account(world: World) -> None:
    references = []
    for _ in range(3):
        references.append(world.create(order()).body["partnerReferenceNo"])
        world.create(order(beneficiaryAccountNumber="7746555134"))
        world.clock.advance(1)
    query = {"beneficiaryAccountNumber": order()["beneficiaryAccountNumber"], "limit": "2"}
    first = world.request("GET", "/v1/transfers", query=query).body
    second = world.request("GET", "/v1/transfers", query={**query, "cursor": first["cursor"]}).body
    found = [each["partnerReferenceNo"] for each in first["transfers"] + second["transfers"]]
    assert found == references[::-1]
    assert second["cursor"] is None


def test_open_transfers_need_no_day(world: World) -> None:
    open_one = world.create(order()).body["partnerReferenceNo"]
    paid = world.create(order()).body["partnerReferenceNo"]
    world.get(paid, refresh=True)
    world.clock.advance(3 * 86_400)
    answer = world.request("GET", "/v1/transfers", query={"open": "true"}).body
    assert [each["partnerReferenceNo"] for each in answer["transfers"]] == [open_one]
    assert "day" not in answer
