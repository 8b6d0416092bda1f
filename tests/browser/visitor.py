"""A visitor of the console: shared steps, and a record of the page's errors."""

import re

from playwright.sync_api import ConsoleMessage, Page, expect

ORDER = {
    "bank": "014",
    "account": "8377388292",
    "name": "Suhut",
    "phone": "628115678890",
    "amount": "200000",
    "remark": "Invoice 4711",
}
_BUSY = re.compile(r"^Failed to load resource: the server responded with a status of 503 ")
"""The API's way to say "send it again", which a machine at its limits may hear; the client does so."""
_NETWORK = re.compile(r"^Failed to load resource: (the server responded with a status of|net::ERR_)")


class Visitor:
    """A page of the console at `url`.

    `complaints` holds every error on the page's console, violations of the content policy included. Failed requests are
    among them, but for those that the client tries again, unless `trouble_expected` is set.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        self.trouble_expected = False
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        expected = _BUSY.match(message.text) or (self.trouble_expected and _NETWORK.match(message.text))
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(message.text)

    def open(self, path: str = "/new") -> None:
        """Go to a page and wait for its heading."""
        self.page.goto(f"{self.url}/#{path}")
        expect(self.page.locator("main h1")).to_be_visible()

    def overflow(self) -> int:
        """Pixels by which the page is wider than the screen. A phone's `innerWidth` grows with the page."""
        screen = self.page.viewport_size
        assert screen is not None
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        return width - int(screen["width"])

    def fill(self, **changes: str) -> str:
        """Fill in the form of a new transfer; its reference."""
        fields = {**ORDER, **changes}
        page = self.page
        page.locator("#bank").fill(fields.pop("bank"))
        page.locator("[role=option]").first.click()
        for name, text in fields.items():
            page.locator(f"#{name}").fill(text)
        return str(page.locator("#reference").input_value())

    def check(self, **changes: str) -> str:
        """The first step of a new transfer, up to the bank's word; its reference."""
        self.open()
        reference = self.fill(**changes)
        self.page.locator("#continue").click()
        expect(self.page.locator("#send")).to_be_visible()
        return reference

    def pay(self, **changes: str) -> str:
        """A new transfer up to its own page; its reference."""
        reference = self.check(**changes)
        self.page.locator("#send").click()
        expect(self.page.locator(".status-card")).to_be_visible()
        return reference

    def expect_status(self, text: str) -> None:
        """Wait until the transfer's page says so."""
        expect(self.page.locator(".status-line")).to_have_text(text, timeout=40_000)
