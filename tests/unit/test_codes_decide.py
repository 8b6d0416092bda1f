"""Decisions on DOKU Biller's answers: every code in every state; money that may be spent is never released."""

import itertools

import pytest

from payouts.codes.biller import codes
from payouts.codes.catalogue import listed
from payouts.codes.decide import AdviseAfter, Decision, GiveUp, Hold, Release, State, decide
from payouts.codes.models import MoneyMoved, System

WAITS = (60, 300)
HOLD, RELEASE, ADVISE, GIVE_UP = Hold(), Release(), AdviseAfter(60), GiveUp()

# Code: after an inquiry, a payment, an advice.
EXPECTED: dict[str, tuple[Decision, Decision, Decision]] = {
    "0000": (HOLD, HOLD, HOLD),
    "5586": (ADVISE, ADVISE, ADVISE),
    **dict.fromkeys(["U000", "U003", "U101", "U102", "U103", "IT02", "IT04", "IT08"], (RELEASE, RELEASE, ADVISE)),
    "IT01": (RELEASE, RELEASE, GIVE_UP),
    **dict.fromkeys(["U001", "U002", "IT05", "IT06", "IT07"], (RELEASE, ADVISE, ADVISE)),  # listed for inquiries only
    **dict.fromkeys(["U004", "IT03", "IT09"], (RELEASE, ADVISE, ADVISE)),  # the first of two may have been paid
    **dict.fromkeys(["SY00", "SY01", "SY06"], (RELEASE, ADVISE, ADVISE)),  # whether the biller was reached is open
}
UNLISTED = ["", "UE01", "UE..", "U200", "IT99", "SY05", "1234", "00", "0", "0000 ", "u000", "?", "x" * 1_000_000]


def test_every_code_of_dokus_is_decided() -> None:
    assert set(EXPECTED) == set(codes())
    assert codes() is codes(), "read once"


@pytest.mark.parametrize("code", EXPECTED)
def test_each_code_in_each_state(code: str) -> None:
    assert tuple(decide(state, code, WAITS) for state in State) == EXPECTED[code]


@pytest.mark.parametrize("code", UNLISTED, ids=lambda code: ascii(code[:8]))
def test_an_unlisted_code_after_a_payment_is_asked_about(code: str) -> None:
    assert decide(State.INQUIRY, code, WAITS) == RELEASE
    assert decide(State.PAYMENT, code, WAITS) == ADVISE
    assert decide(State.ADVICE, code, WAITS) == ADVISE


@pytest.mark.parametrize("code", ["5586", "SY00", "UE01", ""])
def test_advices_follow_the_callers_waits_and_end_in_giving_up(code: str) -> None:
    sent = [decide(State.ADVICE, code, WAITS, number) for number in range(4)]
    assert sent == [AdviseAfter(60), AdviseAfter(300), GIVE_UP, GIVE_UP]
    assert decide(State.PAYMENT, code, ()) == GIVE_UP
    assert decide(State.ADVICE, code, WAITS, -1) == GIVE_UP


@pytest.mark.parametrize("code", ["0000", "U000", "IT08"])
def test_what_is_settled_does_not_depend_on_the_advices_sent(code: str) -> None:
    assert {decide(State.PAYMENT, code, WAITS, sent) for sent in range(5)} == {decide(State.PAYMENT, code, ())}


def test_an_advice_never_gives_money_back() -> None:
    for code, sent in itertools.product([*codes(), *UNLISTED], range(4)):
        assert decide(State.ADVICE, code, WAITS, sent) != RELEASE


def test_the_decision_and_the_catalogues_reading_agree() -> None:
    for code, explained in listed(System.BILLER).items():
        for reading in explained.readings:
            decision = decide(State(reading.scope), code, WAITS)
            assert reading.advice.hold_funds is (decision != RELEASE)
            if reading.advice.money_moved is MoneyMoved.YES:
                assert decision == HOLD
            if reading.advice.money_moved is MoneyMoved.UNKNOWN:
                assert decision in (ADVISE, GIVE_UP)
