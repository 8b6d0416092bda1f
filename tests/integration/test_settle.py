"""Decisions of operators: which are allowed, and what they change."""

import pytest

from payouts.domain.errors import Mismatch
from payouts.domain.transfer import Finding, NextAction, Observation, Source, Status, Transfer, record
from payouts.services.settle import settle
from tests.support.harness import World, order


def disputed(world: World) -> Transfer:
    reference = world.create(order()).body["partnerReferenceNo"]
    world.get(reference, refresh=True)
    world.doku.fault("status", "status-says", latestTransactionStatus="06")
    world.clock.advance(11)
    world.request("POST", f"/v1/transfers/{reference}/status-checks")
    found = world.existing(reference)
    assert found.status is Status.DISPUTED
    return found


def by_hand(world: World, transfer: Transfer, verdict: Status) -> Transfer:
    return settle(world.store, transfer, verdict, "Dewi", "DOKU ticket 4711", int(world.clock() * 1000))


@pytest.mark.parametrize("verdict", [Status.SUCCESS, Status.FAILED, Status.REFUNDED])
def test_a_settlement_has_a_name_and_a_reason(world: World, verdict: Status) -> None:
    settled = by_hand(world, disputed(world), verdict)
    assert settled.status is verdict
    answer = world.get(settled.partner_reference_no).body
    assert answer["status"] == verdict
    assert answer["reason"] == {"code": "SETTLED", "message": "Dewi: DOKU ticket 4711"}


def test_a_wrong_verdict_is_answered_with_the_right_ones(world: World) -> None:
    path = f"/v1/transfers/{world.create(order()).body['partnerReferenceNo']}/settlement"
    refused = world.request("POST", path, {"verdict": "PAID", "reason": "x", "version": "1"})
    assert refused.body["response_message"] == (
        "verdict must be SUCCESS, FAILED or REFUNDED; version must be a whole number"
    )


def test_dokus_refund_counts_for_more_than_a_persons_word(world: World) -> None:
    settled = by_hand(world, disputed(world), Status.SUCCESS)
    world.doku.fault("status", "status-says", latestTransactionStatus="04")
    world.clock.advance(11)
    checked = world.request("POST", f"/v1/transfers/{settled.partner_reference_no}/status-checks")
    assert checked.body["status"] == "REFUNDED"


def test_a_transfer_under_check_is_not_settled(world: World) -> None:
    reference = world.create(order()).body["partnerReferenceNo"]
    found = world.existing(reference)
    with pytest.raises(Mismatch, match="needs no decision"):
        by_hand(world, found, Status.FAILED)
    assert world.stored(reference) == found


def test_a_decision_about_an_older_version_is_not_written(world: World) -> None:
    read = disputed(world)
    world.clock.advance(11)
    world.request("POST", f"/v1/transfers/{read.partner_reference_no}/status-checks")
    with pytest.raises(Mismatch, match="changed while you decided"):
        by_hand(world, read, Status.SUCCESS)
    assert world.existing(read.partner_reference_no).status is Status.DISPUTED


def test_a_paid_transfer_settled_as_failed_is_disputed(world: World) -> None:
    reference = world.create(order()).body["partnerReferenceNo"]
    world.clock.advance(8 * 86_400)
    found = world.existing(reference)
    settled = by_hand(world, found, Status.FAILED)
    assert settled.status is Status.FAILED
    assert settled.next_check_at is not None
    assert world.request("POST", f"/v1/transfers/{reference}/status-checks").body["status"] == "DISPUTED"
    found = world.existing(reference)
    assert by_hand(world, found, Status.SUCCESS).status is Status.SUCCESS


@pytest.mark.parametrize(("by", "reason"), [("", "x"), ("x", " ")])
def test_a_settlement_needs_a_name_and_a_reason(world: World, by: str, reason: str) -> None:
    with pytest.raises(ValueError, match="a name and a reason"):
        settle(world.store, disputed(world), Status.SUCCESS, by, reason, 0)


def test_only_an_end_can_be_a_verdict(world: World) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        settle(world.store, disputed(world), Status.UNPAID, "Dewi", "because", 0)


def in_doubt(world: World) -> Transfer:
    """A transfer without a record at DOKU, which an operator may settle."""
    body = order()
    world.doku.fault("transfer", "reset-before")
    world.create(body)
    reference = str(body["partnerReferenceNo"])
    world.let_time_pass(reference, minutes=90)
    found = world.existing(reference)
    assert found.next_action is NextAction.ASK_DOKU
    return found


def test_a_decision_names_the_version_if_a_notification_claims_otherwise(world: World) -> None:
    """The operator may have decided before the notification came."""
    claim = Observation(int(world.clock() * 1000), Finding.NOTIFIED, Source.NOTIFICATION, "50")
    claimed = world.store.update(in_doubt(world), lambda standing: record(standing, claim))
    now = int(world.clock() * 1000)
    with pytest.raises(Mismatch, match=f"settle it with --version {claimed.version}"):
        by_hand(world, claimed, Status.FAILED)
    with pytest.raises(Mismatch, match="changed while you decided"):
        settle(world.store, claimed, Status.FAILED, "Dewi", "ticket", now, read_version=claimed.version - 1)
    settled = settle(world.store, claimed, Status.FAILED, "Dewi", "ticket", now, read_version=claimed.version)
    assert settled.status is Status.FAILED


def test_a_decision_may_be_corrected(world: World) -> None:
    mistaken = by_hand(world, in_doubt(world), Status.REFUNDED)
    assert by_hand(world, mistaken, Status.SUCCESS).status is Status.SUCCESS


def test_the_description_says_who_decided_and_what_contradicts_it(world: World) -> None:
    settled = by_hand(world, in_doubt(world), Status.FAILED)
    described = world.get(settled.partner_reference_no).body["statusDescription"]
    assert described.startswith("An operator recorded that it was not paid.")
    claim = Observation(int(world.clock() * 1000), Finding.NOTIFIED, Source.NOTIFICATION, "50")
    world.store.update(settled, lambda standing: record(standing, claim))
    answer = world.get(settled.partner_reference_no).body
    assert answer["final"] is False
    assert answer["statusDescription"].startswith("It was reported as not paid, but a notification contradicts that.")
    assert "Correct the cause" not in answer["statusDescription"]
