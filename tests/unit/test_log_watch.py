"""The log watch finds secrets and personal data (I17)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import log_watch

ROOT = Path(__file__).parents[2]
HARMLESS = [
    '{"level":"INFO","message":"request","request_id":"JKJaXmPLvHcESHA=","route":"POST /v1/transfers","status":201}',
    '{"_aws":{"Timestamp":1795301600478},"service":"payouts","OldestDueAge":[0.015]}',
    '{"level":"ERROR","error":"RuntimeError at /var/task/transfer_api/x.py:63","partner_reference_no":"PAY-000005"}',
]
LEAKS = {
    "an account": '{"message":"account 8377388292 refused"}',
    "a name": '{"error":"\\"SUHUT\\" is another name"}',
    "a token": '{"token":"eyJhbGciOiJSUzI1NiJ9"}',
    "a header": '{"headers":"Bearer abc"}',
    "a key": '{"key":"-----BEGIN PRIVATE KEY-----"}',
    "a signature": f'{{"signature":"{"aB3+" * 20}=="}}',
}


@pytest.mark.parametrize("line", LEAKS.values(), ids=LEAKS)
def test_a_leak_is_found(line: str) -> None:
    assert log_watch.leaks([*HARMLESS, line], {"8377388292", "SUHUT"}) == [line]


def test_the_usual_log_is_harmless() -> None:
    assert log_watch.leaks(HARMLESS, {"8377388292", "SUHUT", "13016"}) == []


def test_a_long_path_of_this_checkout_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = f"/srv/my builds/{'0123456789abcdef' * 3}/check/out"
    monkeypatch.setattr(log_watch, "_FOLDERS", [folder])
    line = f'{{"error":"RuntimeError at {folder}/functions/transfer_api/x.py:63"}}'
    assert log_watch.leaks([line, *LEAKS.values()], {"8377388292", "SUHUT"}) == list(LEAKS.values())


SUITE = """
import json
from aws_lambda_powertools import Logger
from tests.support import log_watch

log_watch.keep(json.dumps({"clientSecret": "SK-very-secret"}))

def test_quiet():
    log_watch.note({"additionalInfo": {"senderPersonalId": "3171000000990001"}})
    Logger(service="x").info("request")

def test_of_a_person():
    log_watch.note({"additionalInfo": {"senderPersonalId": "3171000000990001"}})
    Logger(service="x").info("request", said="3171000000990001")

def test_of_somebody_else():
    Logger(service="x").info("request", said="3171000000990001")

def test_of_a_secret():
    Logger(service="x").info("request", said="SK-very-secret")

def test_in_an_exception():
    try:
        raise ValueError("SK-very-secret")
    except ValueError:
        Logger(service="x").exception("failed")
"""


def test_a_test_that_logs_a_secret_fails(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SUITE)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.support.log_watch",
        "-rA",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    outcomes = {line.split("::")[1].split(" ")[0]: line.split()[0] for line in ran.stdout.splitlines() if "::" in line}
    assert outcomes == {
        "test_quiet": "PASSED",
        "test_of_a_person": "FAILED",
        "test_of_somebody_else": "PASSED",
        "test_of_a_secret": "FAILED",
        "test_in_an_exception": "FAILED",
    }
    assert "I17" in ran.stdout
