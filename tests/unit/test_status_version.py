"""The status version names the write that last changed what events and webhooks report."""

import pytest

from payouts.domain.transfer import Finding, Observation, Transfer
from tests.support.histories import CREATED, after, answer, check, notified

ACCEPTED = after(CREATED, answer(Finding.ACCEPTED, reference_no="DK1"))
PAID = after(ACCEPTED, check(Finding.SUCCESS, reference_no="DK1"))
DOUBTED = after(PAID, notified("40"), *2 * [check(Finding.SUCCESS)])


def test_a_created_transfer_reports_in_its_first_version() -> None:
    assert Transfer(CREATED.intent, "f", created_at=0, external_ids=("1",)).status_version == 1


@pytest.mark.parametrize(
    ("before", "seen", "changes"),
    [
        (CREATED, answer(Finding.ACCEPTED), "status"),
        (ACCEPTED, check(Finding.SUCCESS), "status"),
        (ACCEPTED, check(Finding.UNPAID), "status"),
        (PAID, notified("40"), "is_final"),
        (DOUBTED, check(Finding.SUCCESS), "next_action"),
        (after(CREATED, answer(Finding.ACCEPTED)), check(Finding.UNCLEAR, reference_no="DK1"), "doku_reference_no"),
    ],
)
def test_a_write_that_changes_the_report_is_its_version(before: Transfer, seen: Observation, changes: str) -> None:
    changed = after(before, seen)
    assert getattr(changed, changes) != getattr(before, changes)
    assert changed.status_version == changed.version == before.version + 1


@pytest.mark.parametrize("before", [CREATED, ACCEPTED, PAID, DOUBTED])
def test_a_write_that_learns_nothing_keeps_the_version(before: Transfer) -> None:
    silent = after(before, check(Finding.UNCLEAR), check(Finding.UNCLEAR, 1))
    assert silent.version == before.version + 2
    assert silent.status_version == before.status_version
