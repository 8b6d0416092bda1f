"""What finance and the support desk do: the proof of the balance, notes, and settling a transfer."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from local.stack import LocalStack
from tests.browser.visitor import Visitor


def test_the_overview_proves_the_balance(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    stack.tick()
    visitor.pay()
    visitor.expect_status("Paid")
    stack.simulator.advance(901)
    stack.tick()
    visitor.open("/overview")
    proof = page.locator(".overview-proof")
    expect(proof.get_by_role("img")).to_have_accessible_name(re.compile(r"^Balance from Rp\s[0-9,]+ at "))
    for name in ("Opening", "Paid", "Fees", "Returned", "Expected", "Actual", "Difference"):
        expect(proof.get_by_role("row").filter(has_text=name)).to_have_count(1)
    expect(proof.get_by_role("row").filter(has_text="Actual")).to_contain_text("Rp 999,795,500")


def test_an_unexplained_fall_is_at_the_top(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    stack.tick()
    stack.simulator.deposit("999000000.00")
    stack.simulator.advance(901)
    stack.tick()
    visitor.open("/overview")
    expect(page.locator(".overview-fall .alarm")).to_contain_text("more than the recorded transfers explain")


def test_a_note_is_added_and_stays(visitor: Visitor) -> None:
    page = visitor.page
    reference = visitor.pay()
    expect(page.get_by_text("No notes yet.")).to_be_visible()
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#note-error")).to_have_text("Enter a text.")
    page.locator("#note").fill("Asked DOKU, <b>ticket</b> 4711")
    page.keyboard.press("Enter")
    expect(page.locator(".notes li")).to_contain_text("Asked DOKU, <b>ticket</b> 4711")
    expect(page.locator(".notes li")).to_contain_text("local-merchant · ")
    expect(page.locator("#note")).to_have_value("")
    visitor.open(f"/transfers/{reference}")
    expect(page.locator(".notes li")).to_have_count(1)


def dispute(stack: LocalStack, visitor: Visitor) -> None:
    visitor.pay()
    visitor.expect_status("Paid")
    expect(visitor.page.locator("#settle")).to_have_count(0)
    stack.simulator.fault("status", "status-says", latestTransactionStatus="06", times=3)
    stack.simulator.advance(11)
    visitor.page.locator("#check").click()
    visitor.expect_status("DOKU’s answers conflict")


@pytest.mark.parametrize("options", [{}, {"viewport": {"width": 390, "height": 844}, "is_mobile": True}])
def test_a_disputed_transfer_is_settled(stack: LocalStack, visitor: Visitor, options: dict[str, Any]) -> None:
    page = visitor.page
    dispute(stack, visitor)
    page.locator("#settle summary").click()
    page.get_by_role("button", name="Settle", exact=True).click()
    expect(page.locator("#verdict-error")).to_have_text("Choose an outcome.")
    page.locator("#verdict").select_option("SUCCESS")
    page.locator("#reason").fill("DOKU ticket 4711")
    page.get_by_role("button", name="Settle", exact=True).click()
    visitor.expect_status("Paid")
    expect(page.locator(".timeline")).to_contain_text("local-merchant: DOKU ticket 4711")
    expect(page.locator("#proof")).to_have_count(0)


def test_a_change_meanwhile_is_not_settled_over(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    dispute(stack, visitor)
    page.locator("#settle summary").click()
    page.locator("#verdict").select_option("FAILED")
    page.locator("#reason").fill("DOKU ticket 4711")
    visitor.trouble_expected = True
    page.route("**/settlement", lambda route: route.continue_(post_data=older(route.request.post_data_json)))
    page.get_by_role("button", name="Settle", exact=True).click()
    expect(page.locator("#settle [role=alert]")).to_contain_text("changed while you decided")
    expect(page.locator("#reason")).to_have_value("DOKU ticket 4711")

    page.unroute("**/settlement")
    page.get_by_role("button", name="Settle", exact=True).click()
    visitor.expect_status("Failed: not paid")


def older(body: dict[str, Any]) -> dict[str, Any]:
    """The request of a page that shows an earlier version."""
    return {**body, "version": body["version"] - 1}
