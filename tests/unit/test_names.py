"""Names are equal up to case, spacing and punctuation."""

import pytest

from payouts.domain.account_name import ascii_name, same_name


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
def test_a_name_without_letters_equals_nothing(nothing: str) -> None:
    assert not same_name(nothing, nothing)
    assert not same_name(nothing, "")
    assert not same_name(nothing, "SUHUT")
    assert not same_name("SUHUT", nothing)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("SUHUT", "SUHUT"),
        ("José  Núñez", "Jose Nunez"),
        (" PT. MAJU\u00a0JAYA,\tTBK\r\n", "PT. MAJU JAYA, TBK"),
        ("\uff33\uff35\uff28\uff35\uff34", "SUHUT"),
        ("ﬁrman", "firman"),
        ("O\u2019Neil", "ONeil"),
        ("O'Neil & Co. (50%)", "O'Neil & Co. (50%)"),
        ("A\u200bB\x00C\x7fD", "ABCD"),
        ("BUDI \u6797", "BUDI"),
        ("\u6797 BUDI", "BUDI"),
        ("e\u0301", "e"),
        ("A" * 101, "A" * 100),
        ("A" * 99 + " B", "A" * 99),
        ("\u00c9" * 101, "E" * 100),
        ("", ""),
        ("  ", ""),
        ("\u6797\u6653", ""),
        ("\ud800", ""),
        ("\u0301", ""),
    ],
)
def test_a_name_as_doku_may_be_sent_it(text: str, folded: str) -> None:
    assert ascii_name(text) == folded
    assert ascii_name(folded) == folded
