"""The times of status checks, of inferred absence, and of reviews."""

from dataclasses import replace

import pytest

from payouts.domain.schedule import (
    ABSENCE_AFTER,
    FIRST_CHECK,
    NOT_FOUND_TIMES,
    infer_absence,
    is_swept,
    needs_review,
    next_check_at,
    with_next_check,
)
from payouts.domain.status import OTHER_ACCOUNT
from payouts.domain.transfer import Finding, Observation, Source, Status, Transfer
from tests.support.histories import CREATED, DAY, HOUR, MINUTE, START, after, answer, check, decision, notified, stored

WINDOW = 72 * HOUR + 15 * MINUTE
"""The default of `NotReceivedAfterHours`, and the tolerance for clocks that differ."""
NEW = replace(CREATED, history=(), version=0)

SLOTS = [1, 2, 5, 10, 30, *(hour * 60 for hour in range(1, 25)), *(day * 1440 for day in range(2, 9))]
"""Minutes after the creation."""
OPEN = [Finding.SUBMITTING, Finding.IN_DOUBT, Finding.ACCEPTED, Finding.UNPAID]


def transfer(*findings: Finding) -> Transfer:
    requests = (Finding.SUBMITTING, Finding.ACCEPTED, Finding.IN_DOUBT)
    return after(NEW, *(answer(one) if one in requests else check(one) for one in findings))


def next_after(subject: Transfer, after: int, jitter: float = 0.0) -> int | None:
    """Milliseconds from the creation to the next check, asked `after` so many."""
    at = next_check_at(subject, START + after, jitter)
    return None if at is None else at - START


@pytest.mark.covers("I3")
@pytest.mark.parametrize("finding", OPEN)
def test_an_open_transfer_is_checked_in_growing_steps(finding: Finding) -> None:
    now, slots = 0, []
    for _ in SLOTS:
        at = next_after(transfer(finding), now)
        assert at is not None
        assert at > now
        slots.append(at // MINUTE)
        now = at
    assert slots == SLOTS
    assert next_after(transfer(finding), 400 * DAY + 1) == 401 * DAY


@pytest.mark.covers(21)
def test_a_disputed_transfer_stays_open() -> None:
    """Scenario 21."""
    disputed = transfer(Finding.SUCCESS, Finding.FAILED)
    assert disputed.status is Status.DISPUTED
    assert next_after(disputed, 0) == HOUR
    assert next_after(disputed, 30 * DAY) == 30 * DAY + HOUR


def test_the_first_check_is_the_first_slot() -> None:
    assert next_after(NEW, 0) == FIRST_CHECK == MINUTE


def test_every_moment_counts_from_the_creation() -> None:
    """A transfer of the epoch's first second, whose times are small numbers."""
    early = replace(NEW, created_at=1_000)
    assert next_check_at(early, 1_000 + 40 * DAY, 0.0) == 1_000 + 41 * DAY
    assert next_check_at(early, 1_000, 0.5) == 1_000 + MINUTE + 3_000
    assert not needs_review(early, 7 * DAY)
    assert needs_review(early, 7 * DAY + 1_000)


@pytest.mark.covers(51)
@pytest.mark.parametrize(
    ("last_tick", "now", "slot"),
    [
        (0, 60 * MINUTE + 1, 120 * MINUTE),
        (2 * MINUTE, 62 * MINUTE, 120 * MINUTE),
        (0, 7 * MINUTE, 10 * MINUTE),
        (0, 59 * MINUTE, 60 * MINUTE),
        (0, 3 * DAY + HOUR, 4 * DAY),
    ],
)
def test_a_late_tick_skips_the_missed_slots(last_tick: int, now: int, slot: int) -> None:
    """Scenario 51: the slots that were missed are not made up for."""
    due = next_after(NEW, last_tick)
    assert due is not None
    assert due < now
    assert next_after(NEW, now) == slot


@pytest.mark.parametrize("minute", SLOTS)
def test_the_next_check_is_always_in_the_future(minute: int) -> None:
    for now in (minute * MINUTE - 1, minute * MINUTE, minute * MINUTE + 1):
        at = next_after(NEW, now)
        assert at is not None
        assert at > now


@pytest.mark.covers(27, "I20")
def test_a_clock_that_is_behind_waits_for_the_first_slot() -> None:
    """Scenario 27."""
    assert next_after(NEW, -5 * MINUTE) == MINUTE


@pytest.mark.parametrize("jitter", [0.0, 0.25, 0.5, 0.999999])
@pytest.mark.parametrize("now", [0, MINUTE, 29 * MINUTE, 23 * HOUR, DAY, 40 * DAY + 1])
def test_jitter_delays_a_check_by_up_to_a_tenth(now: int, jitter: float) -> None:
    slot, jittered = next_after(NEW, now), next_after(NEW, now, jitter)
    assert slot is not None
    assert jittered is not None
    assert slot <= jittered <= slot + (slot - now) * 0.1
    assert jitter == 0 or jittered > slot
    assert jittered == slot + int((slot - now) * 0.1 * jitter)


@pytest.mark.covers(22)
def test_a_transfer_paid_late_is_checked_after_1_3_and_7_days() -> None:
    """Scenario 22: a refund is announced at most three times. Counted from when it was paid."""
    late = 2 * DAY + 5 * HOUR
    paid = after(transfer(Finding.ACCEPTED), check(Finding.SUCCESS, late), check(Finding.SUCCESS, 4 * DAY))
    checks: list[int] = []
    now = late
    while (at := next_after(paid, now)) is not None and len(checks) < 4:
        assert at > now
        checks.append(at - late)
        now = at
    assert checks == [1 * DAY, 3 * DAY, 7 * DAY]
    assert next_after(paid, 100 * DAY) is None


def test_an_unanswered_last_check_is_repeated_after_a_day() -> None:
    """Otherwise a refund between the third day and the seventh would be missed."""
    paid = after(transfer(), check(Finding.SUCCESS, 2 * DAY), check(Finding.UNCLEAR, 5 * DAY))
    assert next_after(paid, 5 * DAY) == 9 * DAY
    for code in ("", "ZZ"):
        silent = after(paid, check(Finding.UNCLEAR, 9 * DAY + 1, code=code))
        assert next_after(silent, 9 * DAY + 1) == 10 * DAY + 1
    assert next_after(after(silent, check(Finding.SUCCESS, 10 * DAY + 1)), 10 * DAY + 1) is None


END_OF_NEXT_DAY = 1_726_678_800_000 - START
"""The end of 2024-09-18 in WIB, after the creation."""


@pytest.mark.parametrize(("paid_at", "swept"), [(0, True), (END_OF_NEXT_DAY - 1, True), (END_OF_NEXT_DAY, False)])
def test_a_transfer_paid_soon_is_left_to_the_sweep(paid_at: int, swept: bool) -> None:
    paid = after(transfer(Finding.ACCEPTED), check(Finding.SUCCESS, paid_at))
    assert is_swept(paid) is swept
    assert next_after(paid, paid_at) == (None if swept else paid_at + DAY)
    assert is_swept(after(paid, check(Finding.SUCCESS, 6 * DAY))) is swept


def test_only_what_doku_called_paid_for_certain_is_swept() -> None:
    paid = transfer(Finding.ACCEPTED, Finding.SUCCESS)
    pending = stored(CREATED, check(Finding.SUCCESS), check(Finding.UNPAID))
    assert is_swept(paid)
    for contradicted in (after(paid, notified("40")), pending):
        assert not is_swept(contradicted)
        assert next_after(contradicted, 0) is not None
    assert not is_swept(stored(transfer(Finding.ACCEPTED), decision(Status.SUCCESS)))
    assert not is_swept(after(paid, check(Finding.REFUNDED)))
    assert not is_swept(transfer(Finding.ACCEPTED))


@pytest.mark.parametrize("code", ["", "ZZ"])
def test_a_swept_transfer_without_an_answer_is_checked_after_a_day(code: str) -> None:
    silent = after(transfer(Finding.SUCCESS), check(Finding.UNCLEAR, 3 * DAY, code=code))
    assert next_after(silent, 3 * DAY) == 4 * DAY
    assert next_after(silent, 20 * DAY) == 21 * DAY
    assert next_after(after(silent, check(Finding.SUCCESS, 4 * DAY)), 4 * DAY) is None


@pytest.mark.parametrize(
    "unseen", [check(Finding.UNCLEAR, 3 * DAY, code=OTHER_ACCOUNT), check(Finding.NOT_FOUND, 3 * DAY)]
)
def test_a_look_that_could_see_no_refund_is_repeated(unseen: Observation) -> None:
    """Another account was configured, or DOKU had no record of a transfer that it paid."""
    paid = after(transfer(Finding.SUCCESS), unseen)
    assert next_after(paid, 3 * DAY) == 4 * DAY
    assert next_after(paid, 15 * DAY - 1) == 16 * DAY - 1
    assert next_after(paid, 15 * DAY) is None
    assert next_after(paid, 16 * DAY) is None
    assert next_after(after(paid, check(Finding.SUCCESS, 4 * DAY)), 4 * DAY) is None


def test_a_refunded_transfer_is_never_asked_about_again() -> None:
    for other in Finding:
        for now in (0, HOUR, 10 * DAY):
            assert next_after(transfer(Finding.REFUNDED, other), now) is None


@pytest.mark.parametrize(
    "failure", [check(Finding.FAILED, HOUR), answer(Finding.REFUSED, "4034314"), answer(Finding.NOT_SENT)]
)
def test_a_stated_failure_is_not_checked_again(failure: Observation) -> None:
    failed = after(CREATED, failure)
    for now in (HOUR, 2 * HOUR, 10 * DAY):
        assert next_after(failed, now) is None


@pytest.mark.covers(20)
def test_an_inferred_failure_is_checked_again() -> None:
    """Scenario 20: "not found" for days, and then success."""
    failed = after(transfer(Finding.IN_DOUBT), check(Finding.NOT_RECEIVED, HOUR))
    hours = (0, 1, 6, 12, 24, 3 * 24, 7 * 24)
    assert [next_after(failed, HOUR + passed * HOUR) for passed in hours] == [
        HOUR + 1 * HOUR,
        HOUR + 6 * HOUR,
        HOUR + 12 * HOUR,
        HOUR + DAY,
        HOUR + 3 * DAY,
        HOUR + 7 * DAY,
        None,
    ]


@pytest.mark.parametrize("code", ["4014301", "INVALID_TOKEN"])
def test_a_failure_by_a_refused_token_is_checked_again(code: str) -> None:
    assert next_after(after(CREATED, answer(Finding.REFUSED, code)), 0) == HOUR


def test_a_decided_failure_is_checked_again() -> None:
    assert next_after(after(CREATED, decision(Status.FAILED)), 0) == HOUR


@pytest.mark.covers(21, 31)
@pytest.mark.parametrize(("finding", "claim"), [(Finding.FAILED, "35"), (Finding.SUCCESS, "50")])
def test_a_confirmed_notification_has_doku_asked_for_a_while(finding: Finding, claim: str) -> None:
    """Scenarios 21 and 31: status checks may lag behind the notification."""
    ended = after(CREATED, check(finding), notified(claim, 30 * DAY))
    waits = (10 * MINUTE, HOUR, 6 * HOUR, None)
    for passed, wait in zip((0, *waits[:-1]), waits, strict=True):
        assert passed is not None
        assert next_after(ended, 30 * DAY + passed) == (None if wait is None else 30 * DAY + wait)


@pytest.mark.covers(21, 31)
@pytest.mark.parametrize(
    ("finding", "claim"), [(Finding.FAILED, "50"), (Finding.SUCCESS, "35"), (Finding.SUCCESS, "40")]
)
def test_a_contradicting_notification_is_checked_until_settled(finding: Finding, claim: str) -> None:
    claimed = after(CREATED, check(finding), notified(claim, 30 * DAY))
    waits = (10 * MINUTE, HOUR, 6 * HOUR)
    assert [next_after(claimed, 30 * DAY + passed) for passed in (0, *waits[:-1])] == [
        30 * DAY + wait for wait in waits
    ]
    assert next_after(claimed, 40 * DAY) == 41 * DAY
    assert next_after(after(claimed, decision(Status(finding.value))), 40 * DAY) != 41 * DAY


def test_a_payment_beside_a_pending_is_checked_in_an_hour() -> None:
    both = after(CREATED, replace(check(Finding.SUCCESS)), check(Finding.UNPAID))
    assert not both.is_final
    assert next_after(both, 2 * DAY) == 2 * DAY + HOUR


def test_a_silent_check_is_repeated_within_the_hour() -> None:
    """An old transfer is asked about once a day; after silence that would be late."""
    assert next_after(transfer(Finding.ACCEPTED), 40 * DAY + 1) == 41 * DAY
    assert next_after(transfer(Finding.ACCEPTED, Finding.UNCLEAR), 40 * DAY + 1) == 40 * DAY + 1 + HOUR


@pytest.mark.parametrize("finding", OPEN)
def test_an_open_transfer_keeps_an_earlier_check(finding: Finding) -> None:
    """Its entry in the `due` index is not written again."""
    created = replace(transfer(finding), next_check_at=START + MINUTE)
    assert with_next_check(created, START + MINUTE // 2, 0.5) == created
    assert with_next_check(created, START, 0.0) == created


def test_a_check_that_is_due_is_followed_by_the_next() -> None:
    for late in (0, 1, MINUTE // 2):
        due = replace(transfer(Finding.ACCEPTED), next_check_at=START + MINUTE)
        assert with_next_check(due, START + MINUTE + late, 0.0).next_check_at == START + 2 * MINUTE


def test_a_check_that_would_come_too_late_is_moved() -> None:
    late = replace(transfer(Finding.ACCEPTED), next_check_at=START + HOUR)
    assert with_next_check(late, START + 1, 0.0).next_check_at == START + MINUTE


def test_an_ended_transfer_keeps_no_check_of_an_open_one() -> None:
    paid = replace(after(transfer(), check(Finding.SUCCESS, 2 * DAY)), next_check_at=START + 2 * DAY + MINUTE)
    assert with_next_check(paid, START + 2 * DAY, 0.0).next_check_at == START + 3 * DAY


def test_planning_changes_the_next_check_and_nothing_else() -> None:
    due = with_next_check(transfer(Finding.ACCEPTED), START + 3 * MINUTE, 0.0)
    assert due == replace(transfer(Finding.ACCEPTED), next_check_at=START + 5 * MINUTE)
    settled = with_next_check(after(due, check(Finding.REFUNDED, HOUR)), START + HOUR, 0.0)
    assert settled.next_check_at is None


def missing_over(span: int, times: int, finding: Finding = Finding.IN_DOUBT) -> Transfer:
    """DOKU had no record `times` times, the first and the last `span` milliseconds apart."""
    between = [check(Finding.NOT_FOUND, MINUTE + number) for number in range(times - 1)]
    return after(transfer(finding), *between, check(Finding.NOT_FOUND, MINUTE + span))


@pytest.mark.covers(10, 20)
@pytest.mark.parametrize("finding", [Finding.SUBMITTING, Finding.IN_DOUBT])
def test_absence_is_inferred_after_the_window(finding: Finding) -> None:
    """Scenarios 10 and 20."""
    missing = missing_over(WINDOW, 6, finding)
    inferred = infer_absence(missing, 72 * HOUR)
    assert inferred is not None
    assert (inferred.finding, inferred.code, inferred.source) == (
        Finding.NOT_RECEIVED,
        "NOT_RECEIVED",
        Source.STATUS_CHECK,
    )
    assert "over 72 hours" in inferred.message
    failed = after(missing, inferred)
    assert (failed.status, failed.is_final) == (Status.FAILED, True)
    assert infer_absence(failed, 72 * HOUR) is None


@pytest.mark.covers(20, "I6")
@pytest.mark.parametrize(("span", "times"), [(WINDOW - 1, 6), (72 * HOUR, 40), (WINDOW, 5), (31 * MINUTE, 10), (0, 1)])
def test_less_absence_proves_nothing(span: int, times: int) -> None:
    """Scenario 20. I6: a time-out alone never gives FAILED, nor do clocks that are a quarter of an hour apart."""
    assert infer_absence(missing_over(span, times), 72 * HOUR) is None


def test_the_window_is_configured() -> None:
    assert infer_absence(missing_over(100 * HOUR, 6), 120 * HOUR) is None
    assert infer_absence(missing_over(121 * HOUR, 6), 120 * HOUR) is not None


@pytest.mark.covers(20, "I6")
@pytest.mark.parametrize("claim", ["50", "35", "20", "40", ""])
def test_absence_is_never_inferred_after_a_notification(claim: str) -> None:
    """Whatever it claims, DOKU can only speak of a transfer that it has."""
    first, *rest = missing_over(2 * WINDOW, 9).history
    assert infer_absence(after(NEW, first, notified(claim), *rest), 72 * HOUR) is None
    assert infer_absence(after(NEW, first, *rest[:-1], notified(claim), rest[-1]), 72 * HOUR) is None


@pytest.mark.covers(20)
@pytest.mark.parametrize(
    "finding", [Finding.ACCEPTED, Finding.UNPAID, Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED]
)
def test_what_doku_acknowledged_is_never_absent(finding: Finding) -> None:
    """Scenario 20."""
    assert infer_absence(missing_over(2 * WINDOW, 9, finding), 72 * HOUR) is None


def test_silence_is_no_absence() -> None:
    silent = [check(Finding.UNCLEAR, minute * MINUTE) for minute in range(1, 60)]
    missing = [check(Finding.NOT_FOUND, at) for at in (MINUTE, WINDOW + MINUTE)]
    assert infer_absence(after(transfer(Finding.IN_DOUBT), *silent, *missing), 72 * HOUR) is None


@pytest.mark.covers(10, "I13")
def test_the_slots_reach_the_inference_in_time() -> None:
    """I13, scenario 10."""
    missing, now = transfer(Finding.IN_DOUBT), 0
    while infer_absence(missing, 72 * HOUR) is None:
        at = next_after(missing, now)
        assert at is not None
        assert at > now
        now = at
        missing = after(missing, check(Finding.NOT_FOUND, now))
    assert now == MINUTE + WINDOW


@pytest.mark.covers(53)
@pytest.mark.parametrize("finding", OPEN)
def test_what_is_open_after_seven_days_needs_a_person(finding: Finding) -> None:
    """Scenario 53."""
    assert not needs_review(transfer(finding), START + 7 * DAY - 1)
    assert needs_review(transfer(finding), START + 7 * DAY)
    assert needs_review(transfer(finding), START + 70 * DAY)


@pytest.mark.covers(53)
def test_disputed_transfers_need_attention() -> None:
    """Scenario 53."""
    for finding in (Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED):
        assert not needs_review(transfer(finding), START + 70 * DAY)
    assert needs_review(transfer(Finding.SUCCESS, Finding.FAILED), START)
    assert needs_review(transfer(Finding.IN_DOUBT, *[Finding.NOT_FOUND] * 1), START + 7 * DAY)
    missing = after(transfer(Finding.IN_DOUBT), *(check(Finding.NOT_FOUND, at) for at in (1, 2, 3)))
    assert needs_review(missing, START), "DOKU must be asked"


def test_a_refusal_of_a_pending_transfer_is_checked_again() -> None:
    refusal = answer(Finding.REFUSED, "4034314")
    assert next_after(after(CREATED, refusal), 0) is None
    assert next_after(after(CREATED, check(Finding.UNPAID), refusal), 0) == MINUTE
    assert next_after(after(CREATED, refusal, notified("20")), 0) == 10 * MINUTE


def test_an_inference_rests_on_the_last_check() -> None:
    missing = missing_over(WINDOW, 6)
    inferred, last = infer_absence(missing, 72 * HOUR), missing.history[-1]
    assert inferred is not None
    assert (inferred.at, inferred.asked) == (last.at, last.asked)


def test_the_default_window_is_72_hours() -> None:
    assert (ABSENCE_AFTER, NOT_FOUND_TIMES) == (72 * HOUR, 6)


def test_the_window_is_a_difference_of_times() -> None:
    """With times near the epoch, where other operations on two times give other numbers."""
    times = [1_000, 2_000, 3_000, 4_000, 5_000, 1_000 + WINDOW]
    checks = (Observation(at, Finding.NOT_FOUND, Source.STATUS_CHECK) for at in times)
    assert infer_absence(after(replace(NEW, created_at=0), answer(Finding.IN_DOUBT), *checks), 72 * HOUR) is not None


def test_a_window_that_ends_now_puts_no_check_at_now() -> None:
    missing = after(transfer(Finding.IN_DOUBT), check(Finding.NOT_FOUND, MINUTE))
    assert next_after(missing, MINUTE + WINDOW - 1) == MINUTE + WINDOW
    for late in (0, 1, HOUR):
        assert next_after(missing, MINUTE + WINDOW + late) == 4 * DAY


def test_any_other_refusal_code_is_final() -> None:
    assert next_after(after(CREATED, answer(Finding.REFUSED, "ZERO_AMOUNT")), 0) is None


def test_the_latest_contradicting_notification_counts() -> None:
    """Checks begin again with each notification that contradicts the status."""
    contradicted = after(CREATED, check(Finding.SUCCESS), notified("35", 30 * DAY), notified("40", 40 * DAY))
    assert next_after(contradicted, 40 * DAY) == 40 * DAY + 10 * MINUTE


def test_a_decided_refund_is_checked_again() -> None:
    """DOKU may still pay what it was thought to have refunded."""
    refunded = after(CREATED, decision(Status.REFUNDED))
    assert next_after(refunded, 0) == HOUR
    assert next_after(refunded, 8 * DAY) is None
    assert next_after(after(refunded, check(Finding.REFUNDED)), 0) is None


@pytest.mark.parametrize("code", ["4034316", "4044318", "4094301", "4094302", "DUPLICATE_TRANSACTION"])
def test_what_doku_once_knew_is_never_absent(code: str) -> None:
    """DOKU refuses a duplicate only if it has the first one."""
    doubtful = after(NEW, answer(Finding.IN_DOUBT, code))
    checks = [check(Finding.NOT_FOUND, MINUTE + number) for number in range(8)]
    assert infer_absence(after(doubtful, *checks, check(Finding.NOT_FOUND, MINUTE + WINDOW)), 72 * HOUR) is None


def test_a_check_with_other_settings_is_not_repeated_for_ever() -> None:
    paid = after(transfer(Finding.SUCCESS), check(Finding.UNCLEAR, 15 * DAY, code="OTHER_ACCOUNT"))
    assert next_after(paid, 15 * DAY) is None
