"""What keeps a transfer from being sent, in a real browser: balance, stop, limit, name and reference."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Route, expect

from local.stack import LocalStack
from payouts.store.kill_switch import KillSwitchStore, Turned
from payouts.store.table import Table
from tests.browser.steps import debits, sent
from tests.browser.visitor import Visitor


def test_without_balance_nothing_is_paid(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    reference = visitor.check()
    stack.simulator.deposit("1000.00")  # somebody else spends it meanwhile
    page.locator("#send").click()

    visitor.expect_status("Failed: not paid")
    expect(page.locator(".knowledge")).to_contain_text("Top up the balance")
    expect(page.locator(".facts")).to_contain_text("4034314")
    expect(page.locator(".facts")).to_contain_text("None: DOKU did not execute the request")
    assert debits(stack, reference) == []

    page.locator("#pay-again").click()
    expect(page.locator("#account")).to_have_value("8377388292")
    expect(page.locator("#amount")).to_have_value("200,000")
    expect(page.locator("#reference")).not_to_have_value(reference)


def test_more_than_the_balance_is_not_offered(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    stack.simulator.deposit("567289.00")
    visitor.open()
    expect(page.locator(".funds-line")).to_contain_text("Available: Rp 567,289")
    reference = visitor.fill(amount="12345678")
    expect(page.locator(".funds-line")).to_contain_text("More than the available balance")
    page.locator("#continue").click()

    expect(page.locator(".notice.bad")).to_contain_text("Rp 11,782,889 is missing")
    expect(page.locator("#send")).to_have_count(0)
    stack.simulator.deposit("12350178.00")
    page.locator("#again").click()

    expect(page.locator(".sums")).to_contain_text("Balance afterwards")
    page.locator("#send").click()
    visitor.expect_status("Paid")
    assert len(debits(stack, reference)) == 1


def test_a_balance_that_cannot_be_read_stops_nobody(visitor: Visitor) -> None:
    visitor.trouble_expected = True
    visitor.page.route("**/v1/balance", lambda route: route.fulfill(status=403, json={"message": "Forbidden"}))
    visitor.pay()
    visitor.expect_status("Paid")


@contextmanager
def stopped(stack: LocalStack) -> Iterator[None]:
    """New transfers are stopped. Functions read the switch at most every 30 seconds, so the clock moves on."""
    store = KillSwitchStore(Table(stack.aws.dynamodb, stack.table_name))

    def turn(to: bool) -> None:
        store.turn(Turned(to, "Dewi", "ticket 4711", int(stack.clock() * 1000)))
        stack.simulator.advance(31)

    turn(True)
    try:
        yield
    finally:
        turn(False)


def test_a_stop_is_announced_before_anything_is_typed(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    with stopped(stack):
        visitor.open()
        expect(page.locator(".notice.bad h2")).to_have_text("New transfers are stopped")
        visitor.fill()
        page.locator("#continue").click()
        expect(page.locator("#again")).to_have_text("Check again")
        expect(page.locator("#send")).to_have_count(0)

    page.locator("#again").click()
    page.locator("#send").click()
    visitor.expect_status("Paid")


def test_a_stop_after_the_check_is_called_a_stop(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    visitor.trouble_expected = True
    reference = visitor.check()
    with stopped(stack):
        page.locator("#send").click()
        expect(page.locator(".form .notice.bad h2")).to_have_text("New transfers are stopped")
        expect(page.locator(".form .notice.bad")).to_contain_text("Nothing was sent. No money has moved.")
        expect(page.locator(".notice.bad")).to_have_count(1)
    assert sent(stack, reference) == 0


@pytest.mark.parametrize(
    ("retryable", "title"), [(False, "The daily limit is reached"), (True, "Too many requests at once")]
)
def test_a_limit_of_the_day_is_not_called_too_many_requests(visitor: Visitor, retryable: bool, title: str) -> None:
    body = {
        "status": "FAILED",
        "response_code": "TOO_MANY_REQUESTS",
        "response_message": "the limit of 1 transfers a day for this deployment leaves no room for this transfer",
        "request_id": "r-1",
        "retryable": retryable,
    }
    page = visitor.page
    visitor.trouble_expected = True
    page.route("**/v1/transfers", lambda route: route.fulfill(status=429, json=body, headers={"Retry-After": "36000"}))
    visitor.check()
    page.locator("#send").click()

    expect(page.locator(".notice.bad h2")).to_have_text(title)


def test_another_name_at_the_bank_stops_until_it_is_confirmed(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    reference = visitor.check(name="Agus Wijaya")

    expect(page.locator(".notice")).to_contain_text("You typed “Agus Wijaya”, the bank says “SUHUT”.")
    page.locator("#send").click()
    expect(page.locator("#agreed-error")).to_be_visible()
    assert sent(stack, reference) == 0

    page.locator("#agreed").check()
    page.locator("#send").click()
    visitor.expect_status("Paid")
    assert len(debits(stack, reference)) == 1


def standing_transfer(visitor: Visitor, next_action: str | None) -> str:
    """Come to the page of a 409: the reference is taken by a transfer of another amount. Returns the reference.

    `next_action` replaces that of the transfer in the API's answer; None takes the transfer out of the answer.
    """
    page = visitor.page
    visitor.trouble_expected = True
    reference = visitor.pay()
    visitor.open()
    visitor.fill(amount="300000", reference=reference)

    def name_the_transfer(route: Route) -> None:
        answer = route.fetch()
        assert answer.status == 409
        transfer = {"partnerReferenceNo": reference, "status": "FAILED", "nextAction": next_action}
        body = {name: value for name, value in answer.json().items() if name != "transfer"}
        route.fulfill(response=answer, json={**body, **({"transfer": transfer} if next_action else {})})

    page.route("**/v1/transfers", name_the_transfer)
    page.locator("#continue").click()
    page.locator("#send").click()
    expect(page.locator("h1")).to_have_text("Not sent: this reference or account check was used before")
    page.unroute("**/v1/transfers")
    return reference


@pytest.mark.parametrize(
    ("next_action", "words"),
    [
        ("WAIT", "Wait. Status checks continue; do not pay again."),
        ("ASK_DOKU", "Ask DOKU support before you pay again."),
        ("SETTLE", "DOKU’s answers conflict. Do not pay again"),
    ],
)
def test_a_taken_reference_offers_no_second_payment(
    stack: LocalStack, visitor: Visitor, next_action: str, words: str
) -> None:
    page = visitor.page
    reference = standing_transfer(visitor, next_action)

    expect(page.locator("main")).to_contain_text(words)
    expect(page.get_by_role("button", name="Pay again under a new reference")).to_have_count(0)
    expect(page.locator("#reference")).to_have_count(0)
    page.get_by_role("button", name=f"Open transfer {reference}").click()
    visitor.expect_status("Paid")
    assert [debit["amount"] for debit in debits(stack, reference)] == ["200000.00"]


def test_a_taken_reference_stays_in_the_form(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    reference = standing_transfer(visitor, None)

    expect(page.get_by_role("button", name="Pay again under a new reference")).to_have_count(0)
    page.get_by_role("button", name="Back to the details").click()
    expect(page.locator("#reference")).to_have_value(reference)
    assert len(debits(stack, reference)) == 1


@pytest.mark.parametrize(
    ("next_action", "words"),
    [
        ("TOP_UP", "Top up the balance, then pay again under a new reference."),
        ("CORRECT_AND_RESEND", "Not paid. Correct the details and pay again under a new reference."),
    ],
)
def test_a_failed_transfer_may_be_paid_again(visitor: Visitor, next_action: str, words: str) -> None:
    page = visitor.page
    reference = standing_transfer(visitor, next_action)

    expect(page.locator("main")).to_contain_text(words)
    page.get_by_role("button", name="Pay again under a new reference").click()
    expect(page.locator("#account")).to_have_value("8377388292")
    expect(page.locator("#reference")).not_to_have_value(reference)
    expect(page.locator("#reference")).not_to_have_value("")
