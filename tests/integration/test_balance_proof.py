"""The proof that our transfers explain DOKU's balance."""

import pytest

from payouts.domain.balance_proof import TOLERANCE, UNSTATED_FEE, BalanceProof, Reading, Sums, Verdict, prove
from payouts.domain.days import day_of
from payouts.domain.transfer import Status
from payouts.services import balance_ledger
from payouts.services.settle import settle
from payouts.store.balance_readings import BalanceReadings
from payouts.store.table import Table
from tests.support.harness import Context, World, crashing, order

_QUARTER = 900
_AMOUNT = 200_000_00
_FEE = 4_500_00


def measure(world: World, after: float = _QUARTER) -> BalanceProof:
    """The day's proof after another reading."""
    world.clock.advance(after)
    world.call_poller({"measure": "deposit"}, Context(lambda: 60_000))
    stored = BalanceReadings(Table(world.dynamodb, world.environment["TABLE_NAME"])).read(day_of(now(world)))
    assert stored is not None
    found = stored.proof
    assert found is not None
    return found


def now(world: World) -> int:
    return int(world.clock() * 1000)


@pytest.fixture
def opened(world: World) -> World:
    """A day of its own, with one reading."""
    begin_a_day(world)
    measure(world)
    return world


def begin_a_day(world: World) -> None:
    """Go to 01:00 in WIB, two days later or more."""
    world.clock.advance(3 * 86_400 - (world.clock() + 7 * 3600) % 86_400 + 3600)


def balance(world: World) -> int:
    return int(world.doku.ledger()["deposit"].replace(".", ""))


def set_balance(world: World, sen: int) -> None:
    world.doku.deposit(f"{sen // 100}.{sen % 100:02d}")


def decide(world: World, reference: str, status: Status) -> None:
    transfer = world.store.get(reference)
    assert transfer is not None
    settle(world.store, transfer, status, "Dewi", "DOKU ticket 4711", now(world))


def pay(world: World, **changes: str) -> str:
    world.clock.advance(60)
    reference: str = world.create(order(**changes)).body["partnerReferenceNo"]
    world.clock.advance(20)
    world.get(reference, refresh=True)
    return reference


def test_payments_explain_the_balance(opened: World) -> None:
    pay(opened)
    pay(opened)
    proof = measure(opened)
    assert proof.verdict is Verdict.EXPLAINED
    assert (proof.sums.paid, proof.sums.fees, proof.difference) == (2 * _AMOUNT, 2 * _FEE, 0)
    assert proof.expected == proof.closing.available == balance(opened)


def test_a_balance_that_fell_too_much_is_a_decrease(opened: World) -> None:
    pay(opened)
    set_balance(opened, balance(opened) - 1_00)
    proof = measure(opened)
    assert (proof.verdict, proof.decrease, proof.difference) == (Verdict.DECREASE, 1_00, -1_00)


def test_a_top_up_hides_no_decrease(opened: World) -> None:
    set_balance(opened, balance(opened) - 500_00)
    measure(opened)
    set_balance(opened, balance(opened) + 9_000_00)
    proof = measure(opened)
    assert (proof.verdict, proof.decrease, proof.difference) == (Verdict.DECREASE, 500_00, 8_500_00)


def test_a_decrease_after_a_top_up_is_seen(opened: World) -> None:
    set_balance(opened, balance(opened) + 9_000_00)
    measure(opened)
    set_balance(opened, balance(opened) - 500_00)
    assert measure(opened).decrease == 500_00


def test_a_top_up_is_an_increase_to_confirm(opened: World) -> None:
    set_balance(opened, balance(opened) + 9_000_00)
    proof = measure(opened)
    assert (proof.verdict, proof.increase, proof.decrease) == (Verdict.INCREASE, 9_000_00, 0)


def test_a_decrease_stays_until_the_day_ends(opened: World) -> None:
    set_balance(opened, balance(opened) - 500_00)
    measure(opened)
    assert measure(opened).decrease == 500_00
    assert measure(opened, after=86_400 - 3600).decrease == 0


def test_a_decrease_over_midnight_is_seen(opened: World) -> None:
    measure(opened, after=22 * 3600 + 1800)
    set_balance(opened, balance(opened) - 500_00)
    assert measure(opened, after=1800).decrease == 500_00


def test_a_fall_behind_a_doubt_is_found_days_later(opened: World) -> None:
    """A transfer in doubt may explain the fall, until it is known that DOKU never had it."""
    opened.doku.fault("transfer", "timeout-before", seconds=0.1)
    reference = opened.create(order()).body["partnerReferenceNo"]
    set_balance(opened, balance(opened) - 100_000_00)
    assert {measure(opened, after=12 * 3600).decrease for _ in range(16)} == {0}
    decide(opened, reference, Status.FAILED)
    assert measure(opened).decrease == 100_000_00


def test_a_fall_that_was_found_is_not_found_the_next_day(opened: World) -> None:
    set_balance(opened, balance(opened) - 500_00)
    measure(opened)
    set_balance(opened, balance(opened) + 9_000_00)
    measure(opened)
    assert measure(opened, after=86_400 - 3600).decrease == 0
    set_balance(opened, balance(opened) - 300_00)
    assert measure(opened).decrease == 300_00
    assert measure(opened, after=86_400 - 3600).decrease == 0


def test_a_transfer_in_flight_explains_either_balance(opened: World) -> None:
    opened.create(order())
    proof = measure(opened, after=1)
    assert (proof.closing.in_doubt, proof.sums.paid) == (_AMOUNT + _FEE, 0)
    assert proof.verdict is Verdict.UNCERTAIN
    set_balance(opened, balance(opened) - 1_00)
    later = measure(opened)
    assert (later.decrease, later.sums.paid, later.closing.in_doubt) == (1_00, _AMOUNT, 0)


@pytest.mark.parametrize("executed", [True, False])
def test_a_transfer_in_doubt_is_no_decrease(opened: World, executed: bool) -> None:
    opened.doku.fault("transfer", "timeout-after" if executed else "timeout-before", seconds=0.1)
    reference = opened.create(order()).body["partnerReferenceNo"]
    proof = measure(opened)
    assert (proof.closing.in_doubt, proof.decrease, proof.increase) == (_AMOUNT + _FEE, 0, 0)
    opened.clock.advance(3600)
    opened.get(reference, refresh=True)
    later = measure(opened)
    assert (later.decrease, later.sums.paid) == (0, _AMOUNT if executed else 0)
    assert later.verdict is Verdict.EXPLAINED


@pytest.mark.parametrize(("fee_kept", "verdict"), [(_FEE, Verdict.UNCERTAIN), (UNSTATED_FEE + 1_00, Verdict.DECREASE)])
def test_a_return_by_decision_leaves_the_fee_open(opened: World, fee_kept: int, verdict: Verdict) -> None:
    """DOKU never answered about the transfer; an operator knows that the amount came back."""
    opened.doku.fault("transfer", "timeout-before", seconds=0.1)
    reference = opened.create(order()).body["partnerReferenceNo"]
    measure(opened, after=8 * 86_400)
    decide(opened, reference, Status.REFUNDED)
    set_balance(opened, balance(opened) - fee_kept)
    proof = measure(opened)
    assert (proof.verdict, proof.closing.in_doubt, proof.sums.unstated_fees) == (verdict, 0, 1)


def test_a_doubt_that_is_older_than_the_first_reading_counts(world: World) -> None:
    begin_a_day(world)
    world.doku.fault("transfer", "timeout-before", seconds=0.1)
    world.create(order())
    assert measure(world, after=3600).closing.in_doubt == _AMOUNT + _FEE


def test_a_refused_transfer_moves_nothing(opened: World) -> None:
    set_balance(opened, 1_00)
    before = measure(opened)
    opened.create(order())
    proof = measure(opened)
    assert (proof.sums.paid, proof.closing.in_doubt) == (before.sums.paid, 0)


def test_a_refund_brings_the_amount_back(opened: World) -> None:
    reference = pay(opened, beneficiaryAccountNumber="7746555134")
    measure(opened)
    opened.get(reference, refresh=True)
    proof = measure(opened)
    assert opened.get(reference).body["status"] == "REFUNDED"
    assert (proof.sums.refunds, proof.difference, proof.decrease) == (_AMOUNT, 0, 0)


def test_a_refund_that_is_learned_of_late_is_no_decrease(opened: World) -> None:
    reference = pay(opened, beneficiaryAccountNumber="7746555134")
    assert measure(opened).increase == _AMOUNT
    assert measure(opened, after=7200).increase == _AMOUNT
    opened.get(reference, refresh=True)
    for _ in range(3):
        proof = measure(opened)
        assert (proof.sums.refunds, proof.difference, proof.decrease, proof.increase) == (_AMOUNT, 0, 0, 0)


def test_a_refund_does_not_count_twice(opened: World) -> None:
    reference = pay(opened, beneficiaryAccountNumber="7746555134")
    opened.clock.advance(400)
    opened.get(reference, refresh=True)
    for wait in (60, 60, 1200, 1200):
        assert measure(opened, after=wait).sums.refunds == _AMOUNT


def test_a_returned_fee_stays_unexplained(opened: World) -> None:
    reference = pay(opened, beneficiaryAccountNumber="7746555134")
    opened.clock.advance(400)
    opened.get(reference, refresh=True)
    set_balance(opened, balance(opened) + _FEE)
    proof = measure(opened)
    assert (proof.verdict, proof.increase, proof.decrease) == (Verdict.INCREASE, _FEE, 0)


def test_a_crash_before_a_refund_is_noted_shows_an_increase(opened: World) -> None:
    reference = pay(opened, beneficiaryAccountNumber="7746555134")
    opened.clock.advance(400)
    opened.faults.crash_before("PutItem")
    with crashing():
        opened.get(reference, refresh=True)
    proof = measure(opened)
    assert (proof.increase, proof.decrease) == (_AMOUNT, 0)


def test_a_flood_begins_a_new_series(opened: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balance_ledger, "_MOST_READ", 1)
    pay(opened)
    pay(opened)
    proof = measure(opened, after=3600)
    assert proof.verdict is Verdict.UNKNOWN
    pay(opened)
    assert measure(opened).verdict is Verdict.EXPLAINED


def test_a_payment_that_the_balance_may_not_show_is_in_doubt(opened: World) -> None:
    opened.create(order())
    proof = measure(opened, after=TOLERANCE / 1000 - 1)
    assert proof.closing.in_doubt == _AMOUNT + _FEE


def test_the_api_shows_proof_and_readings(opened: World) -> None:
    pay(opened)
    measure(opened)
    shown = opened.request("GET", "/v1/balance-proof").body
    assert shown["proof"]["verdict"] == "EXPLAINED"
    assert shown["proof"]["paid"] == {"value": "200000.00", "currency": "IDR"}
    assert shown["proof"]["difference"] == {"value": "0.00", "currency": "IDR"}
    assert [each["available"]["value"] for each in shown["readings"]] == ["1000000000.00", "999795500.00"]


def test_a_day_without_readings_has_no_proof(world: World) -> None:
    shown = world.request("GET", "/v1/balance-proof", query={"day": "2024-09-17"}).body
    assert shown == {"day": "2024-09-17", "proof": None, "readings": []}


def test_the_metric_is_the_fall_in_rupiah_rounded_up(opened: World) -> None:
    assert opened.call_poller({"measure": "deposit"}, Context(lambda: 60_000))["BalanceDecrease"] == 0
    set_balance(opened, balance(opened) - 1_01)
    opened.clock.advance(_QUARTER)
    assert opened.call_poller({"measure": "deposit"}, Context(lambda: 60_000))["BalanceDecrease"] == 2


def test_an_unreadable_ledger_publishes_no_zero(opened: World) -> None:
    opened.clock.advance(_QUARTER)
    opened.faults.throttle("GetItem", times=9)
    opened.faults.throttle("Query", times=9)
    measured = opened.call_poller({"measure": "deposit"}, Context(lambda: 60_000))
    assert "BalanceDecrease" not in measured
    assert measured["BalanceProved"] == 0


def test_a_return_that_the_balance_may_not_show_is_no_decrease(opened: World) -> None:
    reference = pay(opened, beneficiaryAccountNumber="7746555134")
    opened.clock.advance(400)
    opened.get(reference, refresh=True)
    set_balance(opened, balance(opened) - _AMOUNT)
    assert measure(opened, after=10).decrease == 0
    set_balance(opened, balance(opened) + _AMOUNT)
    assert measure(opened).verdict is Verdict.EXPLAINED


@pytest.mark.parametrize(("charged", "decrease"), [(UNSTATED_FEE, 0), (UNSTATED_FEE + 1_00, 1_00)])
def test_a_fee_that_doku_did_not_state_is_no_decrease(charged: int, decrease: int) -> None:
    opening = Reading(0, 1, 10**12, Sums(), starts=True)
    closing = Reading(2, 3, 10**12 - _AMOUNT - charged, Sums(paid=_AMOUNT, unstated_fees=1))
    proof = prove([opening, closing])
    assert proof is not None
    assert proof.decrease == decrease
