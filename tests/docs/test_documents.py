"""README and docs/: what they tell to type works, what they show is so, and what they link to is there."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import LocalStack
from tests.support.harness import ROOT
from tests.support.openapi_contract import check

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted((ROOT / "docs").glob("*.md"))
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
MAKE = re.compile(r"(?:`|^\s*|\()make ([a-z][a-z-]*)", re.MULTILINE)


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def slugs(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path) if path else page
        assert target.exists(), path
        if anchor:
            assert anchor in slugs(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_command_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(MAKE.findall(page.read_text(encoding="utf-8"))) <= targets


def test_the_readmes_transfer_by_curl_is_paid(stack: LocalStack) -> None:
    commands = [block for block in blocks(ROOT / "README.md", "sh") if "curl" in block and "/v1/" in block]
    accepted, paid = [typed(stack, command) for command in commands]
    assert (accepted["status"], paid["status"]) == ("ACCEPTED", "SUCCESS")
    assert typed(stack, commands[0])["status"] == "SUCCESS", "a replay answers with what stands"
    assert len(stack.simulator.ledger()["debits"]) == 1


def test_the_inquiry_of_the_api_answers_what_is_said(stack: LocalStack) -> None:
    (command,) = (block for block in blocks(ROOT / "docs" / "api.md", "sh") if "curl" in block)
    answer = typed(stack, command)
    assert answer["beneficiaryAccountName"] == "SUHUT"
    assert {"fee", "sessionId", "expiresAt"} <= answer.keys()


def typed(stack: LocalStack, command: str) -> Any:
    """What a shell prints, at this stack's address and with its token."""
    there = command.replace("http://127.0.0.1:3000", stack.api_url)
    done = subprocess.run(
        ["bash", "-euc", there], env={**os.environ, "TOKEN": stack.token()}, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_the_examples_of_the_api_are_as_described() -> None:
    transfer, error, conflict = (json.loads(block) for block in blocks(ROOT / "docs" / "api.md", "json"))
    check("GET /v1/transfers/{partnerReferenceNo}", 200, {}, transfer)
    check("POST /v1/transfers", 422, {}, error)
    check("POST /v1/transfers", 409, {}, conflict)


def test_the_console_is_hosted_with_settings_that_it_knows() -> None:
    shown = json.loads(blocks(ROOT / "docs" / "console.md", "json")[0])
    assert shown.keys() >= json.loads((ROOT / "console" / "config.json").read_text()).keys()
