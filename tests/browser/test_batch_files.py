"""A batch from a file: upload, what is wrong with a file, the result, and paying the failed rows again."""

import csv
import io
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from local.stack import LocalStack
from tests.browser.setup import AXE
from tests.browser.steps import approve, wait_for
from tests.browser.visitor import Visitor

_numbers = itertools.count(1)
_HEAD = "customerNumber,beneficiaryBankCode,beneficiaryAccountNumber,beneficiaryAccountName,amount"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "id-ID"}


def line(name: str, amount: str = "50000") -> str:
    """A row for an account that no other row has."""
    return f"628115678890,014,83774{next(_numbers):05},{name},{amount}"


def a_file(*lines: str, name: str = "payroll.csv") -> Any:
    """A CSV file as Playwright takes it."""
    content = "\r\n".join((_HEAD, *lines)).encode()
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def choose(visitor: Visitor, file: Any, **fields: str) -> str:
    """Open the form and fill it in; the reference."""
    visitor.open("/new-batch")
    page, reference = visitor.page, f"FILE-{next(_numbers)}"
    page.locator("#reference").fill(reference)
    page.locator("#file").set_input_files(file)
    for name, text in fields.items():
        page.locator(f"#{name}").fill(text)
    return reference


def upload(visitor: Visitor, file: Any, status: str, **fields: str) -> str:
    """Upload a file and wait for its batch's status; the reference."""
    reference = choose(visitor, file, **fields)
    visitor.page.locator("#upload").click()
    expect(visitor.page.locator("h1")).to_contain_text(reference)
    expect(visitor.page.locator(".status-line")).to_have_text(status, timeout=60_000)
    return reference


def test_a_file_becomes_a_checked_batch(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/batches")
    page.get_by_role("link", name="New batch").first.click()
    expect(page.locator("h1")).to_have_text("New batch")

    file = a_file(line("ANI"), line("BUDI"))
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    fields = {"remark": "Salaries", "count": "2", "total": "100000", "scheduled": f"{day}T09:00"}
    upload(visitor, file, "Ready to submit", **fields)

    expect(page.locator(".status-card .amount-line")).to_have_text("Rp 100,000")
    expect(page.locator(".facts")).to_contain_text(f"{day:%Y}, 09:00:00 WIB")
    expect(page.locator(".rows tbody tr")).to_have_count(2)
    expect(page.locator(".plain-list")).to_contain_text("rows read: 2")


def test_a_file_may_be_dropped_on_the_page(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/new-batch")
    dropped = page.evaluate_handle(
        "([name, text]) => { const data = new DataTransfer(); data.items.add(new File([text], name)); return data; }",
        ["payroll.csv", "\r\n".join((_HEAD, line("ANI")))],
    )
    page.locator("h1").dispatch_event("dragover", {"dataTransfer": dropped})
    expect(page.locator(".drop.over")).to_be_visible()
    page.locator("h1").dispatch_event("drop", {"dataTransfer": dropped})
    expect(page.locator(".drop")).to_contain_text("payroll.csv")
    page.locator("#upload").click()
    expect(page.locator(".status-line")).to_have_text("Ready to submit", timeout=60_000)


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ([], "Required"),
        (a_file(name="payroll.xls"), "Save the file as .xlsx first"),
        (a_file(name="payroll.pdf"), "Choose a .csv or .xlsx file"),
        ({"name": "payroll.csv", "mimeType": "text/csv", "buffer": b""}, "This file is empty"),
    ],
)
def test_a_wrong_file_is_not_uploaded(visitor: Visitor, file: Any, error: str) -> None:
    choose(visitor, file)
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.url))
    visitor.page.locator("#upload").click()
    expect(visitor.page.locator("#file-error")).to_contain_text(error)
    expect(visitor.page.locator("#file")).to_be_focused()
    assert sent == []


def test_other_totals_than_expected_can_be_corrected(visitor: Visitor) -> None:
    page, file = visitor.page, a_file(line("ANI"))
    upload(visitor, file, "Waiting for its rows", remark="Salaries", count="2")
    expect(page.locator(".notice.bad")).to_contain_text("You expected 2 payouts, but the file has 1.")

    page.locator("#upload-again").click()
    expect(page.locator("#remark")).to_have_value("Salaries")
    expect(page.locator("#count")).to_have_value("2")
    page.locator("#count").fill("1")
    page.locator("#file").set_input_files(file)
    page.locator("#upload").click()
    expect(page.locator(".status-line")).to_have_text("Ready to submit", timeout=60_000)


def test_an_interrupted_upload_is_sent_again(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    visitor.trouble_expected = True
    choose(visitor, a_file(line("ANI")))
    page.route(lambda url: not url.startswith(stack.api_url), lambda route: route.abort())
    page.locator("#upload").click()
    expect(page.locator(".notice.bad")).to_contain_text("The upload was interrupted")
    page.unroute_all()
    page.locator("#upload").click()
    expect(page.locator(".status-line")).to_have_text("Ready to submit", timeout=60_000)


@pytest.mark.parametrize("options", [PHONE])
def test_wrong_rows_are_explained_in_indonesian(visitor: Visitor) -> None:
    page = visitor.page
    upload(visitor, a_file(line("ANI", "1.500"), "628115678890,014,,BUDI,50000"), "Perlu keputusan")
    rows = page.locator(".rows tbody tr")
    expect(rows.nth(0)).to_contain_text("Jumlah: tulis angka saja")
    expect(rows.nth(1)).to_contain_text("Nomor rekening: kosong")
    assert visitor.overflow() <= 0


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"color_scheme": "dark"} | PHONE])
def test_the_form_breaks_no_rule_of_accessibility(visitor: Visitor) -> None:
    page = visitor.page
    page.add_init_script(path=AXE)
    visitor.open("/new-batch")
    page.locator("#upload").click()
    expect(page.locator("#file-error")).to_be_visible()
    assert visitor.overflow() <= 0
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    page.locator("#file").focus()
    expect(page.locator("#file")).to_be_focused()  # by keyboard, though it is not seen


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_templates_can_be_downloaded(visitor: Visitor, format_: str) -> None:
    visitor.open("/new-batch")
    with visitor.page.expect_download() as saved:
        visitor.page.get_by_role("link", name=format_.upper(), exact=True).click()
    assert saved.value.suggested_filename == f"payouts.{format_}"
    assert saved.value.path().stat().st_size > 0


def test_the_result_is_downloaded_and_failures_paid_again(stack: LocalStack, visitor: Visitor) -> None:
    page = visitor.page
    failing = "1234500088"  # in progress, then failed
    reference = upload(
        visitor, a_file(line("ANI"), f"628115678890,002,{failing},BUDI SANTOSO,60000"), "Ready to submit"
    )
    approve(page)
    wait_for(stack, page, "Done, with failures", seconds=3_700)
    page.locator("#rows-FAILED").click()
    expect(page.locator(".rows tbody tr")).to_have_count(1)
    with page.expect_download() as saved:
        page.locator("#step-result").click()
    content = saved.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["status"] for row in rows] == ["SUCCESS", "FAILED"]

    page.locator("#repay summary").click()
    page.locator("#repayment").fill(f"{reference}-again")
    page.locator("#step-repayments").click()
    expect(page.locator("h1")).to_contain_text(f"{reference}-again")
    expect(page.locator(".rows tbody tr")).to_have_count(1)
    expect(page.locator(".rows")).to_contain_text("BUDI SANTOSO")
