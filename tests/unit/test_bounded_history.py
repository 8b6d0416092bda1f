"""Which observations a bounded history keeps."""

from dataclasses import replace

from payouts.domain.schedule import NOT_FOUND_TIMES
from payouts.domain.status import PERSISTENT
from payouts.domain.transfer import (
    HISTORY_LATEST,
    KEPT_OF_A_KIND,
    Finding,
    Observation,
    Source,
    Status,
    Transfer,
)
from tests.support.histories import CREATED, after, answer, check, decision, stored

SILENCE = [check(Finding.UNCLEAR, at) for at in range(1, 2 * HISTORY_LATEST)]


def long_after(*seen: Observation) -> Transfer:
    """The transfer after these observations and more silence than is kept."""
    return after(CREATED, *seen, *SILENCE)


def test_a_history_within_the_bound_is_kept_whole() -> None:
    whole = after(CREATED, *SILENCE[: HISTORY_LATEST - 1])
    assert len(whole.history) == HISTORY_LATEST
    assert [seen.seq for seen in whole.history] == list(range(1, HISTORY_LATEST + 1))


def test_the_latest_observations_and_the_first_of_a_kind_are_kept() -> None:
    bounded = long_after()
    latest = range(bounded.version - HISTORY_LATEST + 1, bounded.version + 1)
    assert [seen.seq for seen in bounded.history] == [1, 2, *latest]


def test_as_many_of_a_kind_are_kept_as_any_rule_counts() -> None:
    bounded = long_after(*(check(Finding.NOT_FOUND, at) for at in range(KEPT_OF_A_KIND + 4)))
    kept = [seen.seq for seen in bounded.history if seen.finding is Finding.NOT_FOUND]
    assert kept == [2, *range(6, 6 + KEPT_OF_A_KIND)]
    assert max(NOT_FOUND_TIMES, PERSISTENT) <= KEPT_OF_A_KIND


def test_the_latest_questions_are_kept_whenever_they_were_answered() -> None:
    asked_late = after(CREATED, *(check(Finding.UNPAID, at) for at in range(6)))
    last = asked_late.version
    for at in range(KEPT_OF_A_KIND + 2):
        asked_late = stored(asked_late, replace(check(Finding.UNPAID, 100 + at), asked=1))
    bounded = after(asked_late, *SILENCE)
    questions = sorted((seen.asked for seen in bounded.history if seen.finding is Finding.UNPAID), reverse=True)
    assert questions[:PERSISTENT] == [last - 1, last - 2, last - 3]
    assert len(questions) == 1 + PERSISTENT + KEPT_OF_A_KIND, "the others are not kept"


def test_requests_and_decisions_are_kept_for_ever() -> None:
    answers = [replace(answer(Finding.IN_DOUBT), at=at) for at in range(KEPT_OF_A_KIND + 4)]
    decisions = [replace(decision(Status.SUCCESS), at=at) for at in range(KEPT_OF_A_KIND + 4)]
    bounded = long_after(*answers, *decisions)
    assert sum(seen.source is Source.OPERATOR for seen in bounded.history) == len(decisions)
    assert sum(seen.finding is Finding.IN_DOUBT for seen in bounded.history) == len(answers)


def test_silence_is_not_kept_for_ever() -> None:
    assert len(long_after().history) < len(SILENCE)


def test_a_transfer_is_first_not_stored() -> None:
    created = CREATED
    assert Transfer(created.intent, "f", created_at=0, external_ids=()).version == 0


def test_a_transfer_is_named_by_the_merchants_reference() -> None:
    assert CREATED.partner_reference_no == CREATED.intent.partner_reference_no == "PAY-1"


def test_dokus_references_are_kept_and_the_session_is_not_one() -> None:
    """Otherwise a second reference would be dropped, and DISPUTED would end without a decision."""
    session = CREATED.intent.session_id
    named = [check(Finding.UNPAID, at, reference_no=name) for at, name in enumerate(("DK2", session, "DK1"))]
    more = [check(Finding.UNPAID, 100 + at, reference_no=session) for at in range(2 * HISTORY_LATEST)]
    bounded = after(CREATED, *named, *more)
    assert bounded.status is Status.DISPUTED
    assert {seen.reference_no for seen in bounded.history} == {"", "DK1", "DK2", session}
