"""Each rule of the status; tests/property/test_history.py has its laws."""

from dataclasses import replace
from typing import Any

import pytest

from payouts.domain.transfer import ENDED, NOT_ACKNOWLEDGED, Finding, NextAction, Observation, Source, Status, record
from tests.support.histories import CREATED, HOUR, after, answer, check, decision, notified, stored

DOKU_SAYS = {
    Finding.UNPAID: Status.UNPAID,
    Finding.SUCCESS: Status.SUCCESS,
    Finding.FAILED: Status.FAILED,
    Finding.REFUNDED: Status.REFUNDED,
}
INFERRED = Observation(0, Finding.NOT_RECEIVED, Source.STATUS_CHECK, "NOT_RECEIVED")


def test_a_new_transfer_is_submitting() -> None:
    assert (CREATED.status, CREATED.is_final, CREATED.next_action) == (Status.SUBMITTING, False, NextAction.WAIT)
    assert (CREATED.reason.code if CREATED.reason else None) == ""


@pytest.mark.parametrize(("finding", "status"), DOKU_SAYS.items())
def test_a_status_check_alone_gives_its_status(finding: Finding, status: Status) -> None:
    assert after(CREATED, check(finding)).status is status


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (Finding.ACCEPTED, Status.ACCEPTED),
        (Finding.UNPAID, Status.UNPAID),
        (Finding.REFUSED, Status.FAILED),
        (Finding.NOT_SENT, Status.FAILED),
        (Finding.IN_DOUBT, Status.IN_DOUBT),
    ],
)
def test_the_answer_to_the_request_gives_its_status(finding: Finding, status: Status) -> None:
    assert after(CREATED, answer(finding)).status is status


def test_ended_and_unacknowledged_statuses() -> None:
    assert {Status.SUCCESS, Status.FAILED, Status.REFUNDED} == ENDED
    assert {Status.SUBMITTING, Status.IN_DOUBT} == NOT_ACKNOWLEDGED


def test_silence_leaves_the_status_alone() -> None:
    assert after(CREATED, check(Finding.UNCLEAR)).status is Status.SUBMITTING
    accepted = after(CREATED, answer(Finding.ACCEPTED), check(Finding.UNCLEAR), check(Finding.NOT_FOUND))
    assert accepted.status is Status.ACCEPTED


@pytest.mark.covers(20, "I6", "I24", "I25")
def test_not_found_is_doubt_and_asks_for_doku() -> None:
    """The first edition called this FAILED and final after half an hour, and DOKU paid at minute 93."""
    missing = after(CREATED, answer(Finding.IN_DOUBT), *(check(Finding.NOT_FOUND, m * 60_000) for m in (1, 10, 32)))
    assert (missing.status, missing.is_final, missing.next_action) == (Status.IN_DOUBT, False, NextAction.ASK_DOKU)
    assert missing.reason is not None
    assert missing.reason.code == "NOT_RECEIVED"
    assert "may still be paid" in missing.reason.message
    assert after(missing, check(Finding.UNPAID)).status is Status.UNPAID


def test_one_record_missing_may_be_lag() -> None:
    assert after(CREATED, answer(Finding.IN_DOUBT), check(Finding.NOT_FOUND)).next_action is NextAction.WAIT


@pytest.mark.covers(20)
@pytest.mark.parametrize("life", [check(Finding.UNPAID), check(Finding.SUCCESS), notified("50"), notified("20")])
def test_life_after_an_inferred_failure_is_disputed(life: Observation) -> None:
    failed = after(CREATED, answer(Finding.IN_DOUBT), INFERRED)
    assert (failed.status, failed.next_action) == (Status.FAILED, NextAction.CORRECT_AND_RESEND)
    disputed = after(failed, life)
    assert (disputed.status, disputed.is_final, disputed.next_action) == (Status.DISPUTED, False, NextAction.SETTLE)


def test_a_failure_notification_confirms_an_inferred_failure() -> None:
    assert after(CREATED, INFERRED, notified("35")).status is Status.FAILED


def test_a_late_refusal_does_not_end_what_doku_works_on() -> None:
    """UNPAID by a status check, then our own late answer 4034318."""
    unpaid = after(CREATED, check(Finding.UNPAID))
    refused = stored(unpaid, replace(answer(Finding.REFUSED, "4034318"), asked=1))
    assert (refused.status, refused.is_final, refused.next_action) == (Status.UNPAID, False, NextAction.WAIT)


def test_life_after_a_published_refusal_is_disputed() -> None:
    refused = after(CREATED, answer(Finding.REFUSED, "4044311"))
    assert refused.failed_published
    assert after(refused, check(Finding.UNPAID)).status is Status.DISPUTED


@pytest.mark.covers(21)
def test_paid_and_failed_is_disputed_in_either_order() -> None:
    for one, other in ((Finding.SUCCESS, Finding.FAILED), (Finding.FAILED, Finding.SUCCESS)):
        assert after(CREATED, check(one), check(other)).status is Status.DISPUTED
        assert stored(CREATED, replace(check(one), asked=1), replace(check(other), asked=1)).status is Status.DISPUTED


def test_an_answer_is_superseded_only_by_a_later_question() -> None:
    """Two questions left at version 1. Which of the answers is newer is not known."""
    asked_together = stored(
        stored(CREATED, replace(check(Finding.FAILED), asked=1)), replace(check(Finding.UNPAID), asked=1)
    )
    assert asked_together.status is Status.DISPUTED, "FAILED was published before the second answer came"
    pending_first = stored(
        stored(CREATED, replace(check(Finding.UNPAID), asked=1)), replace(check(Finding.FAILED), asked=1)
    )
    assert pending_first.status is Status.UNPAID
    assert after(pending_first, check(Finding.FAILED)).status is Status.FAILED
    assert after(pending_first, check(Finding.SUCCESS)).status is Status.DISPUTED, "DOKU has said FAILED as well"


def test_clocks_do_not_order_answers() -> None:
    """The second answer comes from a machine whose clock is ten minutes behind."""
    pending = after(CREATED, check(Finding.UNPAID, at=HOUR))
    assert after(pending, check(Finding.FAILED, at=HOUR - 600_000)).status is Status.FAILED


def test_acceptance_counts_until_a_status_check_speaks() -> None:
    failed = stored(CREATED, replace(check(Finding.FAILED), asked=1))
    late = stored(failed, replace(answer(Finding.ACCEPTED), asked=1))
    assert late.status is Status.FAILED


def test_a_payment_beside_a_sign_of_life_is_not_final() -> None:
    both = stored(stored(CREATED, replace(check(Finding.SUCCESS), asked=1)), replace(check(Finding.UNPAID), asked=1))
    assert (both.status, both.is_final, both.next_action) == (Status.SUCCESS, False, NextAction.WAIT)
    assert after(both, check(Finding.SUCCESS)).is_final


def test_a_second_doku_reference_is_disputed() -> None:
    """The only trace of a double execution: a 401, a second send, and a status that names another reference."""
    accepted = after(CREATED, answer(Finding.ACCEPTED, reference_no="DK00000002"))
    assert after(accepted, check(Finding.SUCCESS, reference_no="DK00000002")).status is Status.SUCCESS
    disputed = after(accepted, check(Finding.SUCCESS, reference_no="DK00000001"))
    assert (disputed.status, disputed.next_action) == (Status.DISPUTED, NextAction.SETTLE)
    assert after(accepted, check(Finding.SUCCESS, reference_no=CREATED.intent.session_id)).status is Status.SUCCESS
    assert after(disputed, decision(Status.SUCCESS)).status is Status.SUCCESS


def test_a_refused_request_needs_every_external_id_refused() -> None:
    twice = replace(CREATED, external_ids=("1", "2"))
    assert after(twice, answer(Finding.REFUSED)).status is Status.SUBMITTING
    assert after(twice, answer(Finding.REFUSED), answer(Finding.IN_DOUBT, external_id="2")).status is Status.IN_DOUBT
    assert after(twice, answer(Finding.REFUSED), answer(Finding.NOT_SENT, external_id="2")).status is Status.FAILED


@pytest.mark.parametrize(
    ("seen", "action"),
    [
        (answer(Finding.REFUSED, "4034314"), NextAction.TOP_UP),
        (answer(Finding.REFUSED, "4044311"), NextAction.CORRECT_AND_RESEND),
        (check(Finding.FAILED, code="2005300/06"), NextAction.CORRECT_AND_RESEND),
        (check(Finding.REFUNDED), NextAction.CORRECT_AND_RESEND),
        (check(Finding.SUCCESS), NextAction.NONE),
        (check(Finding.UNPAID), NextAction.WAIT),
        (check(Finding.UNCLEAR, code="OTHER_ACCOUNT"), NextAction.ASK_DOKU),
    ],
)
def test_next_action(seen: Observation, action: NextAction) -> None:
    assert after(CREATED, seen).next_action is action


def test_the_banks_own_reason_is_shown_and_read() -> None:
    details = (("originalResponseCode", "4034314"), ("originalResponseMessage", "Insufficient Funds"))
    failed = after(CREATED, replace(check(Finding.FAILED, code="2005300/06"), details=details))
    assert failed.next_action is NextAction.TOP_UP
    assert failed.reason is not None
    assert (failed.reason.code, failed.reason.message) == ("4034314", "Insufficient Funds")


@pytest.mark.covers(31, "I10", "I27")
@pytest.mark.parametrize(
    ("said", "claim"),
    [(Finding.SUCCESS, "35"), (Finding.SUCCESS, "40"), (Finding.FAILED, "50"), (Finding.FAILED, "40")],
)
def test_an_unconfirmed_notification_ends_with_attention(said: Finding, claim: str) -> None:
    """A notification that status checks keep contradicting must not vanish behind the status."""
    doubted = after(CREATED, check(said), notified(claim))
    assert (doubted.status.value, doubted.is_final, doubted.next_action) == (said.value, False, NextAction.WAIT)
    for _ in range(3):
        assert doubted.next_action is NextAction.WAIT
        doubted = after(doubted, check(said))
    assert (doubted.status.value, doubted.is_final, doubted.next_action) == (said.value, False, NextAction.ASK_DOKU)
    settled = after(doubted, decision(Status(said.value)))
    assert settled.is_final


def test_a_confirmed_notification_is_no_contradiction() -> None:
    assert after(CREATED, check(Finding.SUCCESS), notified("50")).is_final
    assert after(CREATED, check(Finding.SUCCESS), notified("20")).is_final
    refunded = after(CREATED, check(Finding.SUCCESS), notified("40"), check(Finding.REFUNDED))
    assert (refunded.status, refunded.is_final) == (Status.REFUNDED, True)


def test_a_check_older_than_the_notification_says_nothing() -> None:
    doubted = after(CREATED, check(Finding.SUCCESS), notified("35"))
    for _ in range(5):
        doubted = stored(doubted, replace(check(Finding.SUCCESS, at=doubted.version), asked=1))
    assert doubted.next_action is NextAction.WAIT


def test_a_refusal_that_a_notification_contradicts_is_not_final() -> None:
    refused = after(CREATED, answer(Finding.REFUSED), notified("50"))
    assert (refused.status, refused.is_final, refused.next_action) == (Status.FAILED, False, NextAction.WAIT)


@pytest.mark.covers(22)
def test_an_operators_decision_counts_until_doku_contradicts_it() -> None:
    disputed = after(CREATED, check(Finding.SUCCESS), check(Finding.FAILED))
    for status, against in ((Status.SUCCESS, Finding.FAILED), (Status.FAILED, Finding.SUCCESS)):
        settled = after(disputed, decision(status))
        assert (settled.status, settled.is_final) == (status, True)
        assert settled.decided_by == settled.reading.verdict
        assert after(settled, check(Finding(status.value))).status is status
        assert after(settled, check(against)).status is Status.DISPUTED
        assert after(settled, check(Finding.REFUNDED)).status is Status.REFUNDED


def test_life_contradicts_every_decision_but_success() -> None:
    """DOKU's status may lag behind what its support said about a payment."""
    for status in (Status.FAILED, Status.REFUNDED):
        assert after(CREATED, decision(status), check(Finding.UNPAID)).status is Status.DISPUTED
    assert after(CREATED, decision(Status.SUCCESS), check(Finding.UNPAID)).status is Status.SUCCESS


def test_the_order_of_a_decision_does_not_depend_on_clocks() -> None:
    ahead = replace(decision(Status.FAILED), at=decision(Status.FAILED).at + 100 * HOUR)
    settled = after(CREATED, check(Finding.SUCCESS), check(Finding.FAILED), ahead)
    assert after(settled, check(Finding.SUCCESS)).status is Status.DISPUTED


def test_an_operator_may_correct_an_operator() -> None:
    settled = after(CREATED, decision(Status.REFUNDED), decision(Status.SUCCESS))
    assert settled.status is Status.SUCCESS


def test_a_new_reference_after_a_decision_is_disputed() -> None:
    one = after(CREATED, answer(Finding.ACCEPTED, reference_no="DK1"), decision(Status.SUCCESS))
    assert after(one, check(Finding.SUCCESS, reference_no="DK1")).status is Status.SUCCESS
    assert after(one, check(Finding.SUCCESS, reference_no="DK2")).status is Status.DISPUTED


def test_dokus_reference_is_the_one_learned_first() -> None:
    assert CREATED.doku_reference_no == ""
    named = after(CREATED, check(Finding.UNPAID), check(Finding.UNPAID, reference_no="DK1"))
    assert after(named, check(Finding.SUCCESS, reference_no="DK2")).doku_reference_no == "DK1"


def test_times_for_people() -> None:
    seen = after(CREATED, check(Finding.UNPAID, 5), check(Finding.UNPAID, 7), notified("50", 9))
    assert (seen.updated_at - CREATED.created_at, (seen.checked_at or 0) - CREATED.created_at) == (9, 7)


def test_recording_twice_changes_nothing() -> None:
    once = stored(CREATED, check(Finding.UNPAID, 5))
    assert record(once, check(Finding.UNPAID, 5)) is once


@pytest.mark.parametrize(
    "change",
    [
        *({"at": 6}, {"finding": Finding.SUCCESS}, {"source": Source.SUBMIT}, {"code": "2005300"}, {"message": "m"}),
        *({"reference_no": "DK1"}, {"external_id": "1"}, {"asked": 1}, {"details": (("a", "b"),)}, {"extra": {"a": 1}}),
    ],
)
def test_another_fact_is_recorded(change: dict[str, Any]) -> None:
    once = stored(CREATED, check(Finding.UNPAID, 5))
    assert len(record(once, replace(check(Finding.UNPAID, 5), **change)).history) == len(once.history) + 1


def test_a_newer_versions_transfer_keeps_its_status() -> None:
    for stored_status, shown in (("SUCCESS", Status.SUCCESS), ("REVERSED", Status.IN_DOUBT)):
        newer = replace(CREATED, newer_status=stored_status)
        assert (newer.status, newer.is_final, newer.next_action) == (shown, False, NextAction.WAIT)
        assert newer.reason is None


def test_an_observation_is_first_neither_asked_nor_recorded() -> None:
    fresh = Observation(0, Finding.UNPAID, Source.STATUS_CHECK, extra={"newer": 1})
    assert (fresh.asked, fresh.seq) == (0, 0)
    assert hash(fresh) == hash(replace(fresh, extra={}))


def test_the_observation_behind_a_status() -> None:
    settled = after(CREATED, check(Finding.SUCCESS), check(Finding.FAILED), decision(Status.SUCCESS))
    assert settled.decided_by == settled.reading.verdict
    failed_again = after(settled, check(Finding.FAILED, at=9))
    assert failed_again.status is Status.DISPUTED
    assert failed_again.decided_by == failed_again.history[-1]
    refunded = after(CREATED, decision(Status.FAILED), check(Finding.REFUNDED))
    assert refunded.decided_by == refunded.history[-1]


def test_the_observation_behind_a_dispute() -> None:
    """The latest word of DOKU, or the notification that contradicts what was inferred; not silence after it."""
    disputed = after(CREATED, check(Finding.SUCCESS), check(Finding.FAILED), check(Finding.UNCLEAR))
    assert disputed.decided_by == disputed.history[-2]
    contradicted = after(CREATED, INFERRED, notified("50"), check(Finding.UNCLEAR))
    assert contradicted.status is Status.DISPUTED
    assert contradicted.decided_by == contradicted.history[-2]


def test_a_decision_settles_what_was_said_before_it() -> None:
    pending = after(CREATED, check(Finding.UNPAID))
    assert after(pending, decision(Status.SUCCESS)).is_final
    assert not after(pending, decision(Status.SUCCESS), check(Finding.UNPAID)).is_final
    assert after(pending, decision(Status.SUCCESS), check(Finding.SUCCESS)).is_final


def test_a_decision_settles_notifications_before_it_only() -> None:
    settled = after(CREATED, check(Finding.SUCCESS), notified("35"), decision(Status.SUCCESS))
    assert settled.is_final
    assert not after(settled, notified("40")).is_final


def test_only_checks_that_doku_answered_contradict_a_notification() -> None:
    refused = after(CREATED, answer(Finding.REFUSED), notified("50"))
    silent = after(refused, *(check(Finding.UNCLEAR, at) for at in range(5)))
    assert silent.next_action is NextAction.WAIT
    assert after(refused, *(check(Finding.NOT_FOUND, at) for at in range(3))).next_action is NextAction.ASK_DOKU


def test_more_checks_without_a_record_still_ask_for_doku() -> None:
    missing = after(CREATED, answer(Finding.IN_DOUBT), *(check(Finding.NOT_FOUND, at) for at in range(5)))
    assert missing.next_action is NextAction.ASK_DOKU


def test_only_a_check_with_other_settings_asks_for_doku() -> None:
    assert after(CREATED, check(Finding.UNCLEAR, code="ZERO")).next_action is NextAction.WAIT


def test_only_an_absence_is_inferred() -> None:
    assert not CREATED.reading.is_inferred
    assert after(CREATED, answer(Finding.IN_DOUBT), INFERRED).reading.is_inferred
    assert not after(CREATED, answer(Finding.REFUSED), INFERRED).reading.is_inferred


def test_a_payment_taken_back_to_pending_asks_for_doku() -> None:
    """Otherwise it would stay SUCCESS, not final, and unnoticed."""
    for paid in (check(Finding.SUCCESS), decision(Status.SUCCESS)):
        taken_back = after(CREATED, paid, *(check(Finding.UNPAID, at) for at in (1, 2)))
        assert (taken_back.status, taken_back.is_final, taken_back.next_action) == (
            Status.SUCCESS,
            False,
            NextAction.WAIT,
        )
        assert after(taken_back, check(Finding.UNPAID, 3)).next_action is NextAction.ASK_DOKU
        assert after(taken_back, *(check(Finding.UNPAID, at) for at in (3, 4, 5))).next_action is NextAction.ASK_DOKU
        paid_again = after(taken_back, check(Finding.SUCCESS, 3), check(Finding.UNPAID, 4))
        assert paid_again.next_action is NextAction.WAIT, "counted since the latest payment"
        assert after(taken_back, check(Finding.UNPAID, 3), check(Finding.SUCCESS, 4)).is_final


def test_a_decided_refund_may_be_contradicted_by_a_notification() -> None:
    refunded = after(CREATED, answer(Finding.IN_DOUBT), decision(Status.REFUNDED))
    assert (refunded.is_final, refunded.next_action) == (True, NextAction.CORRECT_AND_RESEND)
    claimed = after(refunded, notified("50"))
    assert (claimed.status, claimed.is_final, claimed.next_action) == (Status.REFUNDED, False, NextAction.WAIT)
    assert after(claimed, *(check(Finding.NOT_FOUND, at) for at in range(3))).next_action is NextAction.ASK_DOKU
    assert not after(refunded, notified("20")).is_final
    said = after(CREATED, check(Finding.SUCCESS), check(Finding.REFUNDED), notified("50"))
    assert (said.is_final, said.next_action) == (True, NextAction.CORRECT_AND_RESEND)


def test_a_session_is_not_dokus_reference() -> None:
    session = CREATED.intent.session_id
    named = after(CREATED, check(Finding.UNPAID, reference_no=session), check(Finding.UNPAID, 1, reference_no="DK1"))
    assert (named.doku_reference_no, named.status) == ("DK1", Status.UNPAID)


@pytest.mark.parametrize("code", ["0", "00", "0000000", "2004300"])
def test_an_approval_is_no_reason_of_a_failure(code: str) -> None:
    details = (("originalResponseCode", code), ("originalResponseMessage", "Transfer Approve"))
    failed = after(CREATED, replace(check(Finding.FAILED, code="2005300/06"), details=details))
    assert failed.reason is not None
    assert failed.reason.code == "2005300/06"
