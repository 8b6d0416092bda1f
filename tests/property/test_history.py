"""The laws of a history: recording, bounding, and one later word of DOKU."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payouts.domain.observation import CLAIMS
from payouts.domain.status import Reading
from payouts.domain.transfer import (
    HISTORY_LATEST,
    KEPT_OF_A_KIND,
    Finding,
    Observation,
    Source,
    Status,
    Transfer,
    record,
)
from tests.support.histories import CREATED, after, check, stored

WORDS = (Finding.UNPAID, Finding.SUCCESS, Finding.FAILED, Finding.REFUNDED)
ANSWERS = (Finding.ACCEPTED, Finding.UNPAID, Finding.REFUSED, Finding.NOT_SENT, Finding.IN_DOUBT)
KINDS = 4 + 3 + len(ANSWERS) + 2 + len(CLAIMS) + 1 + 3
"""Kinds of observations that this test makes."""
MOST_KEPT = HISTORY_LATEST + KINDS * (KEPT_OF_A_KIND + 4) + 3


def _observation(chance: random.Random, at: int, only: list[Finding] | None = None) -> Observation:
    if only:
        finding = chance.choice(only)
        if finding is not Finding.NOTIFIED:
            return Observation(at, finding, Source.STATUS_CHECK)
        return Observation(at, finding, Source.NOTIFICATION, chance.choice(list(CLAIMS)))
    kind = chance.choices(("check", "answer", "notification", "operator"), (20, 2, 2, 1))[0]
    reference_no = chance.choice(["", "", "", "", "DK1", "DK1", "DK2"]) if chance.random() < 0.2 else ""
    if kind == "answer":
        return Observation(at, chance.choice(ANSWERS), Source.SUBMIT, "4034314", "", reference_no, "1")
    if kind == "notification":
        return Observation(at, Finding.NOTIFIED, Source.NOTIFICATION, chance.choice([*CLAIMS, "64"]))
    if kind == "operator":
        return Observation(at, chance.choice(WORDS[1:]), Source.OPERATOR, "SETTLED", "ani: seen at the bank")
    finding = chance.choice((*WORDS, Finding.NOT_FOUND, Finding.UNCLEAR, Finding.UNCLEAR, Finding.NOT_RECEIVED))
    return Observation(at, finding, Source.STATUS_CHECK, "2005300", "", reference_no)


def _write(transfer: Transfer, chance: random.Random, usual: list[Finding] | None) -> Transfer:
    """One write of an observation whose question left at any earlier version, by any clock."""
    seen = _observation(chance, chance.randrange(2**40))
    if usual and seen.source is Source.STATUS_CHECK:
        seen = replace(seen, finding=chance.choice(usual))
    asked = chance.choice((transfer.version, chance.randint(1, transfer.version)))
    return stored(transfer, replace(seen, asked=asked))


@st.composite
def histories(draw: st.DrawFn, longest: int = 12) -> list[Transfer]:
    """A transfer after each of its writes."""
    chance = random.Random(draw(st.integers(0, 2**64)))
    usual = draw(st.lists(st.sampled_from([*WORDS, Finding.NOT_FOUND, Finding.UNCLEAR]), max_size=3))
    versions = [CREATED]
    for _ in range(draw(st.integers(0, longest))):
        versions.append(_write(versions[-1], chance, usual))
    return versions


def _long_history(seed: int) -> list[Transfer]:
    """Some words and notifications, some of them asked long ago, then more silence than is kept; twice."""
    chance = random.Random(seed)
    usual = chance.choices(WORDS[:3], k=2)
    promptness = chance.choice([0.0, 0.2, 1.0])
    versions = [CREATED]
    for _ in range(2):
        for _ in range(chance.randint(1, 20)):
            seen = _observation(chance, chance.randrange(2**40), [*usual, Finding.NOTIFIED])
            prompt = chance.random() < promptness
            asked = versions[-1].version if prompt else chance.randint(1, versions[-1].version)
            versions.append(stored(versions[-1], replace(seen, asked=asked)))
        for _ in range(HISTORY_LATEST + 1):
            versions.append(after(versions[-1], check(Finding.UNCLEAR, at=versions[-1].version)))
    return versions


@pytest.mark.covers(33, "I10")
@settings(max_examples=200, deadline=None)
@given(histories())
def test_recording_twice_changes_nothing(versions: list[Transfer]) -> None:
    last = versions[-1]
    assert record(last, *last.history) is last


@pytest.mark.covers("I5", "I6")
@settings(max_examples=300, deadline=None)
@given(histories(longest=30))
def test_a_published_failure_is_never_taken_back_in_silence(versions: list[Transfer]) -> None:
    for before, now in pairwise(versions):
        if before.status is Status.FAILED:
            decided = now.reading.verdict
            allowed = {Status.FAILED, Status.DISPUTED, Status.REFUNDED}
            assert now.status in allowed | ({Status(str(decided.finding))} if decided else set())
        if any(version.status is Status.FAILED for version in versions[: versions.index(now)]):
            assert now.failed_published


@pytest.mark.covers(34, "I10")
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**64), st.integers(0, 8), st.sampled_from(WORDS))
def test_one_later_word_gives_one_status_whatever_came_before(seed: int, writes: int, word: Finding) -> None:
    """Unless FAILED was published: the merchant may have acted on it, so the order matters."""
    chance = random.Random(seed)
    seen = [_observation(chance, at) for at in range(writes)]
    seen = [one for one in seen if one.source is not Source.OPERATOR]
    ends = set()
    for _ in range(6):
        transfer = CREATED
        for one in chance.sample(seen, len(seen)):
            transfer = stored(transfer, replace(one, asked=chance.randint(1, transfer.version)))
        if not transfer.failed_published:
            ends.add(after(transfer, check(word, at=10_000)).status)
    assert len(ends) <= 1


@settings(max_examples=200, deadline=None)
@given(histories(longest=20), st.integers(0, 2**64))
def test_clocks_decide_nothing(versions: list[Transfer], seed: int) -> None:
    chance = random.Random(seed)
    last = versions[-1]
    history = tuple(replace(seen, at=chance.randrange(2**40)) for seen in last.history)
    other = replace(last, history=history)
    assert (other.status, other.is_final, other.next_action) == (last.status, last.is_final, last.next_action)


@settings(max_examples=300, deadline=None)
@given(histories(longest=20))
def test_no_new_payment_is_advised_for_a_known_transfer(versions: list[Transfer]) -> None:
    for version in versions:
        said = version.reading.tip
        pays_again = version.next_action in ("TOP_UP", "CORRECT_AND_RESEND")
        if pays_again and version.status is not Status.REFUNDED and version.reading.verdict is None:
            assert said <= {Finding.FAILED}
            assert version.is_final
            assert not version.reading.contradicting_notifications


@settings(max_examples=100, deadline=None)
@given(histories(longest=150))
def test_dokus_reference_stays_the_first_one_learned(versions: list[Transfer]) -> None:
    first = ""
    for version in versions:
        first = first or version.doku_reference_no
        assert version.doku_reference_no == first


@pytest.mark.covers(28)
def test_the_latest_question_is_kept_past_the_bound() -> None:
    """Otherwise an answer that it superseded would count again."""
    transfer = CREATED
    for finding, asked in [(Finding.SUCCESS, 1), (Finding.UNPAID, 1), (Finding.SUCCESS, 3)]:
        transfer = stored(transfer, replace(check(finding), asked=asked))
    for late in range(KEPT_OF_A_KIND + 1):
        transfer = stored(transfer, replace(check(Finding.SUCCESS, at=late), asked=1))
    assert transfer.is_final
    for silent in range(HISTORY_LATEST + 1):
        transfer = after(transfer, check(Finding.UNCLEAR, at=silent))
    assert transfer.is_final


@pytest.mark.covers(28)
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**64))
def test_bounding_never_changes_what_is_shown(seed: int) -> None:
    """Scenario 28. The unbounded history is rebuilt from what each write added."""
    everything: list[Observation] = []
    for version in _long_history(seed):
        everything += [seen for seen in version.history if seen.seq == version.version]
        full = Reading(everything, version.external_ids, version.failed_published, version.intent.session_id)
        assert version.status is full.status
        assert (version.is_final, version.next_action) == (full.is_final, full.next_action)
        assert len(version.history) <= MOST_KEPT
        assert [seen.seq for seen in version.history] == sorted(seen.seq for seen in version.history)
