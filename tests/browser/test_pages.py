"""Every page: in both languages, on a phone and a desk, light and dark, for those who do not see it, and guarded."""

import csv
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.stack import LocalStack
from tests.browser.setup import AXE
from tests.browser.visitor import Visitor

PAGES = {
    "/overview": ("Overview", "Ringkasan"),
    "/new": ("New transfer", "Transfer baru"),
    "/transfers": ("Transfers", "Transfer"),
    "/attention": ("Needs attention", "Perlu perhatian"),
    "/codes?code=4034314": ("Explain a code", "Arti sebuah kode"),
    "/settings": ("Settings", "Pengaturan"),
    "/simulator": ("Simulator", "Simulator"),
    "/webhooks": ("Webhooks", "Webhook"),
    "/batches": ("Batches", "Batch"),
    "/new-batch": ("New batch", "Batch baru"),
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
    own = (
        f"/transfers/{reference}",
        f"/proof/{reference}",
        f"/transfers?q={reference[:4]}",
        "/transfers/NO-SUCH-TRANSFER",
    )
    for path in (*own, "/no-such-page", *PAGES):
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
        assert visitor.overflow() <= 0, name
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
    page.locator("#status summary").click()
    page.locator("#status-UNPAID").check()
    expect(page.locator("tbody tr")).to_have_count(25)

    page.get_by_role("button", name="Show more").click()

    expect(page.locator("tbody tr")).to_have_count(27)
    expect(page.locator(".totals")).to_contain_text("27 in all")
    expect(page.locator(".totals")).to_contain_text("Total Rp 5,400,000")
    expect(page.locator("tbody tr a").nth(25)).to_be_focused()

    page.locator("tbody tr").nth(26).locator(".recipient").click()
    expect(page.locator(".status-card")).to_be_visible()
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(27)
    expect(page.locator("#status-UNPAID")).to_be_checked()


def test_several_statuses_may_be_chosen(visitor: Visitor) -> None:
    page = visitor.page
    paid, unpaid = visitor.pay(), visitor.pay(bank="008", account="1234500077", name="Siti Rahayu")
    visitor.open("/transfers?status=SUCCESS")
    expect(page.locator("tbody")).to_contain_text(paid)
    expect(page.locator("tbody")).not_to_contain_text(unpaid)

    page.locator("#status summary").click()
    page.locator("#status-UNPAID").check()

    expect(page.locator("tbody")).to_contain_text(unpaid)
    expect(page.locator("tbody")).to_contain_text(paid)


def test_a_search_finds_references_and_accounts(visitor: Visitor) -> None:
    page = visitor.page
    visitor.trouble_expected = True  # 404 for a text that is no reference of ours
    first = visitor.pay(bank="008", account="70010020030", name="Siti Rahayu")
    visitor.expect_status("Paid")
    doku_reference = page.locator(".facts dd .code").nth(1).inner_text()
    second = visitor.pay(bank="008", account="70010020030", name="Siti Rahayu", amount="300000")

    def search(text: str) -> None:
        visitor.open("/transfers")
        page.locator("#search").fill(text)
        page.locator("#search").press("Enter")

    search(first.lower())
    expect(page.locator("h1")).to_contain_text(first)
    search(doku_reference)
    expect(page.locator("tbody")).to_contain_text(first)
    expect(page.locator("tbody")).not_to_contain_text(second)
    search("70010020030")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".totals")).to_contain_text("Total Rp 500,000")
    search("NO-SUCH-THING")
    expect(page.locator(".empty")).to_contain_text("No transfer has this reference or account number.")


def test_an_export_is_safe_for_spreadsheets(visitor: Visitor) -> None:
    page = visitor.page
    reference = visitor.pay(remark="=HYPERLINK(1)", bank="008", account="0012300077", name="Siti, Rahayu")
    visitor.open("/transfers")

    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export CSV").click()

    text = downloading.value.path().read_text(encoding="utf-8-sig")
    rows = {row["partnerReferenceNo"]: row for row in csv.DictReader(text.splitlines())}
    assert rows[reference]["remark"] == "'=HYPERLINK(1)"
    assert rows[reference]["beneficiaryAccountNumber"] == "'0012300077"
    assert rows[reference]["beneficiaryAccountName"] == "SITI, RAHAYU"
    assert rows[reference]["amount"] == "200000.00"


def test_an_unknown_address_has_a_page_of_its_own(visitor: Visitor) -> None:
    for path in ("/no-such-page", "/new/PAY-0001", "/transfers/PAY-0001/more", "/constructor"):
        visitor.open(path)
        expect(visitor.page.locator("h1")).to_have_text("Page not found")
    visitor.page.get_by_role("main").get_by_role("link", name="Overview").click()
    expect(visitor.page.locator("h1")).to_have_text("Overview")


def test_the_overview_sums_the_day(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    visitor.pay()
    visitor.expect_status("Paid")
    visitor.open("/overview")
    expect(page.locator(".figure.main")).to_contain_text("Rp 999,795,500")
    row = page.locator(".overview-today").get_by_role("row").filter(has_text="Paid")
    count = int(row.locator(".strong").inner_text())
    expect(page.locator(".environment")).to_have_text("Local run: no real money")

    row.get_by_role("link").click()
    expect(page.locator(".totals")).to_contain_text(f"{count} in all")

    stack.simulator.fault("transfer", "garbage")
    stack.simulator.fault("status", "garbage", times=20)
    visitor.pay()
    visitor.open("/overview")
    expect(page.locator(".overview-open .notice.unknown")).to_contain_text("Outcome not known: 1.")
    stack.simulator.heal()

    stack.simulator.deposit("1000.00")
    page.locator("#refresh").click()
    expect(page.locator(".overview-funds .notice.bad")).to_contain_text("below its alert limit")


@pytest.mark.parametrize("options", [{"viewport": {"width": 390, "height": 844}, "is_mobile": True}])
def test_an_amount_never_breaks_inside_its_digits(visitor: Visitor, options: dict[str, Any]) -> None:
    visitor.check(amount="249999999")
    broken = """() => [...document.querySelectorAll('.amount-text, .number')].filter((each) => {
        const range = document.createRange();
        range.selectNodeContents(each);
        return range.getClientRects().length > 1;
    }).map((each) => each.textContent)"""
    assert visitor.page.locator(".amount-text").count() >= 4
    assert visitor.page.evaluate(broken) == []


def test_printing_leaves_the_navigation_out(visitor: Visitor) -> None:
    visitor.pay()
    visitor.expect_status("Paid")
    visitor.page.emulate_media(media="print")
    expect(visitor.page.locator("#header")).to_be_hidden()
    expect(visitor.page.locator("#check")).to_be_hidden()
    expect(visitor.page.locator(".status-line")).to_be_visible()


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
        page.get_by_role("button", name="Search").click()
        expect(page.locator("article").first).to_contain_text(meaning)
        expect(page.locator("article").first).to_contain_text("What to do")


def test_codes_are_found_by_words(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/codes")
    for words in ("insufficient funds", "Saldo deposit"):
        page.locator("#code").fill(words)
        page.get_by_role("button", name="Search").click()
        expect(page.locator("article h2").filter(has_text="4034314")).to_be_visible()
    page.locator("#code").fill("no such words at all")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".empty")).to_have_text("No code holds these words.")


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
