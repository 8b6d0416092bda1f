"""Sending a transfer once, in a real browser."""

from playwright.sync_api import Route, expect

from local.stack import LocalStack
from tests.browser.steps import debits, sent
from tests.browser.visitor import Visitor


def test_three_steps_pay_once_for_a_double_click(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    reference = visitor.check()

    expect(page.locator(".bank-name")).to_contain_text("SUHUT")
    expect(page.locator(".sums")).to_contain_text("Rp 4,500")
    expect(page.locator(".sums .total")).to_contain_text("Rp 204,500")
    page.locator("#send").dblclick()

    visitor.expect_status("Paid")
    assert page.url.endswith(f"#/transfers/{reference}")
    expect(page.locator(".timeline")).to_contain_text("DOKU accepted it")
    assert sent(stack, reference) == 1
    assert [debit["amount"] for debit in debits(stack, reference)] == ["200000.00"]
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('payouts.intent'))") == []

    page.get_by_role("link", name="Transfers").click()
    row = page.get_by_role("row").filter(has_text=reference)
    expect(row).to_contain_text("Rp 200,000")
    expect(row).to_contain_text("Paid")


def test_a_reload_amid_retries_keeps_the_key_and_pays_once(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    visitor.trouble_expected = True
    keys: list[str] = []

    def lose_the_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()  # it arrives, and the answer gets lost
        route.abort("connectionreset")

    page.route("**/v1/transfers", lose_the_answer)
    reference = visitor.check()
    with page.expect_event("requestfailed", lambda _: len(keys) >= 2):
        page.locator("#send").click()
    page.reload()

    expect(page.locator("#notices")).to_contain_text("it will not be paid twice")
    page.unroute("**/v1/transfers")
    with page.expect_request("**/v1/transfers") as resumed:
        page.locator("#notices a").click()
    visitor.expect_status("Paid")
    keys.append(resumed.value.headers["idempotency-key"])
    assert len(keys) >= 3
    assert len(set(keys)) == 1
    assert sent(stack, reference) == len(debits(stack, reference)) == 1
    expect(page.locator("#notices")).to_be_empty()


def test_a_gateway_that_is_down_for_a_moment_is_asked_again(stack: LocalStack, visitor: Visitor) -> None:
    visitor.trouble_expected = True
    answers = [503, 429]

    def refuse(route: Route) -> None:
        if answers:
            route.fulfill(status=answers.pop(0), json={"message": "Service Unavailable"}, headers={"Retry-After": "1"})
        else:
            route.continue_()

    visitor.page.route("**/v1/account-inquiries", refuse)
    visitor.check()
    assert answers == []


def test_offline_is_said_and_recovered_from(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    visitor.trouble_expected = True
    visitor.pay()
    visitor.expect_status("Paid")

    page.context.set_offline(True)
    expect(page.locator("main")).to_contain_text("The API does not answer")
    visitor.expect_status("Paid")
    page.context.set_offline(False)

    expect(page.locator("main")).not_to_contain_text("The API does not answer", timeout=40_000)


def test_no_answer_at_all_is_never_called_a_failure(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    visitor.trouble_expected = True
    page.route("**/v1/transfers", lambda route: route.abort("connectionreset"))
    reference = visitor.check()

    page.locator("#send").click()

    expect(page.locator("h1")).to_have_text("No answer yet: the money may have moved", timeout=40_000)
    page.unroute("**/v1/transfers")
    page.get_by_role("button", name="Send the same again").click()
    visitor.expect_status("Paid")
    assert sent(stack, reference) == len(debits(stack, reference)) == 1
