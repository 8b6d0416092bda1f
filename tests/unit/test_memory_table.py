"""The table in memory answers as moto does, for the expressions that this software uses."""

from typing import Any

import pytest
from boto3.session import Session
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from local.aws.template import load
from local.in_memory.aws import MemoryAws
from local.in_memory.expressions import condition
from local.in_memory.table import MemoryTable
from payouts.store.table import ConditionFailed, Table
from tests.support.harness import ROOT, World

CONDITIONS = (
    "attribute_not_exists(pk)",
    "#version = :version",
    "attribute_exists(pk) AND #version <> :version",
    "lockedBy = :text AND (attribute_not_exists(lockedUntil) OR lockedUntil < :version)",
    "#version BETWEEN :version AND :more",
    "begins_with(lockedBy, :text) OR NOT #version >= :version",
)
UPDATES = (
    "SET #version = :more, lockedBy = :text",
    "SET lockedUntil = :version REMOVE dueShard, nextCheckAt",
    "SET #version = if_not_exists(#version, :version) + :more, dueShard = :text, nextCheckAt = :version",
    "SET nextCheckAt = :more, #day = :text, createdAt = :version, #status = :text",
)
NAMES = {"#version": "version", "#day": "day", "#status": "status"}
texts, numbers = st.sampled_from("abc"), st.integers(0, 3)
steps = st.one_of(
    st.tuples(st.just("put"), texts, st.sampled_from(CONDITIONS), numbers, texts),
    st.tuples(st.just("update"), texts, st.sampled_from(CONDITIONS), numbers, texts, st.sampled_from(UPDATES)),
    st.tuples(st.just("query"), st.sampled_from(("due", "by-day")), texts, numbers, st.integers(1, 3), st.booleans()),
)


def memory() -> Table:
    template = load(ROOT / "template.yaml", {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"})
    (definition,) = template.of_type("AWS::DynamoDB::Table").values()
    session = Session()
    MemoryAws(MemoryTable.read(definition), "{}", lambda seconds: None).install(session)
    return Table(session.client("dynamodb"), "transfers")


def used(expression: str, version: int, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The names and values that an expression uses: DynamoDB refuses others."""
    values = {":version": version, ":more": version + 1, ":text": text}
    names = {name: attribute for name, attribute in NAMES.items() if name in expression}
    return names, {name: value for name, value in values.items() if name in expression}


def answer(table: Table, step: tuple[Any, ...]) -> Any:
    """What a step returns, or the item that its condition failed on; without nonces."""
    try:
        return _plain(_call(table, step))
    except ConditionFailed as failed:
        return "failed", _plain(failed.item)


def _call(table: Table, step: tuple[Any, ...]) -> Any:
    match step:
        case ("put", pk, wanted, version, text):
            names, values = used(wanted, version, text)
            item = {"pk": pk, "version": version, "lockedBy": text, "dueShard": text, "nextCheckAt": version}
            return table.put(item, wanted, names, values)
        case ("update", pk, wanted, version, text, expression):
            names, values = used(f"{wanted} {expression}", version, text)
            if "#version = if" in expression and table.get(pk) is None:
                return None  # moto does not add to a default
            return table.update(pk, expression, wanted, names, values, returned=True)
        case (_, index, text, number, limit, forward):
            partition, sort = ("dueShard", "nextCheckAt") if index == "due" else ("#day", "createdAt")
            names = {"#day": "day"} if index == "by-day" else {}
            keys = f"{partition} = :text AND {sort} <= :version"
            extra = {"ExpressionAttributeNames": names} if names else {}
            values = {":text": text, ":version": number}
            return _pages(
                table, index, KeyConditionExpression=keys, values=values, Limit=limit, ScanIndexForward=forward, **extra
            )
    raise AssertionError(step)


def _pages(table: Table, index: str, **arguments: Any) -> list[Any]:
    found, last = table.query(index, **arguments)
    pages = [found]
    while last is not None:
        found, last = table.query(index, start=last, **arguments)
        pages.append(found)
    return [item for page in pages for item in page]


def _plain(found: Any) -> Any:
    if isinstance(found, list):
        return [_plain(item) for item in found]
    return {name: value for name, value in found.items() if name != "nonce"} if isinstance(found, dict) else found


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(steps, min_size=3, max_size=20))
def test_the_table_in_memory_answers_as_moto_does(world: World, history: list[tuple[Any, ...]]) -> None:
    ours, motos = memory(), Table(world.dynamodb, world.new_table())
    for step in history:
        assert answer(ours, step) == answer(motos, step), step
    assert [_plain(ours.get(pk)) for pk in "abc"] == [_plain(motos.get(pk)) for pk in "abc"]


def test_unknown_syntax_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown syntax"):
        condition("a = b ! c")
