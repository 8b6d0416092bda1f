"""The rules of `merge`, one by one; tests/properties/test_merge.py has them in general."""

from itertools import permutations, product

import pytest

from payouts.money import Rupiah
from payouts.transfer import (
    FINAL,
    HISTORY_LATEST,
    NOT_ACKNOWLEDGED,
    Finding,
    Intent,
    Observation,
    Source,
    Status,
    Transfer,
    join,
    merge,
)

NEW = Transfer(Intent("PAY-1", "628115678890", "8377388292", "014", Rupiah(20_000_000), "S1"), "f", 1_000, ("1",))
ORDER = ("SUBMITTING", "IN_DOUBT", "ACCEPTED", "UNPAID", "SUCCESS", "DISPUTED", "REFUNDED")
"""FAILED stands beside SUCCESS."""


def said(finding: Finding, at: int = 1, **members: str) -> Observation:
    return Observation(at, finding, Source.STATUS_CHECK, **members)


def word(finding: Finding, at: int) -> Observation:
    return Observation(at, finding, Source.OPERATOR, "SETTLED", "ani: seen at the bank")


def place(status: Status) -> int:
    return ORDER.index("SUCCESS" if status is Status.FAILED else status)


@pytest.mark.parametrize(("one", "other"), list(product(Status, Status)))
def test_the_join_of_two_statuses_is_the_higher_and_success_with_failed_is_disputed(one: Status, other: Status) -> None:
    if {one, other} == {Status.SUCCESS, Status.FAILED}:
        assert join(one, other) is Status.DISPUTED
    else:
        assert join(one, other) is (one if place(one) >= place(other) else other)


@pytest.mark.parametrize("finding", Finding)
def test_what_was_found_first_and_alone_gives_the_status_of_its_name(finding: Finding) -> None:
    hints = (Finding.RESENT, Finding.NOT_FOUND, Finding.UNCLEAR, Finding.NOTIFIED)
    expected = Status.SUBMITTING if finding in hints else Status(finding)
    assert merge(NEW, said(finding)).status is expected


def test_what_is_final_and_what_doku_never_confirmed() -> None:
    assert {Status.SUCCESS, Status.FAILED, Status.REFUNDED} == FINAL
    assert {Status.SUBMITTING, Status.IN_DOUBT} == NOT_ACKNOWLEDGED


@pytest.mark.parametrize("order", list(permutations([Finding.SUCCESS, Finding.FAILED, Finding.UNPAID])))
def test_nothing_that_was_observed_is_lost_by_what_comes_later(order: tuple[Finding, ...]) -> None:
    transfer = NEW
    for at, finding in enumerate(order):
        transfer = merge(transfer, said(finding, at))
    assert transfer.status is Status.DISPUTED
    assert [seen.finding for seen in transfer.history] == list(order)


def test_a_persons_word_counts_until_doku_contradicts_it() -> None:
    assert merge(NEW, word(Finding.SUCCESS, 5)).status is Status.SUCCESS
    assert merge(NEW, said(Finding.UNPAID, 9), word(Finding.FAILED, 5)).status is Status.FAILED
    assert merge(NEW, said(Finding.SUCCESS, 4), word(Finding.FAILED, 5)).status is Status.DISPUTED
    assert merge(NEW, said(Finding.SUCCESS, 9), word(Finding.FAILED, 5)).status is Status.DISPUTED
    assert merge(NEW, said(Finding.FAILED, 9), word(Finding.SUCCESS, 5)).status is Status.DISPUTED
    both = (said(Finding.SUCCESS, 3), said(Finding.FAILED, 4))
    assert merge(NEW, *both, word(Finding.SUCCESS, 5)).status is Status.SUCCESS
    assert merge(NEW, *both, word(Finding.FAILED, 4)).status is Status.FAILED
    assert merge(NEW, *both, word(Finding.SUCCESS, 5), said(Finding.FAILED, 6)).status is Status.DISPUTED
    assert merge(NEW, word(Finding.FAILED, 5), said(Finding.REFUNDED, 4)).status is Status.REFUNDED


def test_a_person_may_correct_a_person_for_a_word_is_no_evidence() -> None:
    corrected = merge(NEW, word(Finding.REFUNDED, 5), word(Finding.SUCCESS, 9))
    assert corrected.status is Status.SUCCESS
    assert corrected.settlement == corrected.decided_by == word(Finding.SUCCESS, 9)


def test_what_decided_is_the_earliest_that_says_so_and_the_latest_side_of_a_dispute() -> None:
    paid = merge(NEW, said(Finding.SUCCESS, 7), said(Finding.SUCCESS, 3), said(Finding.UNPAID, 1))
    assert paid.decided_by == said(Finding.SUCCESS, 3)
    disputed = merge(paid, said(Finding.FAILED, 5), said(Finding.UNCLEAR, 9))
    assert disputed.decided_by == said(Finding.SUCCESS, 7)
    assert merge(paid, said(Finding.REFUNDED, 9), word(Finding.SUCCESS, 8)).decided_by == said(Finding.REFUNDED, 9)
    assert NEW.decided_by is None


def test_what_doku_says_in_the_moment_of_a_persons_word_was_known_to_the_person() -> None:
    settled = merge(NEW, said(Finding.SUCCESS, 1), said(Finding.FAILED, 5), word(Finding.SUCCESS, 5))
    assert settled.status is Status.SUCCESS
    assert merge(settled, said(Finding.FAILED, 6)).status is Status.DISPUTED


def test_a_new_transfer_is_not_stored_yet() -> None:
    assert (NEW.reference, NEW.version, NEW.history) == ("PAY-1", 0, ())


def test_dokus_reference_is_the_one_learned_first() -> None:
    assert NEW.reference_no == ""
    seen = said(Finding.ACCEPTED, 2), said(Finding.UNPAID, 3, reference_no="DK1"), said(Finding.UNPAID, 4)
    assert merge(NEW, *seen, said(Finding.SUCCESS, 5, reference_no="DK2")).reference_no == "DK1"


def test_when_something_was_learned_and_when_doku_was_asked_last() -> None:
    assert (NEW.updated_at, NEW.checked_at) == (1_000, None)
    seen = merge(NEW, said(Finding.UNPAID, 5), said(Finding.UNPAID, 7), Observation(9, Finding.NOTIFIED, Source.SUBMIT))
    assert (seen.updated_at, seen.checked_at) == (9, 7)


def test_past_the_bound_the_first_and_last_of_each_finding_and_every_word_of_a_person_are_kept() -> None:
    """FAULTS 28."""
    first = [said(Finding.SUCCESS, 1), word(Finding.REFUNDED, 2), said(Finding.ACCEPTED, 3, reference_no="DK1")]
    words = [word(Finding.SUCCESS, at) for at in (4, 5)]
    last = [said(Finding.SUCCESS, 6), said(Finding.ACCEPTED, 7)]
    many = [said(Finding.UNCLEAR, at) for at in range(10, 10 + 3 * HISTORY_LATEST)]
    transfer = merge(NEW, *many, *first, *words, *last)
    kept = [*first, *words, *last, many[0], *many[-HISTORY_LATEST:]]
    assert list(transfer.history) == kept
    dropped = merge(transfer, said(Finding.ACCEPTED, 5), said(Finding.UNCLEAR, 20))
    assert dropped == transfer
