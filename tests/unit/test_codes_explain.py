"""Any text has an explanation: the table's, else the closest one, else "unknown"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.codes.explain import explain
from payouts.codes.models import MoneyMoved, Retry, Scope, System


def systems(code: str) -> list[str]:
    return [reading.system for reading in explain(code).readings]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("4034314", ["snap"]),
        ("it08", ["biller"]),
        (" DUPLICATE_transaction\n", ["glossary", "glossary"]),
        ("00", ["snap-status", "kirim-doku-payment", "kirim-doku-notification"]),
        ("01", ["snap-status", "kirim-doku-notification"]),
        ("50", ["kirim-doku-status"]),
        ("200", ["http", "kirim-doku-notification"]),
        ("6", ["snap-status"]),
        ("-1", ["kirim-doku-legacy"]),
        ("NOT_RECEIVED", ["payouts"]),
        ("2005300/06", ["snap-status", "snap"]),
        ("2005300/50", ["kirim-doku-status", "snap"]),
        ("2005300/", ["snap"]),
    ],
)
def test_a_known_code_has_all_its_readings_the_likeliest_first(code: str, expected: list[str]) -> None:
    assert systems(code) == expected
    assert explain(code).known


def test_a_number_without_zeros_matches_every_candidate() -> None:
    found = {(reading.system, reading.code) for reading in explain("0").readings}
    assert found >= {(System.SNAP_STATUS, "00"), (System.KIRIM_DOKU_PAYMENT, "00"), (System.BILLER, "0000")}


def test_one_system_may_be_asked_for() -> None:
    assert [reading.system for reading in explain("00", System.KIRIM_DOKU_PAYMENT).readings] == ["kirim-doku-payment"]
    elsewhere = explain("IT08", System.SNAP)
    assert (elsewhere.known, elsewhere.readings[0].system) == (False, System.SNAP)


@pytest.mark.parametrize(
    ("code", "scope", "message"),
    [
        ("4034399", Scope.TRANSFER, "Forbidden"),
        ("5034299", Scope.QUESTION, "Service Unavailable"),
        ("4045399", Scope.STATUS, "Not Found"),
        ("9994300", Scope.TRANSFER, ""),
        ("4009900", Scope.TRANSFER, "Bad Request"),
    ],
)
def test_an_unlisted_snap_code_is_read_by_its_parts(code: str, scope: Scope, message: str) -> None:
    explained = explain(code)
    (reading,) = explained.readings
    assert (explained.known, reading.scope, reading.message) == (False, scope, message)
    assert reading.outcome == "IN_DOUBT"
    assert reading.advice.hold_funds is (scope is not Scope.QUESTION)


@pytest.mark.parametrize(
    ("code", "category"),
    [("UE01", "UE"), ("ue..", "UE"), ("UE", "UE"), ("U099", "U0 / U1"), ("IT99", "IT"), ("SY02", "SY")],
)
def test_an_unlisted_biller_code_is_read_by_its_category(code: str, category: str) -> None:
    explained = explain(code)
    assert not explained.known
    assert {(reading.system, reading.category) for reading in explained.readings} == {(System.BILLER, category)}
    payment = explained.readings[0]
    assert "category" not in payment.meaning, "the category's own words"
    assert "kategori" not in payment.meaning_id
    assert (payment.scope, payment.advice.money_moved) == (Scope.PAYMENT, MoneyMoved.UNKNOWN)


@pytest.mark.parametrize("code", ["U205", "ZZ01", "1234", "0001"])
def test_an_unknown_biller_prefix_is_read_as_billers(code: str) -> None:
    explained = explain(code)
    assert (explained.known, explained.readings[0].system) == (False, System.BILLER)
    assert explained.readings[0].advice.hold_funds
    assert "outside the categories" in explained.readings[0].meaning
    assert "di luar kategori" in explained.readings[0].meaning_id


@pytest.mark.parametrize("code", ["100", "418", "502", "599"])
def test_an_unlisted_http_status_is_read_as_one(code: str) -> None:
    explained = explain(code)
    assert (explained.known, systems(code)) == (False, ["http"])


@pytest.mark.parametrize(
    "code",
    [
        *("", " ", "\n", "/", "//", "?", "FAIL", "600", "099", "99", "20043000", "\0"),
        *("\u0664\u0660\u0663\u0664\u0663\u0661\u0664", "\uff12\uff10\uff10\uff14\uff13\uff10\uff10", "\u00b200", "🙂"),
    ],
    ids=ascii,
)
def test_what_is_no_code_is_unknown_and_lets_nothing_go(code: str) -> None:
    explained = explain(code)
    (reading,) = explained.readings
    assert (explained.known, reading.system) == (False, System.UNKNOWN)
    assert (reading.advice.hold_funds, reading.advice.retry) == (True, Retry.NEVER)


@pytest.mark.parametrize("unit", ["9", "é", " ", "/", "\ud800", "UE"], ids=ascii)
def test_ten_megabytes_are_explained_in_a_few_bytes(unit: str) -> None:
    explained = explain(unit * (10_000_000 // len(unit)))
    assert len(explained.code) <= 64
    assert not explained.known


@given(st.text(st.characters(), max_size=80) | st.from_regex(r"[0-9A-Z/]{0,9}", fullmatch=True))
def test_nothing_raises_and_everything_can_be_written(code: str) -> None:
    explained = explain(code)
    assert explained.readings
    explained.code.encode()
    for system in System:
        assert explain(code, system).readings


def test_an_explanation_cannot_be_changed() -> None:
    explained = explain("00")
    with pytest.raises(AttributeError):
        explained.code = "01"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        explained.readings[0].advice.hold_funds = False  # type: ignore[misc]
