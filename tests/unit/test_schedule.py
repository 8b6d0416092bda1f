"""When DOKU is asked about a transfer next, when its silence becomes proof, and when a person must look."""

from dataclasses import replace

import pytest

from payouts.money import Rupiah
from payouts.schedule import FIRST_CHECK, needs_review, next_check_at, planned, proof_of_absence
from payouts.transfer import Finding, Intent, Observation, Source, Status, Transfer, merge

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_726_558_912_345
INTENT = Intent("PAY-1", "628115678890", "8377388292", "014", Rupiah(20_000_000), "I0438729855304540")
NEW = Transfer(INTENT, "f", created_at=START, external_ids=("1",))

SLOTS = [1, 2, 5, 10, 30, *(hour * 60 for hour in range(1, 25)), *(day * 1440 for day in range(2, 9))]
"""Minutes after the creation."""
OPEN = [Finding.SUBMITTING, Finding.IN_DOUBT, Finding.ACCEPTED, Finding.UNPAID]


def seen(finding: Finding, at: int = 0, code: str = "", source: Source = Source.STATUS_CHECK) -> Observation:
    return Observation(START + at, finding, source, code)


def transfer(*findings: Finding) -> Transfer:
    return merge(NEW, *(seen(finding) for finding in findings))


def not_found(*minutes: float) -> list[Observation]:
    return [seen(Finding.NOT_FOUND, int(minute * MINUTE)) for minute in minutes]


def next_after(subject: Transfer, after: int, jitter: float = 0.0) -> int | None:
    """Milliseconds from the creation to the next check, asked `after` so many."""
    at = next_check_at(subject, START + after, jitter)
    return None if at is None else at - START


@pytest.mark.covers("I3")
@pytest.mark.parametrize("finding", OPEN)
def test_an_open_transfer_is_asked_about_in_growing_steps_and_then_daily_for_ever(finding: Finding) -> None:
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
    """FAULTS 21."""
    disputed = transfer(Finding.SUCCESS, Finding.FAILED)
    assert disputed.status is Status.DISPUTED
    assert next_after(disputed, 0) == HOUR
    assert next_after(disputed, 30 * DAY) == 30 * DAY + HOUR


def test_the_first_check_is_the_first_slot() -> None:
    assert next_after(NEW, 0) == FIRST_CHECK == MINUTE


def test_every_moment_counts_from_the_creation_and_not_from_the_epoch() -> None:
    """A transfer of the epoch's first second, whose times are small numbers."""
    early = replace(NEW, created_at=1_000)
    assert next_check_at(early, 1_000 + 40 * DAY, 0.0) == 1_000 + 41 * DAY
    assert next_check_at(early, 1_000, 0.5) == 1_000 + MINUTE + 3_000
    assert not needs_review(early, 7 * DAY)
    assert needs_review(early, 7 * DAY + 1_000)
    missing = [Observation(at, Finding.NOT_FOUND, Source.STATUS_CHECK) for at in (1_000, 2_000, 30 * MINUTE + 1_000)]
    proof = proof_of_absence(merge(early, *missing))
    assert proof is not None
    assert "over 30 minutes" in proof.message
    assert proof_of_absence(merge(early, *missing[:2], replace(missing[2], at=30 * MINUTE + 999))) is None


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
def test_after_an_hour_without_ticks_the_next_slot_is_one_after_now(last_tick: int, now: int, slot: int) -> None:
    """FAULTS 51: the slots that were missed are not made up for."""
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
    """FAULTS 27."""
    assert next_after(NEW, -5 * MINUTE) == MINUTE


@pytest.mark.parametrize("jitter", [0.0, 0.25, 0.5, 0.999999])
@pytest.mark.parametrize("now", [0, MINUTE, 29 * MINUTE, 23 * HOUR, DAY, 40 * DAY + 1])
def test_jitter_puts_a_check_off_by_up_to_a_tenth_of_the_wait_and_never_forward(now: int, jitter: float) -> None:
    slot, jittered = next_after(NEW, now), next_after(NEW, now, jitter)
    assert slot is not None
    assert jittered is not None
    assert slot <= jittered <= slot + (slot - now) * 0.1
    assert jitter == 0 or jittered > slot
    assert jittered == slot + int((slot - now) * 0.1 * jitter)


@pytest.mark.covers(22)
def test_a_paid_transfer_is_looked_at_again_after_one_three_and_seven_days_and_then_never() -> None:
    """FAULTS 22: a refund is announced at most three times. Counted from when it was paid."""
    paid = merge(transfer(Finding.ACCEPTED), seen(Finding.SUCCESS, 5 * HOUR), seen(Finding.SUCCESS, 2 * DAY))
    checks: list[int] = []
    now = 5 * HOUR
    while (at := next_after(paid, now)) is not None and len(checks) < 4:
        assert at > now
        checks.append(at - 5 * HOUR)
        now = at
    assert checks == [1 * DAY, 3 * DAY, 7 * DAY]
    assert next_after(paid, 100 * DAY) is None


def test_a_last_look_that_doku_did_not_answer_is_made_again_a_day_later() -> None:
    """Otherwise a refund between the third day and the seventh is noticed by nobody."""
    paid = merge(transfer(Finding.SUCCESS), seen(Finding.UNCLEAR, 3 * DAY))
    assert next_after(paid, 3 * DAY) == 7 * DAY
    silent = merge(paid, seen(Finding.UNCLEAR, 7 * DAY + 1))
    assert next_after(silent, 7 * DAY + 1) == 8 * DAY + 1
    assert next_after(merge(silent, seen(Finding.SUCCESS, 8 * DAY + 1)), 8 * DAY + 1) is None
    hinted = merge(paid, seen(Finding.SUCCESS, 7 * DAY), seen(Finding.UNCLEAR, 9 * DAY, source=Source.SUBMIT))
    assert next_after(hinted, 9 * DAY) is None


def test_a_refunded_transfer_is_never_asked_about_again() -> None:
    for other in Finding:
        for now in (0, HOUR, 10 * DAY):
            assert next_after(transfer(Finding.REFUNDED, other), now) is None


@pytest.mark.parametrize("code", ["", "4034314", "2005300/06", "NOT_SENT"])
def test_a_failure_by_dokus_word_or_before_the_send_is_never_asked_about_again(code: str) -> None:
    failed = merge(transfer(Finding.SUBMITTING), seen(Finding.FAILED, HOUR, code))
    for now in (HOUR, 2 * HOUR, 10 * DAY):
        assert next_after(failed, now) is None


@pytest.mark.covers(20)
def test_a_failure_by_dokus_silence_is_looked_at_again_and_sooner_than_a_paid_one() -> None:
    """FAULTS 20: "not found" for N minutes, and then success."""
    stored_code = "_".join(["NOT", "RECEIVED"])  # equal to ours, and another object
    failed = merge(transfer(Finding.IN_DOUBT), seen(Finding.FAILED, HOUR, stored_code))
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


@pytest.mark.covers(21, 31)
@pytest.mark.parametrize("code", ["2005300/06", "NOT_RECEIVED"])
def test_a_callback_about_a_failed_transfer_has_it_looked_at_again_for_a_while(code: str) -> None:
    """FAULTS 21, 31: check status may lag behind the callback."""
    called = seen(Finding.NOTIFIED, 30 * DAY, source=Source.NOTIFICATION)
    failed = merge(transfer(Finding.SUBMITTING), seen(Finding.FAILED, HOUR, code), called)
    waits = (10 * MINUTE, HOUR, 6 * HOUR, None)
    for passed, wait in zip((0, *waits[:-1]), waits, strict=True):
        assert passed is not None
        assert next_after(failed, 30 * DAY + passed) == (None if wait is None else 30 * DAY + wait)


def test_planning_changes_the_next_check_and_nothing_else() -> None:
    due = planned(transfer(Finding.ACCEPTED), START + 3 * MINUTE, 0.0)
    assert due == replace(transfer(Finding.ACCEPTED), next_check_at=START + 5 * MINUTE)
    settled = planned(merge(due, seen(Finding.REFUNDED, HOUR)), START + HOUR, 0.0)
    assert settled.next_check_at is None


@pytest.mark.covers(10, 20)
@pytest.mark.parametrize("finding", [Finding.SUBMITTING, Finding.IN_DOUBT])
def test_not_found_three_times_over_half_an_hour_proves_that_doku_never_got_it(finding: Finding) -> None:
    """FAULTS 10, 20."""
    missing = merge(transfer(finding), *not_found(1, 10, 31))
    proof = proof_of_absence(missing)
    assert proof is not None
    assert (proof.finding, proof.code, proof.source) == (Finding.FAILED, "NOT_RECEIVED", Source.STATUS_CHECK)
    assert proof.at == START + 31 * MINUTE + 1, "after the answer that completes it"
    assert "3 times over 30 minutes" in proof.message
    assert merge(missing, proof).status is Status.FAILED
    assert proof_of_absence(merge(missing, proof)) is None


@pytest.mark.covers(20, "I6")
@pytest.mark.parametrize(
    "minutes",
    [
        (),
        (1,),
        (1, 31),
        (1, 500),
        (1, 2, 3),
        (1, 2, 3, 4, 5, 10, 30),
        (1, 15, 30.999),
        (5, 5, 5),
        (100, 101, 129),
    ],
    ids=str,
)
@pytest.mark.parametrize("finding", [Finding.SUBMITTING, Finding.IN_DOUBT])
def test_not_found_less_often_or_over_less_time_proves_nothing(finding: Finding, minutes: tuple[float, ...]) -> None:
    """FAULTS 20. I6: a time-out alone never yields FAILED."""
    assert proof_of_absence(merge(transfer(finding), *not_found(*minutes))) is None


@pytest.mark.covers(20, "I6")
def test_only_not_found_counts_as_not_found() -> None:
    unclear = [seen(Finding.UNCLEAR, minute * MINUTE) for minute in range(1, 60)]
    notified = [seen(Finding.NOTIFIED, minute * MINUTE) for minute in range(1, 60)]
    assert proof_of_absence(merge(transfer(Finding.IN_DOUBT), *unclear, *notified, *not_found(1, 60))) is None


@pytest.mark.covers(20)
@pytest.mark.parametrize(
    "finding", [Finding.ACCEPTED, Finding.UNPAID, Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED]
)
def test_what_doku_once_acknowledged_is_never_absent(finding: Finding) -> None:
    """FAULTS 20."""
    missing = not_found(1, 10, 31, 100, 1000)
    assert proof_of_absence(merge(transfer(finding), *missing)) is None
    assert proof_of_absence(merge(transfer(Finding.SUCCESS, Finding.FAILED), *missing)) is None


@pytest.mark.covers(10, "I13")
def test_the_slots_of_an_unheard_transfer_lead_to_the_proof_within_the_hour() -> None:
    """I13, FAULTS 10."""
    missing, now = transfer(Finding.IN_DOUBT), 0
    while proof_of_absence(missing) is None:
        at = next_after(missing, now)
        assert at is not None
        assert now < at <= HOUR
        now = at
        missing = merge(missing, seen(Finding.NOT_FOUND, now))
    assert now == HOUR


@pytest.mark.covers(53)
@pytest.mark.parametrize("finding", OPEN)
def test_what_is_open_after_seven_days_needs_a_person(finding: Finding) -> None:
    """FAULTS 53."""
    assert not needs_review(transfer(finding), START + 7 * DAY - 1)
    assert needs_review(transfer(finding), START + 7 * DAY)
    assert needs_review(transfer(finding), START + 70 * DAY)


@pytest.mark.covers(53)
def test_what_is_settled_needs_nobody_and_what_is_disputed_does() -> None:
    """FAULTS 53."""
    for finding in (Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED):
        assert not needs_review(transfer(finding), START + 70 * DAY)
    assert needs_review(transfer(Finding.SUCCESS, Finding.FAILED), START + 7 * DAY)


def test_a_refusal_of_what_doku_is_working_on_is_looked_at_again() -> None:
    refusal = Observation(START, Finding.FAILED, Source.SUBMIT, "4034314")
    assert next_after(merge(transfer(), refusal), 0) is None
    assert next_after(merge(transfer(Finding.UNPAID), refusal), 0) == HOUR
