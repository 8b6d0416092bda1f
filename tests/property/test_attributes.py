"""Attribute values are what boto3 makes of them: its types are the reference, and are not imported in Lambda."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from payouts.store.attributes import decode, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
whole = st.integers(-(10**38) + 1, 10**38 - 1)
exact = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**30), max_value=10**30)
scalars = st.none() | st.booleans() | texts | whole | exact
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(texts, inner),
    max_leaves=12,
)
items = st.dictionaries(texts, values, max_size=4)


@given(items)
def test_an_item_is_written_as_boto3_writes_it(item: dict[str, Any]) -> None:
    assert encode(item) == {name: TypeSerializer().serialize(value) for name, value in item.items()}


@given(items)
def test_an_item_is_read_as_boto3_reads_it(item: dict[str, Any]) -> None:
    written = encode(item)
    assert decode(written) == {name: TypeDeserializer().deserialize(value) for name, value in written.items()}
    assert typed(decode(written)) == typed({n: TypeDeserializer().deserialize(v) for n, v in written.items()})


def typed(value: Any) -> Any:
    """With the types, which == does not tell apart: True == 1 == Decimal(1)."""
    if isinstance(value, dict):
        return {name: typed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [typed(member) for member in value]
    return type(value), value


@pytest.mark.parametrize(
    "value",
    [{"B": b"\x00\xff"}, {"SS": ["a", "b"]}, {"NS": ["1", "2.50"]}, {"BS": [b"a", b"b"]}, {"N": "1E+3"}, {"L": []}],
)
def test_what_only_others_write_is_read_as_boto3_reads_it(value: Any) -> None:
    assert decode({"theirs": value})["theirs"] == TypeDeserializer().deserialize(value)


@pytest.mark.parametrize("value", [1.5, float("nan"), object(), {"nested": 0.1}, [0.1]])
def test_an_unsupported_type_is_never_written(value: Any) -> None:
    with pytest.raises(TypeError, match="is not stored"):
        encode({"value": value})


def test_a_number_keeps_every_digit() -> None:
    number = Decimal("12345678901234567890.12")
    assert decode(encode({"n": number})) == {"n": number}
