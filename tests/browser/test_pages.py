"""Every page: in both languages, on a phone and a desk, light and dark, for those who do not see it, and guarded."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.stack import LocalStack
from tests.browser.setup import AXE
from tests.browser.visitor import Visitor

PAGES = {
    "/new": ("New transfer", "Transfer baru"),
    "/transfers": ("Transfers", "Transfer"),
    "/attention": ("Needs attention", "Perlu perhatian"),
    "/balance": ("Balance", "Saldo"),
    "/codes?code=4034314": ("Explain a code", "Arti sebuah kode"),
    "/settings": ("Settings", "Pengaturan"),
    "/simulator": ("Simulator", "Simulator"),
    "/webhooks": ("Webhooks", "Webhook"),
}
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
INDONESIAN = {"locale": "id-ID"}


def settled(page: Page) -> None:
    """Wait until nothing is being loaded."""
    expect(page.locator(".loading")).to_have_count(0, timeout=60_000)


def everything(visitor: Visitor) -> Iterator[str]:
    """Open one page after the other, those of a transfer included; a name for each."""
    reference = visitor.check(name="Agus Wijaya")
    yield "check"
    visitor.page.locator("#agreed").check()
    visitor.page.locator("#send").click()
    expect(visitor.page.locator(".status-card")).to_be_visible()
    for path in (f"/transfers/{reference}", "/transfers/NO-SUCH-TRANSFER", *PAGES):
        visitor.open(path)
        settled(visitor.page)
        yield path


@pytest.mark.parametrize("options", [INDONESIAN])
def test_it_speaks_indonesian_and_switches(visitor: Visitor) -> None:
    page = visitor.page
    for path, (_, indonesian) in PAGES.items():
        visitor.open(path)
        expect(page.locator("h1")).to_have_text(indonesian)
    visitor.pay(name="Suhut")
    visitor.expect_status("Sudah dibayarkan")
    expect(page.locator(".amount-line")).to_have_text("Rp 200.000")
    assert page.evaluate("document.documentElement.lang") == "id"

    page.locator("#language").select_option("en")

    visitor.expect_status("Paid")
    expect(page.locator(".amount-line")).to_have_text("Rp 200,000")
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark"} | PHONE | INDONESIAN])
def test_every_page_fits_and_breaks_no_rule_of_accessibility(visitor: Visitor) -> None:
    visitor.trouble_expected = True  # for the transfer that is none
    visitor.page.add_init_script(path=AXE)  # not as an element of the page, whose policy lets no other script in
    for name in everything(visitor):
        width = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1], name
        found = visitor.page.evaluate("axe.run({resultTypes: ['violations']})")
        broken = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]
        assert broken == [], name


def test_a_list_goes_on_by_its_cursor_and_by_status(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/transfers?status=UNPAID")
    settled(page)
    known = page.locator("tbody tr").count()
    token = {"Authorization": f"Bearer {stack.token()}", "Content-Type": "application/json"}
    for number in range(27 - known):
        order = {
            "partnerReferenceNo": f"LIST-{number}",
            "customerNumber": "628115678890",
            "beneficiaryAccountNumber": "1234500077",
            "beneficiaryBankCode": "008",
            "beneficiaryAccountName": "SITI RAHAYU",
            "amount": {"value": "200000.00", "currency": "IDR"},
        }
        answer = page.request.post(f"{stack.api_url}/v1/transfers", headers=token, data=json.dumps(order))
        assert answer.json()["status"] == "UNPAID"
    visitor.open("/transfers")
    page.locator("#status").select_option("UNPAID")
    expect(page.locator("tbody tr")).to_have_count(25)

    page.get_by_role("button", name="Show more").click()

    expect(page.locator("tbody tr")).to_have_count(27)
    expect(page.locator(".more")).to_have_text("27 in all")
    expect(page.locator("tbody tr a").nth(25)).to_be_focused()


def test_dead_notifications_are_shown(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    unpaid = {"transactionId": "DK0018353", "sendTrxId": "PAY-GONE", "transactionStatus": "50", "message": "Approve"}
    kept = {"kind": "unpaid", "body": json.dumps(unpaid), "receivedAt": 1726558912022, "requestId": "r-1"}
    for body in ("no JSON", json.dumps(kept)):
        stack.aws.sqs.send_message(QueueUrl=stack.queue_url("NotificationDeadLetterQueue"), MessageBody=body)

    visitor.open("/attention")

    expect(page.locator(".plain-list li").filter(has_text="Not a notification from DOKU")).to_be_visible()
    known = page.locator(".plain-list li").filter(has_text="unpaid about PAY-GONE")
    expect(known).to_contain_text("17 Sept 2024, 14:41:52 WIB · Approve")
    settled(page)


def test_a_code_is_explained_in_all_three_systems(visitor: Visitor) -> None:
    page = visitor.page
    for system, code, meaning in (
        ("snap", "4034314", "Insufficient Funds"),
        ("glossary", "INVALID_PARAMETER", "Required field is missing"),
        ("biller", "U001", "Bill already paid"),
    ):
        visitor.open("/codes")
        page.locator("#code").fill(code)
        page.locator("#system").select_option(system)
        page.get_by_role("button", name="Explain").click()
        expect(page.locator("article").first).to_contain_text(meaning)
        expect(page.locator("article").first).to_contain_text("What to do")


def test_the_page_cannot_be_framed_or_run_foreign_code(stack: LocalStack, visitor: Visitor) -> None:
    visitor.open()
    answer = visitor.page.request.get(f"{stack.api_url}/")

    policy: dict[str, Any] = dict(
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert visitor.page.evaluate("sessionStorage.getItem('console.token') in Object.values(localStorage)") is False
    assert stack.token()[:20] not in visitor.page.url
