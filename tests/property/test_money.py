"""Rupiah are exact, and only DOKU's wire form is an amount."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from payouts.domain.money import Rupiah

MOST = 10**18 - 1
sen = st.integers(0, MOST)


@pytest.mark.covers("I7")
@settings(max_examples=200, deadline=None)
@given(sen)
@example(0)
@example(1)
@example(99)
@example(100)
@example(MOST)
def test_every_amount_survives_the_wire(amount: int) -> None:
    text = str(Rupiah(amount))
    assert Rupiah.parse(text) == Rupiah(amount)
    assert Rupiah(amount).wire() == {"value": text, "currency": "IDR"}


@settings(max_examples=200, deadline=None)
@given(sen)
def test_the_wire_form_is_the_decimal_number_with_two_decimals(amount: int) -> None:
    digits = f"{amount:03d}"
    assert str(Rupiah(amount)) == f"{digits[:-2]}.{digits[-2:]}"


@settings(max_examples=200, deadline=None)
@given(sen, sen)
def test_amounts_compare_as_whole_sen(one: int, other: int) -> None:
    assert (Rupiah(one) < Rupiah(other)) == (one < other)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=20), st.from_regex(r"[+-]?[0-9 ,_]{0,20}[.,]?[0-9]{0,4}\n?", fullmatch=True)))
def test_a_parsed_amount_has_exactly_one_wire_form(text: str) -> None:
    try:
        amount = Rupiah.parse(text)
    except ValueError:
        return
    assert str(amount) == text


@pytest.mark.covers(56)
@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", ".00", "1", "1.", "1.0", "0.1", "1.000", "1.2.3", "1..00"),
        *("01.00", "00.00", "000000001.00", "-1.00", "+1.00", "-0.00", "1.-1"),
        *("1e5", "1E5", "1e5.00", "1.0e1", "0x10.00", "NaN", "nan", "Infinity", "inf", "-inf"),
        *("1,000.00", "1.000,00", "1,00", "1_000.00", "1 000.00", "Rp1.00", "1.00 IDR"),
        *(" 1.00", "1.00 ", "1.00\n", "\n1.00", "1.00\r\n", "1.00\x00", "\ufeff1.00", "1\u200b.00", "1.00\u00a0"),
        *("\u0661.\u0660\u0660", "\uff11.\uff10\uff10", "1.\u0660\u0660", "²2.00", "1。00", "1\u066b00"),
        *("1000000000000000000.00", "10000000000000000.00", "9" * 400 + ".00"),
    ],
)
def test_other_forms_of_an_amount_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="two decimals") as refused:
        Rupiah.parse(text)
    assert str(refused.value) == 'must be a string with two decimals, such as "200000.00"'


def test_the_smallest_and_the_largest_amount_on_the_wire() -> None:
    assert Rupiah.parse("0.00") == Rupiah(0)
    assert Rupiah.parse("0.01") == Rupiah(1)
    assert Rupiah.parse("9999999999999999.99") == Rupiah(MOST)
