"""Items come back from DynamoDB's attribute values as they were written."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.store.codec import decode, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
whole = st.integers(-(10**38) + 1, 10**38 - 1)
scalars = st.none() | st.booleans() | texts | whole
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner), max_leaves=12)


@given(st.dictionaries(texts, values, max_size=4))
def test_an_item_is_read_as_it_was_written(item: dict[str, Any]) -> None:
    assert typed(decode(encode(item))) == typed(item)


def typed(value: Any) -> Any:
    """With the types, which == does not compare: True == 1 == Decimal(1)."""
    if isinstance(value, dict):
        return {name: typed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [typed(member) for member in value]
    return type(value), value


@pytest.mark.parametrize(
    "value", [{"B": b"\x00\xff"}, {"SS": ["a"]}, {"NS": ["1"]}, {"BS": [b"a"]}, {"N": "2.50"}, {"N": "1E-7"}]
)
def test_a_value_of_a_newer_version_survives_a_rewrite(value: Any) -> None:
    assert encode(decode({"theirs": value})) == {"theirs": value}


def test_a_fraction_keeps_every_digit() -> None:
    assert decode({"n": {"N": "12345678901234567890.12"}}) == {"n": Decimal("12345678901234567890.12")}


@pytest.mark.parametrize("value", [1.5, float("nan"), object(), {"nested": 0.1}, [0.1]])
def test_a_float_is_never_written(value: Any) -> None:
    with pytest.raises(TypeError):
        encode({"value": value})
