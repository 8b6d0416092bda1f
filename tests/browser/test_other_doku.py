"""The console of a local run that talks to another DOKU than the simulator, where money may be real."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from local import doku_secret
from local.__main__ import doku_lines
from local.doku_secret import OtherDoku
from local.stack import LocalStack
from tests.browser.visitor import Visitor


@pytest.fixture(scope="module")
def other(stack: LocalStack) -> Iterator[LocalStack]:
    """A stack whose DOKU is the other stack's simulator, as if it were a real one."""
    assert stack.simulator_url
    with LocalStack(doku=OtherDoku(stack.simulator_url, doku_secret.generate()), concurrency=1) as running:
        yield running


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "Local run at {}: money may be real"),
        ({"locale": "id-ID"}, "Mode lokal dengan {}: uang bisa sungguhan"),
    ],
)
def test_it_names_the_doku_and_offers_no_simulator(
    stack: LocalStack, other: LocalStack, visitor: Visitor, said: str
) -> None:
    page = visitor.page
    visitor.url = other.api_url
    visitor.open("/simulator")

    expect(page.locator(".environment")).to_have_text(said.format(urlsplit(stack.simulator_url or "").netloc))
    expect(page.locator("h1")).to_have_text(
        ["Page not found" if said.startswith("Local") else "Halaman tidak ditemukan"]
    )
    expect(page.locator("a[href='#/simulator']")).to_have_count(0)


def test_the_start_says_where_transfers_go(stack: LocalStack, other: LocalStack) -> None:
    assert f"Transfers go to {stack.simulator_url}" in doku_lines(other)
    assert "may move real money" in doku_lines(other)
    assert "real money" not in doku_lines(stack)
