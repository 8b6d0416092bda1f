"""The Batches pages: names beside each other, decisions, submission, and approval by another person."""

import csv
import io
import itertools
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from local.stack import LocalStack
from tests.browser.setup import AXE
from tests.browser.steps import approve, wait_for
from tests.browser.visitor import Visitor

_numbers = itertools.count(1)
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True, "locale": "id-ID"}
GOOD, TITLE, OTHER, CUT = "83773882", "99900002", "99900003", "99900001"
"""Beginnings of accounts: the bank has the given name, adds a title, has another name, or cuts it."""


def transfer(beginning: str, name: str, amount: str = "50000.00") -> dict[str, Any]:
    """A row for an account that no other row has."""
    return {
        "customerNumber": "628115678890",
        "beneficiaryBankCode": "014",
        "beneficiaryAccountNumber": f"{beginning}{next(_numbers):04}",
        "beneficiaryAccountName": name,
        "amount": {"value": amount, "currency": "IDR"},
    }


def create(stack: LocalStack, *transfers: dict[str, Any]) -> str:
    """Create a batch as the merchant; its reference."""
    reference = f"JAN-{next(_numbers)}"
    headers = {"Authorization": f"Bearer {stack.token()}"}
    body = {"batchReference": reference, "remark": "Salaries", "transfers": transfers}
    answer = requests.post(f"{stack.api_url}/v1/batches", json=body, headers=headers, timeout=30)
    assert answer.status_code == 201, answer.text
    return reference


def open_batch(visitor: Visitor, reference: str, status: str) -> Page:
    visitor.open(f"/batches/{reference}")
    expect(visitor.page.locator(".status-line")).to_have_text(status, timeout=60_000)
    expect(visitor.page.locator(".loading")).to_have_count(0)
    return visitor.page


def test_a_batch_is_decided_approved_and_paid(stack: LocalStack, visitor: Visitor) -> None:
    rows = (
        transfer(GOOD, "ANI"),
        transfer(TITLE, "BUDI SANTOSO"),
        transfer(OTHER, "CITRA"),
        transfer(GOOD, "DEWI", "1.500"),
    )
    reference = create(stack, *rows)
    page = open_batch(visitor, reference, "Needs a decision")

    table = page.locator(".rows tbody tr")
    expect(table).to_have_count(2)  # another name comes first
    expect(table.nth(0).locator(".given")).to_have_text("BUDI SANTOSO")
    expect(table.nth(0).locator(".at-bank")).to_contain_text("BPK BUDI SANTOSO")
    expect(table.nth(0)).to_contain_text("only the title differs")
    page.locator("#row-2").check()
    page.locator("#rows-confirm").click()
    expect(table.nth(0)).to_contain_text("confirmed")
    page.locator("#row-3").check()
    page.locator("#rows-exclude").click()
    expect(table).to_have_count(1)
    page.locator("#rows-INVALID").click()
    expect(table).to_contain_text("Amount: must be whole rupiah")
    page.locator("#rows-choose-all").check()
    page.locator("#rows-exclude").click()
    expect(page.locator(".status-line")).to_have_text("Ready to submit")
    expect(page.locator(".status-card .amount-line")).to_have_text("Rp 100,000")

    page.locator("#step-submission").click()
    expect(page.locator(".status-line")).to_have_text("Waiting for approval")
    expect(page.locator("#step-approve")).to_have_count(0)  # another person's
    page.locator("#person").select_option("approver")
    expect(page.locator("#step-approve")).to_be_visible()
    expect(page.locator("#step-withdrawal")).to_have_count(0)
    expect(page.locator(".pages .count")).to_contain_text("1")
    visitor.open("/overview")
    expect(page.locator(".overview-approvals")).to_contain_text("Batches that wait for your approval: 1")
    page.locator(".overview-approvals a").click()
    page.get_by_role("link", name=reference).click()
    page.locator("#comment").fill("Checked against the payroll")
    page.locator("#step-approve").click()
    expect(page.locator(".status-line")).to_have_text("Sent, waiting for outcomes", timeout=60_000)
    wait_for(stack, page, "Done")
    page.locator("#rows-all").click()
    expect(table.nth(0)).to_contain_text("Paid")
    expect(table.nth(2)).to_contain_text("Excluded")
    expect(page.locator(".plain-list")).to_contain_text("Checked against the payroll")
    assert len(stack.simulator.ledger()["debits"]) == 2

    with page.expect_download() as saved:
        page.locator("#rows-export").click()
    content = saved.value.path().read_text(encoding="utf-8-sig")
    exported = [(row["row"], row["outcome"], row["status"]) for row in csv.DictReader(io.StringIO(content))]
    assert exported == [
        ("1", "OK", "SUCCESS"),
        ("2", "NAME_DIFFERS", "SUCCESS"),
        ("3", "EXCLUDED", ""),
        ("4", "EXCLUDED", ""),
    ]


def test_a_waiting_batch_is_cancelled(stack: LocalStack, visitor: Visitor) -> None:
    stack.simulator.deposit("1000.00")
    page = open_batch(visitor, create(stack, transfer(GOOD, "ANI")), "Ready to submit")
    expect(page.locator(".notice")).to_contain_text("is missing")
    approve(page, "Waiting for funds")

    page.locator(".confirm summary").click()
    page.locator("#step-cancellation").click()
    wait_for(stack, page, "Cancelled")
    assert stack.simulator.ledger()["debits"] == []


def test_a_batch_is_paused_resumed_and_paid(stack: LocalStack, visitor: Visitor) -> None:
    stack.simulator.deposit("1000.00")
    page = open_batch(visitor, create(stack, transfer(GOOD, "ANI")), "Ready to submit")
    approve(page, "Waiting for funds")

    page.locator("#step-pause").click()
    expect(page.locator(".status-line")).to_have_text("Paused")
    stack.simulator.deposit("1000000.00")
    stack.simulator.advance(61)
    stack.tick()
    page.reload()
    expect(page.locator(".status-card")).to_contain_text("Nothing is sent until it is resumed.")
    assert stack.simulator.ledger()["debits"] == []
    page.locator("#step-resume").click()
    wait_for(stack, page, "Done")
    assert len(stack.simulator.ledger()["debits"]) == 1


def test_withdrawal_gives_the_batch_back(stack: LocalStack, visitor: Visitor) -> None:
    page = open_batch(visitor, create(stack, transfer(GOOD, "ANI")), "Ready to submit")
    page.locator("#step-submission").click()
    expect(page.locator(".status-line")).to_have_text("Waiting for approval")
    page.locator("#step-withdrawal").click()
    expect(page.locator(".status-line")).to_have_text("Ready to submit")


def test_a_rejected_batch_says_why(stack: LocalStack, visitor: Visitor) -> None:
    page = open_batch(visitor, create(stack, transfer(GOOD, "ANI")), "Ready to submit")
    page.locator("#step-submission").click()
    page.locator("#person").select_option("approver")
    page.locator("#comment").fill("Wrong month")
    page.locator("#step-reject").click()
    expect(page.locator(".status-line")).to_have_text("Rejected")
    expect(page.locator(".plain-list")).to_contain_text("Wrong month")


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark"} | PHONE])
def test_batches_fit_and_break_no_rule_of_accessibility(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    page.add_init_script(path=AXE)
    reference = create(stack, transfer(CUT, "SITI NURHALIZA PERMATASARI"), transfer(GOOD, "ANI", "1.500"))
    pending = create(stack, transfer(GOOD, "ANI"))
    for path in ("/batches", "/batches?status=PENDING_APPROVAL", f"/batches/{reference}", f"/batches/{pending}"):
        visitor.open(path)
        expect(page.locator(".loading")).to_have_count(0, timeout=60_000)
        assert visitor.overflow() <= 0, path
        found = page.evaluate("axe.run({resultTypes: ['violations']})")
        broken = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]
        assert broken == [], path


def test_possible_duplicates_are_confirmed_and_shown(stack: LocalStack, visitor: Visitor) -> None:
    twice = [transfer(GOOD, "ANI")] * 2
    earlier = create(stack, *twice)
    page = open_batch(visitor, earlier, "Needs a decision")
    row = page.locator(".rows tbody tr")
    expect(row).to_contain_text("same account and amount as")
    page.locator("#row-2").check()
    page.locator("#rows-duplicates").click()
    expect(page.locator(".status-line")).to_have_text("Ready to submit")
    page.locator("#step-submission").click()
    expect(page.locator(".status-line")).to_have_text("Waiting for approval")

    visitor.trouble_expected = True  # the first submission is refused
    page = open_batch(visitor, create(stack, *twice), "Needs a decision")
    page.locator("#row-2").check()
    page.locator("#rows-duplicates").click()
    page.locator("#step-submission").click()
    expect(page.locator(".notice")).to_contain_text("Another batch pays the same list")
    page.locator("#step-submitAgain").click()
    expect(page.locator(".status-line")).to_have_text("Waiting for approval")
    page.locator("#person").select_option("approver")
    expect(page.locator(".notice")).to_contain_text("confirmed that all are to be paid again")
    expect(page.locator(".notice a")).to_have_text(earlier)


def test_a_choice_survives_a_change_that_is_being_sent(stack: LocalStack, visitor: Visitor) -> None:
    page = open_batch(visitor, create(stack, transfer(TITLE, "EKA"), transfer(TITLE, "EKA")), "Needs a decision")
    held: list[Route] = []
    page.route("**/rows", lambda route: held.append(route) if route.request.method == "PATCH" else route.fallback())
    page.locator("#row-1").check()
    page.locator("#rows-confirm").click()
    page.locator("#row-2").check()
    expect(page.locator("#rows-exclude")).to_be_disabled()
    held.pop().fallback()
    expect(page.locator(".rows tbody tr").nth(0)).to_contain_text("Confirmed by a person")
    expect(page.locator("#row-2")).to_be_checked()
    expect(page.locator("#row-1")).not_to_be_checked()


def test_keys_alone_are_enough(stack: LocalStack, visitor: Visitor) -> None:
    page = open_batch(visitor, create(stack, transfer(TITLE, "BUDI SANTOSO")), "Needs a decision")
    page.locator("#row-1").focus()
    page.keyboard.press("Space")
    expect(page.locator("#row-1")).to_be_focused()
    page.locator("#rows-confirm").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".status-line")).to_have_text("Ready to submit")
    page.locator("#step-submission").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".status-line")).to_have_text("Waiting for approval")


def test_an_unknown_batch_leads_back(visitor: Visitor) -> None:
    visitor.trouble_expected = True
    visitor.open("/batches/NO-SUCH-BATCH")
    visitor.page.get_by_text("There is no batch with this reference.").wait_for()
    visitor.page.locator(".empty a").click()
    expect(visitor.page.locator("h1")).to_have_text("Batches")
