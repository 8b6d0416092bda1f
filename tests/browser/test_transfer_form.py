"""The form of a transfer, in a real browser."""

import pytest
from playwright.sync_api import Route, expect

from local.stack import LocalStack
from tests.browser.visitor import Visitor


def test_the_form_says_what_is_wrong_at_the_field(visitor: Visitor) -> None:
    page = visitor.page
    visitor.trouble_expected = True
    visitor.open()

    page.locator("#continue").click()
    expect(page.locator("#bank")).to_be_focused()
    expect(page.locator("#account-error")).to_have_text("Required")

    visitor.fill(amount="250")
    page.locator("#continue").click()

    expect(page.locator("#amount-error")).to_contain_text("from Rp 10,000 to")
    expect(page.locator("#amount")).to_be_focused()


def test_what_is_typed_while_the_banks_are_loaded_counts(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open()
    visitor.fill(bank="014")
    waiting: list[Route] = []
    page.route("**/v1/banks*", lambda route: waiting.append(route))
    with page.expect_request("**/v1/banks*"):
        page.reload()
    expect(page.locator("#bank")).to_have_value("014")

    page.locator("#bank").fill("mandiri")
    waiting[0].continue_()

    expect(page.locator("[role=option]").first).to_contain_text("Mandiri")
    expect(page.locator("#bank")).to_have_value("mandiri")


@pytest.mark.parametrize(("typed", "code"), [("014", "014"), ("bca", "014"), (" Bca ", "014")])
def test_a_bank_may_be_typed_by_its_code_or_short_name(visitor: Visitor, typed: str, code: str) -> None:
    page = visitor.page
    visitor.open()
    page.locator("#bank").fill(typed)
    expect(page.locator("[role=option]").first).to_be_visible()
    page.locator("#account").fill("no digits")
    page.locator("#continue").click()

    expect(page.locator("#bank-error")).to_be_hidden()
    expect(page.locator("#account")).to_be_focused()
    assert page.evaluate("JSON.parse(sessionStorage.getItem('console.draft')).beneficiaryBankCode") == code


@pytest.mark.parametrize(
    ("loaded", "typed", "said"),
    [
        (True, "Central", "Choose one, or use the code as offered."),
        (True, "", "Required"),
        (False, "Bank Central", "The list could not be loaded"),
        (False, "014", ""),
        (False, "GOPAY", ""),
    ],
)
def test_the_bank_field_says_what_to_do(visitor: Visitor, loaded: bool, typed: str, said: str) -> None:
    page = visitor.page
    visitor.trouble_expected = True
    if not loaded:
        page.route("**/v1/banks*", lambda route: route.fulfill(status=403, json={"message": "Forbidden"}))
    visitor.open()
    page.locator("#bank").fill(typed)
    if typed:
        expect(page.locator("#bank-list")).to_be_visible()
    page.locator("#continue").click()

    expect(page.locator("#account-error")).to_have_text("Required")
    expect(page.locator("#bank-error")).to_contain_text(said)
    expect(page.locator("#bank-error")).to_be_visible(visible=bool(said))


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("", "Bank Central Asia (BCA)"),
        ("bsi", "Bank Syariah Indonesia"),
        ("jago", "Bank Jago"),
        ("seabank", "SeaBank"),
        ("allo", "Allo Bank"),
    ],
)
def test_the_bank_picker_knows_brands_and_lists_by_use(visitor: Visitor, typed: str, first: str) -> None:
    page = visitor.page
    visitor.open()
    page.locator("#bank").press_sequentially(typed) if typed else page.locator("#bank").press("ArrowDown")
    expect(page.locator("[role=option]").first).to_contain_text(first)


AMOUNTS = {
    "200000": "200,000",
    "200000.00": "200,000",
    "200000,00": "200,000",
    "200.000,00": "200,000",
    "200,000.00": "200,000",
    "Rp 200,000.00": "200,000",
    "200.000": "200,000",
    "0200000": "200,000",
    "1.500.000": "1,500,000",
    "1,500,000": "1,500,000",
    "999999999999999": "999,999,999,999,999",
    "100000,50": "Whole rupiah without sen",
    "200000.5": "Whole rupiah without sen",
    "200.000,50": "Whole rupiah without sen",
    "200000,000": "Whole rupiah without sen",
    "2e5": "Whole rupiah without sen",
    "-200000": "Whole rupiah without sen",
    "1234567890123456": "Too large: 15 digits at most",
}
"""What is given, and what the field then shows, or says against it."""


@pytest.mark.parametrize("options", [{}, {"locale": "id-ID"}])
@pytest.mark.parametrize("way", ["typed", "filled", "pasted"])
def test_an_amount_is_understood_or_refused(visitor: Visitor, way: str) -> None:
    page = visitor.page
    visitor.open()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    amount = page.locator("#amount")
    english = page.locator("html").get_attribute("lang") == "en"
    for text, outcome in AMOUNTS.items():
        amount.fill("")
        if way == "typed":
            amount.press_sequentially(text)
        elif way == "filled":
            amount.fill(text)
        else:
            page.evaluate("text => navigator.clipboard.writeText(text)", text)
            amount.press("Control+V")
        page.locator("#continue").click()

        if outcome[0].isdigit():
            expect(amount, text).to_have_value(outcome if english else outcome.replace(",", "."))
            expect(page.locator("#amount-error"), text).to_be_hidden()
            draft = page.evaluate("JSON.parse(sessionStorage.getItem('console.draft')).amount.value")
            assert draft == f"{outcome.replace(',', '')}.00"
        else:
            said = outcome if english else {"W": "Rupiah bulat tanpa sen", "T": "paling banyak 15 angka"}[outcome[0]]
            expect(page.locator("#amount-error"), text).to_contain_text(said)
            expect(page.locator(".words"), text).to_be_empty()


def test_an_amount_can_be_edited_across_separators(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open()
    amount = page.locator("#amount")
    amount.press_sequentially("200000")
    for key, shown in {
        "5": "2,000,005",
        "Backspace": "200,000",
        "Delete": "200,000",
        "Home": "200,000",
        "1": "1,200,000",
        "9": "19,200,000",
        "End": "19,200,000",
        "Control+A": "19,200,000",
        "7": "7",
    }.items():
        amount.press(key)
        expect(amount).to_have_value(shown)

    amount.fill("")
    amount.press_sequentially("200,000")
    amount.press("0")
    expect(amount).to_have_value("2,000,000")
    amount.fill("200,00")
    expect(amount).to_have_value("200")
    expect(page.locator(".words")).to_have_text("two hundred rupiah")


def test_back_returns_from_the_check_to_the_details(visitor: Visitor) -> None:
    page = visitor.page
    reference = visitor.check()
    page.go_back()
    expect(page.locator("#reference")).to_have_value(reference)
    expect(page.locator("#account")).to_have_value("8377388292")
    page.locator("#continue").click()
    expect(page.locator("#send")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(page.locator("#reference")).to_have_value(reference)


def test_by_keyboard_alone(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    visitor.open()
    keyboard = page.keyboard
    page.locator("h1").focus()
    keyboard.press("Tab")
    keyboard.type("central asia")
    expect(page.locator("[role=option]").first).to_be_visible()
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    for text in ("8377388292", "Suhut", "628115678890", "200000", "Invoice 4711"):
        keyboard.press("Tab")
        keyboard.type(text)
    keyboard.press("Enter")
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("h1")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(page.locator("#send")).to_be_focused()
    keyboard.press("Enter")

    visitor.expect_status("Paid")
    keyboard.press("Tab")
    expect(page.locator("#proof")).to_be_focused()
