"""`make screenshots`: the pictures of docs/console.md, taken of the console at the local stack."""

import json
import sys

from playwright.sync_api import Browser, expect, sync_playwright

from local.lambda_runtime.child import REPOSITORY
from local.stack import LocalStack
from tests.browser.setup import FLAGS, MissingError, chromium, prepare
from tests.browser.visitor import Visitor

SCREENS = REPOSITORY / "docs" / "figures" / "screens"
_DESK = {"locale": "en-GB", "viewport": {"width": 1280, "height": 920}}
_PHONE = {
    "locale": "id-ID",
    "viewport": {"width": 390, "height": 760},
    "is_mobile": True,
    "color_scheme": "dark",
}
_BATCH, _TOTAL = "SALARIES-2026-11", "27650000"
_HEAD = "customerNumber,beneficiaryBankCode,beneficiaryAccountNumber,beneficiaryAccountName,amount"
_ROWS = (
    ("8377388210", "Ani Wijaya", "7250000"),
    ("9990000211", "Budi Santoso", "6400000"),
    ("9990000112", "Siti Nurhaliza Permatasari", "8100000"),
    ("9990000313", "Rudi Hartono", "5900000"),
)
"""Account, name and amount: the same name at the bank, another title, a cut one, another one."""


def main() -> int:
    """Take every picture again. Exit code 1 where there is no browser."""
    try:
        prepare()
    except MissingError as missing:
        print(f"make screenshots: {missing}", file=sys.stderr)
        return 1
    SCREENS.mkdir(parents=True, exist_ok=True)
    with LocalStack(background=True) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        reference = _desk(stack, browser)
        _phone(stack, browser, reference)
        browser.close()
    return 0


def _desk(stack: LocalStack, browser: Browser) -> str:
    """The pictures of a desk; the reference of a paid transfer."""
    visitor = Visitor(browser.new_context(**_DESK).new_page(), stack.api_url)
    page = visitor.page
    visitor.check(name="Agus Wijaya", amount="1250000")
    page.locator("h1").blur()
    _take(visitor, "check")
    page.locator("#agreed").check()
    page.locator("#send").click()
    visitor.expect_status("Paid")
    reference = str(page.url).rpartition("/")[2]
    visitor.pay(bank="002", account="1234500088", name="Budi Santoso", amount="750000", remark="Refund 88")
    visitor.expect_status("DOKU is working on it, not paid yet")
    _take(visitor, "transfer")
    stack.simulator.fault("transfer", "timeout-after", seconds=1)
    visitor.pay(bank="008", account="9000011223", name="Siti Rahayu", amount="3400000")
    visitor.expect_status("Paid")
    stack.simulator.fault("transfer", "garbage")
    stack.simulator.fault("status", "garbage", times=20)
    visitor.pay(bank="009", account="555600123", name="Dewi Lestari", amount="98500")
    visitor.expect_status("Not known yet")
    _take(visitor, "unknown")
    visitor.open("/transfers")
    _take(visitor, "transfers")
    visitor.open("/overview")
    _take(visitor, "overview")
    _batch(visitor)
    dead = json.dumps({"not": "ours"})
    stack.aws.sqs.send_message(QueueUrl=stack.queue_url("NotificationDeadLetterQueue"), MessageBody=dead)
    visitor.open("/attention")
    _take(visitor, "attention")
    stack.simulator.heal()
    return reference


def _batch(visitor: Visitor) -> None:
    """Upload a batch whose rows have names of every kind, decide about them, and submit it."""
    page = visitor.page
    lines = [f"628115678890,014,{account},{name},{amount}" for account, name, amount in _ROWS]
    file = "\r\n".join((_HEAD, *lines)).encode()
    visitor.open("/new-batch")
    for name, text in {"reference": _BATCH, "remark": "Salaries", "count": str(len(_ROWS)), "total": _TOTAL}.items():
        page.locator(f"#{name}").fill(text)
    page.locator("#file").set_input_files({"name": "salaries.csv", "mimeType": "text/csv", "buffer": file})
    _take(visitor, "new-batch")
    page.locator("#upload").click()
    expect(page.locator(".status-line")).to_have_text("Needs a decision", timeout=60_000)
    page.locator("#rows-all").click()
    expect(page.locator(".rows tbody tr")).to_have_count(len(_ROWS))
    _take(visitor, "batch")
    page.locator("#row-3").check()
    page.locator("#row-4").check()
    page.locator("#rows-confirm").click()
    page.locator("#row-5").check()
    page.locator("#rows-exclude").click()
    page.locator("#step-submission").click()
    expect(page.locator(".status-line")).to_have_text("Waiting for approval")


def _phone(stack: LocalStack, browser: Browser, reference: str) -> None:
    visitor = Visitor(browser.new_context(**_PHONE).new_page(), stack.api_url)
    visitor.open(f"/transfers/{reference}")
    visitor.expect_status("Sudah dibayarkan")
    _take(visitor, "phone-transfer")
    visitor.page.locator("#person").select_option("approver")
    visitor.open(f"/batches/{_BATCH}")
    expect(visitor.page.locator("#step-approve")).to_be_visible()
    _take(visitor, "phone-batch")
    stack.simulator.deposit("48000.00")
    visitor.open("/overview")
    _take(visitor, "phone-overview")


def _take(visitor: Visitor, name: str) -> None:
    expect(visitor.page.locator(".loading")).to_have_count(0, timeout=60_000)
    visitor.page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    path = SCREENS / f"{name}.png"
    visitor.page.screenshot(path=path)
    print(f"{path.relative_to(REPOSITORY)}  {path.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
