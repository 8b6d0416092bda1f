"""How the bank's name for an account compares with the expected one, and names in ASCII."""

import pytest

from payouts.domain.account_name import NameMatch, ascii_name, compare_names

SAME = [
    ("SUHUT", "SUHUT"),
    ("Suhut", "sUHUT"),
    (" su-hut. ", "SUHUT"),
    ("FHILEA HERMANUS", "Fhilea  Hermanus"),
    ("PT. MAJU JAYA, TBK", "PT MAJU JAYA TBK"),
    ("P.T. MAJU JAYA", "PT MAJU JAYA"),
    ("CV.SUMBER REJEKI", "CV SUMBER REJEKI"),
    ("O'Neil", "ONEIL"),
    ("A_B", "AB"),
    ("A\tB\nC", "ABC"),
    ("STRASSE 7", "straße 7"),
    ("\u0410\u0433\u0443\u0441", "\u0410\u0413\u0423\u0421"),
    ("JOSE RENE", "José René"),
    ("JOSE", "JOSE\u0301"),
    ("BPK AGUS SALIM", "Bpk. Agus Salim"),
    ("SUHARTO", "SUHARTO."),
    ("MUHAMMAD ABDURRAHMAN", "MUHAMMAD ABDURRAHMAN"),
]
ONLY_THE_TITLE = [
    ("MAJU JAYA", "PT MAJU JAYA"),
    ("MAJU JAYA", "PT. MAJU JAYA"),
    ("MAJU JAYA", "PT.MAJU JAYA"),
    ("MAJU JAYA", "P.T. MAJU JAYA"),
    ("PT MAJU JAYA", "MAJU JAYA PT"),
    ("PT MAJU JAYA", "MAJU JAYA, PT."),
    ("SUMBER REJEKI", "CV SUMBER REJEKI"),
    ("SUMBER REJEKI", "C.V. SUMBER REJEKI"),
    ("BUDI SANTOSO", "BPK BUDI SANTOSO"),
    ("BUDI SANTOSO", "BAPAK BUDI SANTOSO"),
    ("BAPAK BUDI SANTOSO", "SDR. BUDI SANTOSO"),
    ("SITI AMINAH", "IBU SITI AMINAH"),
    ("SITI AMINAH", "Ibu. Siti  Aminah"),
    ("SDRI SITI AMINAH", "IBU SITI AMINAH"),
    ("SUHARTO", "SDR SUHARTO"),
    ("JOSE", "SDR José"),
    ("PT ECOLE", "École PT"),
    ("MAJU JAYA SENTOSA", "PT MAJU JAYA SENTOSA"),  # 20 characters, and not cut
]
CUT_BY_THE_BANK = [
    ("MUHAMMAD ABDURRAHMAN WAHID", "MUHAMMAD ABDURRAHMAN"),  # 20, at the end of a word
    ("SITI NURHALIZA PERMATASARI", "SITI NURHALIZA PERMA"),  # 20, in a word
    ("SITI NURHALIZA PERMATASARI", "SITI NURHALIZA PERMA          "),
    ("Siti  Nurhaliza Permatasari", "SITI NURHALIZA  PERMA"),
    ("MUHAMMAD ABDURRAHIM WAHID", "MUHAMMAD ABDURRAHIM"),  # 19: the twentieth was a blank
    ("RADEN MAS SOEDIRDJO HADIKOESOEMO NINGRAT", "RADEN MAS SOEDIRDJO HADIKOESOE"),  # 30
    ("YAYASAN PENDIDIKAN ISLAM JAKA TIMUR", "YAYASAN PENDIDIKAN ISLAM JAKA"),  # 29: the thirtieth was a blank
    ("MAJU JAYA SENTOSA ABADI", "PT MAJU JAYA SENTOSA"),
    ("PT. MAJU JAYA SENTOSA ABADI", "PT MAJU JAYA SENTOSA"),
    ("PT MAJU JAYA SENTOSA ABADI", "MAJU JAYA SENTOSA AB"),
    ("BUDI SETIAWAN HARTONO", "BPK BUDI SETIAWAN HA"),
    ("MAJU JAYA SENTOSA ABADI, PT", "MAJU JAYA SENTOSA AB"),
    ("SINAR TERANG ABADI PT", "SINAR TERANG ABADI P"),
    ("A B C D E F G H I J K L", "A B C D E F G H I J."),
]
ANOTHER = [
    ("SUHUT", "SUHUD"),
    ("SUHUT", "SUHUT A"),
    ("FHILEA HERMANUS", "HERMANUS FHILEA"),
    ("FHILEA HERMANUS", "FHILEA"),
    ("TOKO 1", "TOKO 2"),
    ("TOKO 1", "TOKO"),
    ("AGUS", "\u0410GUS"),
    ("TOKO 12", "TOKO ½"),
    ("BUDI", "BUDI, BUDI"),
    ("SUHARTO", "SUHARTO SUHARTO"),  # a mononym that a system repeated as the last name
    ("SRI", "SRI MULYANI"),
    ("SITI AMINAH", "SITI"),
    ("PT MAJU JAYA", "CV MAJU JAYA"),
    ("PT MAJU JAYA", "CV. MAJU JAYA"),
    ("PT MAJU JAYA", "MAJU JAYA CV"),
    ("BPK BUDI SANTOSO", "IBU BUDI SANTOSO"),
    ("BPK MAJU JAYA", "PT MAJU JAYA"),
    ("MAJU JAYA", "UD MAJU JAYA"),
    ("BUDI SANTOSO", "H BUDI SANTOSO"),
    ("PT", "PT MAJU JAYA"),
    ("PTMAJU JAYA", "MAJU JAYA"),
    ("IBUDI", "DI"),
    ("PT École", "PT cole"),
    ("MUHAMMAD ABDURRAHMAN", "MUHAMMAD ABDURRAHMAN WAHID"),  # the merchant's system cut it
    ("MUHAMMAD ABDURRAHMAN WAHID", "MUHAMMAD ABDURRAHMAD"),
    ("MUHAMMAD ABDURRAHMANSYAH", "MUHAMMAD ABDURRAHMA"),  # 19 characters, in a word
    ("SITI NURHALIZA PERMATASARI", "SITI NURHALIZA"),
    ("CV MAJU JAYA SENTOSA ABADI", "PT MAJU JAYA SENTOSA"),
    ("ABDUL MALIK KARIM AMRULLAH", "A                  B"),
    ("ABDUL MALIK KARIM AMRULLAH", "A..................B"),
    ("A B C D E F G H I J K L", "A B C D E F G H I .."),
]
NOTHING = ["", " ", "-", "...", "_", "\n", "\u200b"]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_name(one: str, other: str) -> None:
    assert compare_names(one, other) is compare_names(other, one) is NameMatch.EXACT


@pytest.mark.parametrize(("one", "other"), ONLY_THE_TITLE)
def test_a_title_that_only_one_name_has(one: str, other: str) -> None:
    assert compare_names(one, other) is compare_names(other, one) is NameMatch.TITLE_ONLY


@pytest.mark.parametrize(("expected", "at_bank"), CUT_BY_THE_BANK)
def test_a_name_that_the_bank_cut(expected: str, at_bank: str) -> None:
    assert compare_names(expected, at_bank) is NameMatch.TRUNCATED


@pytest.mark.parametrize(("expected", "at_bank"), ANOTHER)
def test_another_name(expected: str, at_bank: str) -> None:
    assert compare_names(expected, at_bank) is NameMatch.DIFFERENT


@pytest.mark.parametrize("nothing", NOTHING)
def test_a_name_without_letters_equals_nothing(nothing: str) -> None:
    pairs = ((nothing, nothing), (nothing, "SUHUT"), ("SUHUT", nothing), (None, "SUHUT"), ("SUHUT", None))
    assert {compare_names(*pair) for pair in pairs} == {NameMatch.COULD_NOT_CHECK}


@pytest.mark.parametrize("masked", ["****", "A***", "AGUS*", "AGUS S******"])
def test_a_masked_name_confirms_nothing(masked: str) -> None:
    for expected in ("AGUS", "A", "AGUS S"):
        assert compare_names(expected, masked) is NameMatch.COULD_NOT_CHECK


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
        ("A!~", "A!~"),
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
