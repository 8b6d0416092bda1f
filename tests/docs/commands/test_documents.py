"""README and docs/: commands work and examples are current."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.stack import LocalStack
from tests.docs.pages import blocks
from tests.support.harness import ROOT
from tests.support.openapi_contract import check
from transfer_api.requests import Settlement


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


CONTRIBUTING_COMMANDS = [
    line.partition("#")[0].strip()
    for block in blocks(ROOT / "CONTRIBUTING.md", "sh")
    for line in block.splitlines()
    if not line.startswith("make ")
]


@pytest.mark.parametrize("command", CONTRIBUTING_COMMANDS)
def test_a_command_of_contributing_works(command: str) -> None:
    done = subprocess.run(["bash", "-euc", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readmes_transfer_by_curl_is_paid(stack: LocalStack) -> None:
    commands = [block for block in blocks(ROOT / "README.md", "sh") if "curl" in block and "/v1/" in block]
    accepted, paid = [typed(stack, command) for command in commands]
    assert (accepted["status"], paid["status"]) == ("ACCEPTED", "SUCCESS")
    assert typed(stack, commands[0])["status"] == "SUCCESS", "a replay returns the same transfer"
    assert len(stack.simulator.ledger()["debits"]) == 1


def test_make_token_prints_the_token_alone(stack: LocalStack) -> None:
    environment = {**os.environ, "LOCAL_PORT": stack.api_url.rpartition(":")[2]}
    done = subprocess.run(["make", "token"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    headers = {"Authorization": f"Bearer {done.stdout.strip()}"}
    assert requests.get(f"{stack.api_url}/v1/transfers", headers=headers, timeout=30).status_code == 200


def test_make_token_without_a_local_run_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {**os.environ, "LOCAL_PORT": str(taken.getsockname()[1])}
    command = [sys.executable, "-m", "local.token"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "start `make run`" in done.stderr


def test_the_documented_inquiry_answers(stack: LocalStack) -> None:
    (command,) = (block for block in blocks(ROOT / "docs" / "api.md", "sh") if "curl" in block)
    answer = typed(stack, command)
    assert answer["beneficiaryAccountName"] == "SUHUT"
    assert {"fee", "sessionId", "expiresAt"} <= answer.keys()


def typed(stack: LocalStack, command: str) -> Any:
    """The JSON that a command prints, with this stack's address and token."""
    there = command.replace("http://127.0.0.1:3000", stack.api_url)
    environment = {**os.environ, "TOKEN": stack.token(), "LOCAL_PORT": stack.api_url.rpartition(":")[2]}
    shell = ["bash", "-euc", there]
    done = subprocess.run(shell, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_documented_examples_match_openapi() -> None:
    transfer, settlement, error, conflict = (json.loads(block) for block in blocks(ROOT / "docs" / "api.md", "json"))
    check("GET /v1/transfers/{partnerReferenceNo}", 200, {}, transfer)
    Settlement.model_validate(settlement)
    check("POST /v1/transfers", 422, {}, error)
    check("POST /v1/transfers", 409, {}, conflict)


def test_the_documented_console_settings_exist() -> None:
    shown = json.loads(blocks(ROOT / "docs" / "console.md", "json")[0])
    assert shown.keys() >= json.loads((ROOT / "console" / "config.json").read_text()).keys()


def test_the_documented_client_methods_exist() -> None:
    client = (ROOT / "console" / "payouts.js").read_text(encoding="utf-8")
    methods = set(re.findall(r"^  (?:async )?\*?(\w+)\(.*\{$", client, re.MULTILINE))
    views = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "console").rglob("*.js"))]
    for source in [*blocks(ROOT / "docs" / "console.md", "js"), *views]:
        assert set(re.findall(r"\bpayouts\.([\w.]+)\(", source)) <= methods
