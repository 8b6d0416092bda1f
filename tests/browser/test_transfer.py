"""Making a transfer and following it, in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from local.stack import LocalStack
from payouts.store.kill_switch import KillSwitchStore, Turned
from payouts.store.table import Table
from tests.browser.visitor import Visitor


def sent(stack: LocalStack, reference: str) -> int:
    requests = stack.simulator.ledger()["requests"]
    return sum((one["operation"], one["partnerReferenceNo"]) == ("transfer", reference) for one in requests)


def debits(stack: LocalStack, reference: str) -> list[dict[str, Any]]:
    return [one for one in stack.simulator.ledger()["debits"] if one["partnerReferenceNo"] == reference]


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
