"""The console against a deployed API: signing in, a token by hand, and nothing of the local run."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from local.stack import LocalStack
from tests.browser.hosted import hosted
from tests.browser.visitor import Visitor


@pytest.fixture
def console(stack: LocalStack, visitor: Visitor) -> Iterator[Visitor]:
    with hosted(stack.api_url, stack.token) as url:
        visitor.url = url
        yield visitor
        visitor.page.close()


def test_signing_in_leaves_nothing_in_the_address(console: Visitor) -> None:
    page = console.page
    console.open("/overview")
    expect(page.locator("h1")).to_have_text("Settings")

    page.locator("#sign-in").click()

    expect(page.locator(".figure.main")).to_contain_text("Rp 1,000,000,000")
    assert page.url == f"{console.url}/#/overview"
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"


def test_an_unrequested_answer_signs_nobody_in(console: Visitor) -> None:
    page = console.page

    page.goto(f"{console.url}/?code=stolen&state=guessed")

    expect(page.locator("#notices")).to_contain_text("this is not the answer to our request")
    assert page.evaluate("sessionStorage.getItem('console.token')") is None


def test_a_token_by_hand_stays_in_its_tab(stack: LocalStack, console: Visitor) -> None:
    page = console.page
    console.open("/settings")
    page.locator("#token").fill(stack.token())
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".facts")).to_contain_text("local-merchant")

    console.pay()

    console.expect_status("Paid")
    expect(page.get_by_text("Simulator")).to_have_count(0)
    assert "eyJ" not in page.evaluate("JSON.stringify(localStorage)")
    console.open("/attention")
    expect(page.locator("pre").first).to_have_text("make explain ENV=production ARGS=--dead")


def test_a_token_that_ran_out_leads_to_the_settings(stack: LocalStack, console: Visitor) -> None:
    page = console.page
    console.trouble_expected = True
    console.open("/settings")
    page.locator("#token").fill(stack.token(exp=1))
    page.get_by_role("button", name="Save").click()
    console.open("/overview")

    expect(page.locator(".notice")).to_contain_text("The token is missing or has expired")
    page.get_by_role("link", name="Go to settings").click()
    expect(page.locator("h1")).to_have_text("Settings")
