"""The model of batches holds at a small bound and finds every seeded bug."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from payouts.domain import batch_approval, batch_rows
from payouts.domain.batch import NO_ROWS, Batch, BatchStatus
from payouts.domain.batch_rows import BatchRow, ChunkSummary
from payouts.domain.caller import Caller
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Transfer
from payouts.services import change_batch, pay_chunk
from payouts.services.drive_batches import BatchDriver
from payouts.services.pay_chunk import ChunkPayer
from payouts.services.prepare_transfer import TransferRequest
from payouts.services.settle_chunk import ChunkAccounts
from payouts.store import items
from payouts.store.funds import FundsStore, Reservation, Reservations
from payouts.store.transfers import TransferStore
from tests.verification.batch_model import explore_batch
from tests.verification.batch_model.parts import BatchParts
from tests.verification.batch_model.scenarios import SCENARIOS
from tests.verification.model.explore import Explored

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
DRIVEN = BY_NAME["a batch is cancelled and driven while it is paid"]
PAUSED = BY_NAME["a batch is paused and resumed while it is paid"]
FUNDS = BY_NAME["funds for one of two chunks"]
PEOPLE = BY_NAME["a batch is approved, withdrawn, changed and submitted by two"]
CHANGED = BY_NAME["an approval, and stored rows that change"]
REQUIRED = BY_NAME["approval became required after the submission"]
RENAMED = BY_NAME["a bank that renames an account"]
SINGLE = BY_NAME["a single transfer under a row's reference"]


@pytest.mark.covers("I33", "I35", "I36", "I37", "I38")
@pytest.mark.parametrize("scenario", [DRIVEN, FUNDS, PEOPLE, CHANGED, REQUIRED], ids=lambda scenario: scenario.name)
def test_batches_hold_within_a_small_bound(scenario: Any) -> None:
    explored = explore_batch(scenario)
    assert (explored.violation, explored.trace) == ("", ())
    assert explored.states >= 30


def assert_found(explored: Explored, invariant: str) -> None:
    """The bug was found, with a trace."""
    assert explored.violation.startswith(invariant), explored
    assert explored.trace


def test_an_ignored_approval_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Batch, "is_approved", lambda batch, required: bool(batch.digest))
    assert_found(explore_batch(REQUIRED), "I33")


def test_a_digest_without_names_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = batch_rows._facts

    def seal(rows: Sequence[BatchRow]) -> str:
        return batch_rows._hash([[row.number, facts(row.intent)] for row in rows if row.is_payable and row.intent])

    monkeypatch.setattr(batch_rows, "seal", seal)
    monkeypatch.setattr(pay_chunk, "seal", seal)
    assert_found(explore_batch(CHANGED), "I33")


def test_a_row_that_is_paid_again_on_redelivery_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    request = pay_chunk._request

    def under_another_reference(batch: Batch, row: BatchRow) -> TransferRequest:
        found = request(batch, row)
        again = f"{found.intent.partner_reference_no}-{batch.version}"
        return replace(found, intent=replace(found.intent, partner_reference_no=again))

    monkeypatch.setattr(pay_chunk, "_request", under_another_reference)
    assert_found(explore_batch(PAUSED), "I3")


class Unconditional(TransferStore):
    """Puts over what exists, and finds nothing before."""

    def create(self, transfer: Transfer) -> Transfer | None:
        item = {**items.fixed(transfer), **self._variable(transfer), "version": 1}
        self._table.put(item, "", {}, {})
        return None

    def get(self, reference: str, consistent: bool = True) -> None:
        return None


def test_a_transfer_that_is_not_looked_up_is_paid_twice() -> None:
    assert_found(explore_batch(SINGLE, BatchParts(transfers=Unconditional)), "I")


class Hasty(BatchDriver):
    """Takes a batch for cancelled at once."""

    def _enqueued(self, *arguments: Any) -> bool:
        return super()._enqueued(*arguments) and arguments[0].status is not BatchStatus.CANCELLING


def test_a_cancellation_that_does_not_wait_for_workers_is_found() -> None:
    assert_found(explore_batch(DRIVEN, BatchParts(driver=Hasty)), "I3")


class Counting(ChunkAccounts):
    """Adds what it finds to the summary that is stored."""

    def read(
        self, batch: Batch, index: int, rows: Any, reasons: Any, checked: ChunkSummary, *more: Any, **options: Any
    ) -> ChunkSummary:
        summary = super().read(batch, index, rows, reasons, checked, *more, **options)
        both = {*summary.statuses, *checked.statuses}
        added = {each: summary.statuses.get(each, NO_ROWS) + checked.statuses.get(each, NO_ROWS) for each in both}
        drifted = replace(summary, statuses=added)
        self._chunks.save_summary(batch.reference, index, drifted, int(self._clock() * 1000))
        return drifted


def test_a_counter_that_drifts_is_found() -> None:
    assert_found(explore_batch(DRIVEN, BatchParts(accounts=Counting)), "I35: the figures")


def test_a_self_approval_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def involve(batch: Batch, caller: Caller) -> Batch:
        return batch

    monkeypatch.setattr(change_batch, "involve", involve)
    assert_found(explore_batch(PEOPLE), "I32")


class Overwriting(FundsStore):
    """Replaces the reservations whatever was written since they were read."""

    def replace(self, read: Reservations, chunk: str, reservation: Reservation | None, now: int) -> bool:
        current = FundsStore.read(self)
        return super().replace(replace(read, version=current.version), chunk, reservation, now)


def test_funds_that_are_reserved_twice_are_found() -> None:
    assert_found(explore_batch(FUNDS, BatchParts(funds_store=Overwriting)), "funds")


def test_reservations_that_nobody_reads_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reservations, "of_others", lambda *_: Rupiah(0))
    assert_found(explore_batch(FUNDS), "funds")


def test_an_approval_of_what_was_not_seen_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    check = batch_approval._check

    def check_no_digest(batch: Batch, caller: Caller, digest: str) -> None:
        check(batch, caller, batch.digest)

    monkeypatch.setattr(batch_approval, "_check", check_no_digest)
    assert_found(explore_batch(PEOPLE), "I33: another content is approved")


def test_a_name_that_is_not_compared_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payouts.services.prepare_transfer._check_approved", lambda *_: None)
    assert_found(explore_batch(RENAMED), "I33")


class Dropping(ChunkPayer):
    """Takes a chunk for paid whatever is left of it."""

    def _run(self, run: Any, *arguments: Any) -> bool:
        done = super()._run(run, *arguments)
        state = self._chunks.states(run.batch.reference, 1)[run.index]
        paid = replace(state.summary, phase=batch_rows.Phase.PAID)
        self._chunks.save_summary(run.batch.reference, run.index, paid, self._now())
        return done


def test_a_row_that_is_left_out_is_found() -> None:
    assert_found(explore_batch(PAUSED, BatchParts(payer=Dropping)), "I35")
