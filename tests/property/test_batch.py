"""Laws of batches: no illegal transition, and a seal that covers all that is paid."""

from dataclasses import field, fields, make_dataclass, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.domain.batch import (
    FINAL,
    HISTORY_LATEST,
    KEPT,
    TRANSITIONS,
    Action,
    Batch,
    BatchStatus,
    Event,
    IllegalTransition,
    involve,
    moved,
    noted,
)
from payouts.domain.batch_approval import Forbidden, approve
from payouts.domain.batch_duplicates import Repeats, list_hash
from payouts.domain.batch_rows import BatchRow, RowOutcome, checked_summary, digest, seal, sums
from payouts.domain.caller import Caller
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent

STATUSES = st.sampled_from(BatchStatus)
BATCH = Batch("B", "1:x", 0, 1)
INTENT = Intent("B-1", "62811", "123", "014", Rupiah(100), "", beneficiary_account_name="A", remark="r")
ROW = BatchRow(1, INTENT, RowOutcome.OK, bank_name="A", fee=Rupiah(1))


@given(STATUSES, STATUSES)
def test_only_the_listed_transitions_are_possible(before: BatchStatus, after: BatchStatus) -> None:
    batch, event = replace(BATCH, status=before), Event(0, "x", Action.CHECKED)
    if after in TRANSITIONS[before]:
        assert moved(batch, after, event).status is after
    else:
        with pytest.raises(IllegalTransition):
            moved(batch, after, event)


@pytest.mark.covers("I38")
def test_nothing_follows_a_final_status_and_cancelling_never_pays() -> None:
    assert all(not TRANSITIONS[status] for status in FINAL)
    assert TRANSITIONS[BatchStatus.CANCELLING] == {BatchStatus.CANCELLED}


def test_every_way_to_a_payment_leads_through_scheduled() -> None:
    seen, ahead = set[BatchStatus](), {BatchStatus.RECEIVING}
    while ahead:
        seen |= ahead
        ahead = {to for status in ahead for to in TRANSITIONS[status]} - seen - {BatchStatus.SCHEDULED}
    assert BatchStatus.PAYING not in seen


@given(st.lists(st.sampled_from(Action), max_size=300))
def test_a_history_stays_bounded_and_keeps_who_decided(actions: list[Action]) -> None:
    batch = BATCH
    for at, action in enumerate(actions):
        batch = noted(batch, Event(at, "x", action))
    assert len(batch.history) <= HISTORY_LATEST + len(KEPT)
    assert {event.action for event in batch.history} >= KEPT & set(actions)
    assert list(batch.history) == sorted(batch.history, key=lambda event: event.at)


@pytest.mark.covers("I32")
@given(st.lists(st.sampled_from("abc")), st.sampled_from("abcd"), st.sampled_from(("", "a", "d")))
def test_only_a_person_without_a_hand_in_it_approves(touched: list[str], approver: str, client: str) -> None:
    batch = replace(BATCH, status=BatchStatus.PENDING_APPROVAL, digest="1:d", approvals_required=1)
    for name in touched:
        batch = involve(batch, Caller(name, name))
    caller = Caller(approver, approver, client)
    if approver in touched or approver == client:
        with pytest.raises(Forbidden):
            approve(batch, caller, "1:d", 1, 1)
    else:
        assert approve(batch, caller, "1:d", 1, 1).status is BatchStatus.SCHEDULED


@pytest.mark.covers("I33")
@pytest.mark.parametrize("name", [field.name for field in fields(Intent)])
def test_a_seal_covers_every_field_that_is_sent(name: str) -> None:
    other: Any = Rupiah(200) if name == "amount" else "9"
    assert seal([ROW]) != seal([replace(ROW, intent=replace(INTENT, **{name: other}))])


@pytest.mark.covers("I33")
def test_a_seal_covers_banks_names_and_excluded_rows() -> None:
    assert seal([ROW]) != seal([replace(ROW, bank_name="B")])
    assert seal([ROW]) != seal([replace(ROW, excluded=True)])
    twin = replace(ROW, possible_duplicate="PAY-1", duplicate_confirmed=True)
    assert seal([ROW]) != seal([twin])
    assert seal([replace(twin, duplicate_confirmed=False)]) == seal([])
    assert seal([ROW, replace(ROW, number=2)]) != seal([ROW])


@pytest.mark.covers("I33")
def test_a_digest_covers_the_list_that_is_repeated() -> None:
    assert digest(BATCH, ["1:a"]) != digest(replace(BATCH, same_list_as="A"), ["1:a"])


def test_repeats_name_the_first_row_that_pays_the_same() -> None:
    other = replace(INTENT, amount=Rupiah(7))
    intents = [replace(each, partner_reference_no=f"B-{n}") for n, each in enumerate((INTENT, other, INTENT, INTENT))]
    rows = [BatchRow(number, intent) for number, intent in enumerate(intents)]
    assert [Repeats(rows).marked(row).possible_duplicate for row in rows] == ["", "", "B-0", "B-0"]


@given(st.lists(st.sampled_from("123"), max_size=8), st.randoms(use_true_random=False), st.integers(0, 8))
def test_a_list_is_the_same_in_any_order_and_chunks(accounts: list[str], random: Random, cut: int) -> None:
    rows = [replace(ROW, intent=replace(INTENT, beneficiary_account_number=each)) for each in accounts]
    hashed = list_hash([checked_summary(rows)])
    random.shuffle(rows)
    assert list_hash([checked_summary(rows[:cut]), checked_summary(rows[cut:])]) == hashed
    assert list_hash([checked_summary([*rows, ROW])]) != hashed


def test_a_new_field_of_a_later_version_changes_no_seal() -> None:
    """Its default is left out, so that batches that are submitted stay approved."""
    newer = make_dataclass(
        "Newer", [("purpose", str, field(default="")), ("kind", str, field(default="01"))], bases=(Intent,), frozen=True
    )
    given = {each.name: getattr(INTENT, each.name) for each in fields(INTENT)}
    assert seal([replace(ROW, intent=newer(**given))]) == seal([ROW])
    assert seal([replace(ROW, intent=newer(**given, kind="02"))]) != seal([ROW])


@pytest.mark.covers("I34")
@given(st.lists(st.tuples(st.sampled_from(RowOutcome), st.booleans(), st.booleans(), st.sampled_from(("", "PAY-1")))))
def test_every_row_is_counted_once(rows: list[tuple[RowOutcome, bool, bool, str]]) -> None:
    made = [
        replace(ROW, number=number, outcome=outcome, confirmed=confirmed, excluded=excluded, possible_duplicate=twin)
        for number, (outcome, confirmed, excluded, twin) in enumerate(rows, start=1)
    ]
    total = sums([checked_summary(made[:10]), checked_summary(made[10:])])
    assert sum(each.count for each in total.outcomes.values()) == len(made)
    excluded = sum(row.excluded or row.outcome is RowOutcome.EXCLUDED for row in made)
    assert total.payable.count + total.blocked + excluded == len(made)
    assert total.payable.amount.sen == 100 * total.payable.count


def test_a_fee_that_was_not_stated_is_counted() -> None:
    total = sums([checked_summary([ROW, replace(ROW, number=2, fee=None)])]).payable
    assert (total.count, total.fees.sen, total.fees_unknown) == (2, 1, 1)
