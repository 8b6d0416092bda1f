"""A transfer after it was sent, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from local.stack import LocalStack
from tests.browser.visitor import Visitor


def test_a_paid_transfer_has_a_ticket_and_a_proof(visitor: Visitor) -> None:
    page = visitor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reference = visitor.pay()
    visitor.expect_status("Paid")
    external_id = page.locator(".facts dd .code").nth(2).inner_text()

    page.locator("#ticket").click()
    ticket = page.evaluate("navigator.clipboard.readText()")
    assert f"partnerReferenceNo: {reference}" in ticket
    assert f"X-EXTERNAL-ID: {external_id}" in ticket
    assert re.search(r"referenceNo \(DOKU\): DK\d+", ticket)
    assert "STATUS_CHECK SUCCESS" in ticket

    page.locator("#proof").click()
    proof = page.locator(".proof")
    for text in ("Rp 200,000", "two hundred thousand", "SUHUT", "BCA", "8377388292", reference):
        expect(proof).to_contain_text(text)


def test_a_refunded_transfer_has_no_proof(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    reference = visitor.pay(account="7746555134", name="Dewi Lestari")
    visitor.expect_status("Paid")
    stack.simulator.advance(301)
    visitor.expect_status("Refunded: the money came back")

    expect(page.locator("#proof")).to_have_count(0)
    expect(page.locator(".knowledge")).to_contain_text("Check the account with the recipient before you pay again.")
    visitor.open("/attention")
    expect(page.locator(".group").filter(has_text="Refunded")).to_contain_text(reference)
    visitor.open(f"/proof/{reference}")
    expect(page.locator("main")).to_contain_text("This transfer was refunded")
    expect(page.locator("#print")).to_have_count(0)


def test_the_simulators_clock_moves_beside_the_transfer(visitor: Visitor) -> None:
    visitor.pay(bank="008", account="1234500077", name="Siti Rahayu")
    visitor.page.locator("#advance").click()
    visitor.expect_status("Paid")
    expect(visitor.page.locator(".timeline")).to_contain_text("DOKU sent a notification")


def test_progress_and_refund_appear_while_watching(stack: LocalStack, visitor: Visitor) -> None:
    visitor.pay(account="7746555134", name="Dewi Lestari")
    visitor.expect_status("Paid")

    stack.simulator.advance(301)

    visitor.expect_status("Refunded: the money came back")
    expect(visitor.page.locator("#announcer")).to_have_text("Refunded: the money came back")
    expect(visitor.page.locator(".timeline")).to_contain_text("DOKU sent a notification")


def test_an_open_transfer_is_listed_folded_away(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    reference = visitor.pay(bank="008", account="1234500077", name="Siti Rahayu")

    visitor.expect_status("DOKU is working on it, not paid yet")
    expect(page.locator(".knowledge")).to_contain_text("Whether and when the recipient is paid.")
    visitor.open("/attention")
    group = page.locator(".group").filter(has_text="With DOKU, not paid yet")
    expect(group.get_by_role("row")).to_have_count(0)
    group.locator("summary").click()
    expect(group.get_by_role("row").filter(has_text=reference)).to_be_visible()

    stack.simulator.advance(241)
    visitor.open(f"/transfers/{reference}")
    page.locator("#check").click()
    visitor.expect_status("Paid")


@pytest.mark.parametrize("options", [{"locale": "id-ID"}])
def test_the_next_action_of_a_transfer_is_shown_in_words(visitor: Visitor, options: dict[str, Any]) -> None:
    page = visitor.page
    reference = visitor.pay()

    def ask_doku(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "nextAction": "ASK_DOKU"})

    page.route(f"**/v1/transfers/{reference}*", ask_doku)
    visitor.open(f"/transfers/{reference}")
    page.reload()

    expect(page.locator(".knowledge")).to_contain_text("Tanyakan kepada layanan bantuan DOKU sebelum membayar lagi.")
