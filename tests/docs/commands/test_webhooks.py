"""docs/webhooks.md: its receivers verify real webhooks of the running bundle, and its example matches the schema."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from local.in_process.samples import order
from local.ports import any_free_port
from local.stack import LocalStack
from tests.docs.pages import blocks
from tests.support.harness import ROOT
from tests.support.openapi_contract import check_schema, described
from tests.support.waiting import until

PAGE = ROOT / "docs" / "webhooks.md"
PACKAGES = ROOT / "tests" / "docs" / "commands" / "receivers"
CACHE = ROOT / ".cache" / "receivers"
FORGED = {"webhook-id": "msg_1", "webhook-timestamp": "not a number", "webhook-signature": "v1,Zm9yZ2Vk"}


def node_command(folder: Path) -> Sequence[str]:
    """The documented Node receiver, with the package in the version and with the hash of package-lock.json."""
    if not shutil.which("node") or not shutil.which("npm"):
        if os.environ.get("CI"):
            raise AssertionError("no node and npm are on the PATH")
        pytest.skip("no node and npm are on the PATH")
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGES / name, CACHE / name)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(CACHE)]
    subprocess.run(install, check=True, capture_output=True)
    (folder / "node_modules").symlink_to(CACHE / "node_modules")
    (source,) = blocks(PAGE, "js")
    (folder / "receiver.mjs").write_text(source)
    return ["node", str(folder / "receiver.mjs")]


def python_command(folder: Path) -> Sequence[str]:
    """The documented Python receiver."""
    (source,) = blocks(PAGE, "python")
    (folder / "receiver.py").write_text(source)
    return [sys.executable, str(folder / "receiver.py")]


@contextmanager
def running(command: Sequence[str], port: int, secret: str) -> Iterator["subprocess.Popen[str]"]:
    environment = {**os.environ, "PORT": str(port), "WEBHOOK_SECRET": secret}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        until(lambda: answers(port))
        yield process
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("receiver", [python_command, node_command], ids=["Python", "Node"])
def test_a_documented_receiver_verifies(receiver: Callable[[Path], Sequence[str]], tmp_path: Path) -> None:
    command, port = receiver(tmp_path), any_free_port()
    with LocalStack(parameters={"WebhookUrl": f"http://127.0.0.1:{port}/webhooks"}) as stack:
        (secret,) = stack.webhook_secrets()
        with running(command, port, secret) as process:
            headers = {"Authorization": f"Bearer {stack.token()}"}
            body = order(beneficiaryAccountNumber="8812345001", channelCode="07")  # UNPAID at first
            created = requests.post(f"{stack.api_url}/v1/transfers", json=body, headers=headers, timeout=60)
            assert created.status_code == 201
            stack.drain()
            assert process.stdout is not None
            received = json.loads(process.stdout.readline())
            forged = requests.post(f"http://127.0.0.1:{port}/webhooks", json={}, headers=FORGED, timeout=10)
            assert forged.status_code == 401
    shown = created.json()
    assert {name: received[name] for name in received if name != "statusVersion"} == {
        name: shown[name] for name in received if name != "statusVersion"
    }


def test_the_documented_webhooks_match_openapi() -> None:
    examples = [json.loads(block) for block in blocks(PAGE, "json")]
    assert [example["type"] for example in examples] == ["transfer.updated", "batch.updated"]
    for example in examples:
        operation = described()["webhooks"][example["type"]]["post"]
        check_schema(operation["requestBody"]["content"]["application/json"]["schema"], example)
