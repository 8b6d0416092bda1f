"""Steps that several tests take, and what the simulator has received."""

import contextlib
from typing import Any

from playwright.sync_api import Page, expect

from local.stack import LocalStack


def wait_for(stack: LocalStack, page: Page, status: str, seconds: int = 61) -> None:
    """Let time pass, so many seconds at once, until the batch has a status."""
    line = page.locator(".status-line")
    for _ in range(10):
        stack.simulator.advance(seconds)
        with contextlib.suppress(AssertionError):
            expect(line).to_have_text(status, timeout=5_000)
            return
    expect(line).to_have_text(status)


def approve(page: Page, status: str = "Sent, waiting for outcomes") -> None:
    """Submit a batch that is ready, approve it as the other person, and wait until it has the status."""
    page.locator("#step-submission").click()
    expect(page.locator(".status-line")).to_have_text("Waiting for approval")
    page.locator("#person").select_option("approver")
    page.locator("#step-approve").click()
    expect(page.locator(".status-line")).to_have_text(status, timeout=60_000)
    page.locator("#person").select_option("merchant")


def sent(stack: LocalStack, reference: str) -> int:
    """How many requests of a transfer DOKU has received."""
    requests = stack.simulator.ledger()["requests"]
    return sum((one["operation"], one["partnerReferenceNo"]) == ("transfer", reference) for one in requests)


def debits(stack: LocalStack, reference: str) -> list[dict[str, Any]]:
    """What DOKU has debited for a transfer."""
    return [one for one in stack.simulator.ledger()["debits"] if one["partnerReferenceNo"] == reference]
