"""`merge` is a join: whatever is observed, in whatever order and split, leads to the same transfer (DESIGN 2.5)."""

import random
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from payouts.money import Rupiah
from payouts.transfer import Finding, Intent, Observation, Source, Status, Transfer, merge

MOST_KEPT = 40 + 2 * len(Finding) + 1
"""The latest forty, the first of each finding and the first with DOKU's reference."""
ABOVE = {
    Status.SUBMITTING: set(Status),
    Status.IN_DOUBT: set(Status) - {Status.SUBMITTING},
    Status.ACCEPTED: set(Status) - {Status.SUBMITTING, Status.IN_DOUBT},
    Status.UNPAID: {Status.UNPAID, Status.SUCCESS, Status.FAILED, Status.DISPUTED, Status.REFUNDED},
    Status.SUCCESS: {Status.SUCCESS, Status.DISPUTED, Status.REFUNDED},
    Status.FAILED: {Status.FAILED, Status.DISPUTED, Status.REFUNDED},
    Status.DISPUTED: {Status.DISPUTED, Status.REFUNDED},
    Status.REFUNDED: {Status.REFUNDED},
}
"""SUBMITTING < IN_DOUBT < ACCEPTED < UNPAID < SUCCESS | FAILED < DISPUTED < REFUNDED, written out."""

INTENT = Intent("PAY-1", "628115678890", "8377388292", "014", Rupiah(20_000_000), "I0438729855304540")
NEW = Transfer(INTENT, fingerprint="f", created_at=1_000, external_ids=("1",), fee=Rupiah(450_000), version=3)

MACHINES = [source for source in Source if source is not Source.OPERATOR]
times = st.one_of(st.integers(0, 60), st.integers(0, 2**42))
evidence = st.builds(
    Observation,
    at=times,
    finding=st.sampled_from(Finding),
    source=st.sampled_from(MACHINES),
    code=st.sampled_from(["", "2005300/00", "4045301"]),
    message=st.sampled_from(["", "a", "b"]),
    reference_no=st.sampled_from(["", "", "DK1", "DK2"]),
    external_id=st.sampled_from(["", "1", "2"]),
)
words = st.builds(
    Observation,
    at=times,
    finding=st.sampled_from([Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED]),
    source=st.just(Source.OPERATOR),
    code=st.just("SETTLED"),
    message=st.sampled_from(["ani: seen at the bank", "budi: returned"]),
)
"""A person's words on how a transfer ended."""
few = st.lists(st.one_of(evidence, evidence, words), max_size=12)
few_of_doku = st.lists(evidence, max_size=12)


@st.composite
def many(draw: st.DrawFn) -> list[Observation]:
    """More than the bound keeps. Made from a seed: drawing each one costs more than the test itself."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    usual = draw(st.lists(st.sampled_from(Finding), min_size=1, max_size=4))
    rare = draw(few_of_doku)
    made = [
        Observation(
            at=chance.randrange(draw_range),
            finding=chance.choice(usual),
            source=chance.choice(MACHINES),
            code=str(chance.randrange(3)),
            reference_no=chance.choice(["", "", "", "DK1", "DK2"]),
        )
        for draw_range in [draw(st.sampled_from([5, 200, 10**9]))] * draw(st.integers(101, 200))
    ]
    together = made + rare
    chance.shuffle(together)
    return together


def status_of(seen: list[Observation]) -> Status:
    """What DOKU said, or what a person made of it last, spelt out."""
    said = evidence_of(seen)
    last_word = max((one for one in seen if one.source is Source.OPERATOR), default=None)
    if last_word is None or said is Status.REFUNDED:
        return said
    verdict, opposite = last_word.finding, {Finding.SUCCESS: Finding.FAILED, Finding.FAILED: Finding.SUCCESS}
    against = [one for one in seen if one.source is not Source.OPERATOR and one.finding is opposite.get(verdict)]
    always_against = said is Status.SUCCESS or said is Status.FAILED
    if against and (always_against or max(against).at > last_word.at):
        return Status.DISPUTED
    return Status(verdict.value)


def evidence_of(seen: list[Observation]) -> Status:
    """The join of all findings that are no person's, spelt out without a rank."""
    found = {one.finding for one in seen if one.source is not Source.OPERATOR}
    if Finding.REFUNDED in found:
        return Status.REFUNDED
    if {Finding.SUCCESS, Finding.FAILED} <= found:
        return Status.DISPUTED
    for finding in (Finding.SUCCESS, Finding.FAILED, Finding.UNPAID, Finding.ACCEPTED, Finding.IN_DOUBT):
        if finding in found:
            return Status(finding)
    return Status.SUBMITTING


@pytest.mark.covers(34, "I10")
@settings(max_examples=200, deadline=None)
@given(few, few)
def test_merge_is_commutative(one: list[Observation], other: list[Observation]) -> None:
    assert merge(merge(NEW, *one), *other) == merge(merge(NEW, *other), *one) == merge(NEW, *other, *one)


@pytest.mark.covers(34, "I10")
@settings(max_examples=200, deadline=None)
@given(few, few, few)
def test_merge_is_associative(one: list[Observation], two: list[Observation], three: list[Observation]) -> None:
    left = merge(merge(NEW, *one, *two), *three)
    right = merge(NEW, *one, *merge(merge(NEW, *two), *three).history)
    assert left == right


@pytest.mark.covers(33, "I10")
@settings(max_examples=200, deadline=None)
@given(few)
def test_merge_is_idempotent(seen: list[Observation]) -> None:
    once = merge(NEW, *seen)
    assert merge(once, *seen) == merge(once, *once.history) == merge(once) == once


@pytest.mark.covers(28)
@settings(max_examples=60, deadline=None)
@given(many(), st.integers(0, 2**32))
def test_past_its_bound_the_history_is_the_same_however_it_was_split_and_ordered(
    seen: list[Observation], seed: int
) -> None:
    """FAULTS 28."""
    together = merge(NEW, *seen)
    chance = random.Random(seed)
    shuffled = chance.sample(seen, len(seen))
    cuts = sorted(chance.randrange(len(seen) + 1) for _ in range(4))
    parts = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(seen)], strict=True)]
    in_turn = NEW
    for part in parts:
        in_turn = merge(in_turn, *part)
    one_by_one = NEW
    for one in shuffled:
        one_by_one = merge(one_by_one, one)
    apart = NEW
    for part in parts:
        apart = merge(apart, *merge(NEW, *part).history)
    assert in_turn == one_by_one == apart == together
    assert merge(together, *seen) == together


@pytest.mark.covers(28)
@settings(max_examples=60, deadline=None)
@given(many(), st.lists(words, max_size=3))
def test_the_status_is_the_join_of_everything_seen_whatever_was_dropped(
    said: list[Observation], people: list[Observation]
) -> None:
    """FAULTS 28. No word of a person is ever dropped."""
    seen = said + people
    merged = merge(NEW, *seen)
    assert merged.status is status_of(seen)
    assert set(people) <= set(merged.history)
    assert len(merged.history) <= MOST_KEPT + len(people) < 101
    assert list(merged.history) == sorted(set(merged.history))
    assert set(merged.history) <= set(seen)


@settings(max_examples=200, deadline=None)
@given(few)
@example([Observation(1, finding, Source.SUBMIT) for finding in Finding])
@example([Observation(1, finding, Source.OPERATOR) for finding in (Finding.SUCCESS, Finding.FAILED)])
def test_any_observations_give_a_status_and_change_nothing_but_the_history(seen: list[Observation]) -> None:
    merged = merge(NEW, *seen)
    assert merged.status is status_of(seen)
    assert replace(merged, history=()) == NEW


@pytest.mark.covers("I5")
@settings(max_examples=200, deadline=None)
@given(few_of_doku, few_of_doku)
def test_the_status_never_moves_down_by_what_doku_says(before: list[Observation], after: list[Observation]) -> None:
    """I5."""
    old = merge(NEW, *before)
    assert merge(old, *after).status in ABOVE[old.status]


@pytest.mark.covers(28, "I5")
@settings(max_examples=60, deadline=None)
@given(many())
def test_the_status_never_moves_down_past_the_bound(seen: list[Observation]) -> None:
    transfer = NEW
    for one in seen:
        before, transfer = transfer.status, merge(transfer, one)
        assert transfer.status in ABOVE[before]


@settings(max_examples=60, deadline=None)
@given(many(), few_of_doku)
def test_dokus_reference_is_the_first_one_learned_and_stays(seen: list[Observation], later: list[Observation]) -> None:
    named = sorted(one for one in seen if one.reference_no)
    first = named[0].reference_no if named else ""
    transfer = merge(NEW, *seen)
    assert transfer.reference_no == first
    end = max(one.at for one in seen) + 1
    behind = [replace(one, at=one.at + end) for one in later]
    if first:
        assert merge(transfer, *behind).reference_no == first


@settings(max_examples=60, deadline=None)
@given(many(), st.lists(words, max_size=2))
def test_what_decided_the_status_and_when_are_kept(said: list[Observation], people: list[Observation]) -> None:
    seen = said + people
    transfer, status = merge(NEW, *seen), status_of(seen)
    assert transfer.updated_at == max(one.at for one in seen)
    of_status = [one for one in seen if one.finding.value == status.value]
    if status is Status.DISPUTED:
        sides = (Finding.SUCCESS, Finding.FAILED)
        assert transfer.decided_by == max(one for one in seen if one.finding in sides)
    elif people and max(people) in of_status:
        assert transfer.decided_by == max(people)
    else:
        assert transfer.decided_by == min(of_status, default=None)


@pytest.mark.parametrize("verdict", [Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED])
def test_a_person_settles_what_is_disputed_or_open_for_ever(verdict: Finding) -> None:
    word = Observation(9_000, verdict, Source.OPERATOR, "SETTLED", "ani: seen at the bank")
    disputed = [Observation(1, one, Source.STATUS_CHECK) for one in (Finding.SUCCESS, Finding.FAILED)]
    assert merge(NEW, *disputed).status is Status.DISPUTED
    for before in (disputed, disputed[:0], [Observation(1, Finding.UNPAID, Source.STATUS_CHECK)]):
        settled = merge(NEW, *before, word)
        assert (settled.status, settled.decided_by) == (Status(verdict.value), word)
        assert settled.settlement == word


@pytest.mark.covers(22)
def test_dokus_refund_counts_for_more_than_a_persons_word_and_its_contradiction_disputes_it() -> None:
    """FAULTS 22."""
    word = Observation(5, Finding.FAILED, Source.OPERATOR)
    assert merge(NEW, word, Observation(9, Finding.REFUNDED, Source.STATUS_CHECK)).status is Status.REFUNDED
    assert merge(NEW, word, Observation(9, Finding.SUCCESS, Source.STATUS_CHECK)).status is Status.DISPUTED
