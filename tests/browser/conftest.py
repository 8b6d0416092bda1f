"""One local stack and one Chromium for all browser tests, and a visitor with a fresh profile for each."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from local.stack import LocalStack
from tests.browser.setup import FLAGS, chromium
from tests.browser.visitor import Visitor

_PATIENCE = 20_000  # milliseconds, for what takes some hundred unless it is broken
expect.set_options(timeout=_PATIENCE)


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    with LocalStack(background=True, concurrency=3) as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
    yield launched
    launched.close()


@pytest.fixture
def options() -> dict[str, Any]:
    """Options of the visitor's browser context; tests replace them by parametrization."""
    return {}


@pytest.fixture
def visitor(stack: LocalStack, browser: Browser, options: dict[str, Any]) -> Iterator[Visitor]:
    """Somebody at the console. What the page complains of while they are there fails the test."""
    stack.simulator.reset()
    context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(_PATIENCE)
    somebody = Visitor(context.new_page(), stack.api_url)
    yield somebody
    context.close()
    assert somebody.complaints == []
