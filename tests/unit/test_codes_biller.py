"""DOKU Biller's codes in every state: money that may have been spent is never released."""

import pytest

from payouts.codes.biller import COLUMNS, best, codes
from payouts.codes.catalogue import listed
from payouts.codes.models import MoneyMoved, System

# Code: outcome after an inquiry, a payment, an advice.
EXPECTED: dict[str, tuple[str, str, str]] = {
    "0000": ("hold", "hold", "hold"),
    "5586": ("advise", "advise", "advise"),
    **dict.fromkeys(["U000", "U003", "U101", "U102", "U103", "IT02", "IT04", "IT08"], ("release", "release", "advise")),
    "IT01": ("release", "release", "give up"),
    **dict.fromkeys(["U001", "U002", "IT05", "IT06", "IT07"], ("release", "advise", "advise")),  # for inquiries only
    **dict.fromkeys(["U004", "IT03", "IT09"], ("release", "advise", "advise")),  # the first of two may have been paid
    **dict.fromkeys(["SY00", "SY01", "SY06"], ("release", "advise", "advise")),  # the biller may have been reached
}


def test_each_code_in_each_state() -> None:
    table = {code: (row["on_inquiry"], row["on_payment"], row["on_advice"]) for code, row in codes().items()}
    assert table == EXPECTED
    assert codes() is codes(), "read once"


def test_the_readings_have_the_outcomes_of_the_table() -> None:
    for code, explained in listed(System.BILLER).items():
        for reading in explained.readings:
            assert reading.outcome == codes()[code][COLUMNS[reading.scope]]


@pytest.mark.parametrize("code", ["UE01", "UE..", "U200", "IT99", "SY05", "1234"])
def test_an_unlisted_code_releases_only_after_an_inquiry(code: str) -> None:
    found = {reading.scope: (reading.outcome, reading.known) for reading in best(code)}
    assert found == {"payment": ("advise", False), "advice": ("advise", False), "inquiry": ("release", False)}


@pytest.mark.parametrize(
    "code", ["", "00", "0", "0000 ", "u000", "?", "x" * 1_000_000], ids=lambda code: ascii(code[:8])
)
def test_other_text_is_no_biller_code(code: str) -> None:
    assert best(code) == []


def test_the_advice_agrees_with_the_outcome() -> None:
    for explained in listed(System.BILLER).values():
        for reading in explained.readings:
            assert reading.advice.hold_funds is (reading.outcome != "release")
            if reading.advice.money_moved is MoneyMoved.YES:
                assert reading.outcome == "hold"
            if reading.advice.money_moved is MoneyMoved.UNKNOWN:
                assert reading.outcome in ("advise", "give up")
