"""Two names are the same but for case, spacing and punctuation: nothing else (FAULTS 61)."""

import pytest

from payouts.names import same_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SUHUT", "SUHUT"),
        ("Suhut", "sUHUT"),
        (" su-hut. ", "SUHUT"),
        ("FHILEA HERMANUS", "Fhilea  Hermanus"),
        ("PT. MAJU JAYA, TBK", "PT MAJU JAYA TBK"),
        ("O'Neil", "ONEIL"),
        ("A_B", "AB"),
        ("A\tB\nC", "ABC"),
        ("STRASSE 7", "straße 7"),
        ("\u0410\u0433\u0443\u0441", "\u0410\u0413\u0423\u0421"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SUHUT", "SUHUD"),
        ("SUHUT", "SUHUT A"),
        ("FHILEA HERMANUS", "HERMANUS FHILEA"),
        ("FHILEA HERMANUS", "FHILEA"),
        ("TOKO 1", "TOKO 2"),
        ("TOKO 1", "TOKO"),
        ("AGUS", "\u0410GUS"),
        ("AGUS", "****"),
        ("AGUS", "A***"),
        ("BUDI", "BUDI, BUDI"),
    ],
)
def test_another_name(one: str, other: str) -> None:
    assert not same_name(one, other)
    assert not same_name(other, one)


@pytest.mark.parametrize("nothing", ["", " ", "-", "...", "_", "\n", "\u200b"])
def test_a_name_without_a_letter_or_digit_equals_nothing_not_even_itself(nothing: str) -> None:
    assert not same_name(nothing, nothing)
    assert not same_name(nothing, "")
    assert not same_name(nothing, "SUHUT")
    assert not same_name("SUHUT", nothing)
