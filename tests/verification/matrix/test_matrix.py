"""The fault matrix finds seeded bugs, and none in this bundle."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SEND = "layers/payouts/payouts/services/send_transfer.py"
RECEIVER = "functions/notification_receiver/receiver.py"
QUEUES = "functions/webhook_sender/queues.py"


def matrix(only: str, root: Path = ROOT) -> tuple[int, str]:
    """Exit code and output of the matrix for these cells, in a process without threads, which it forks."""
    wanted = {"MATRIX_ONLY": only, "MATRIX_ROOT": str(root), "MATRIX_WORKERS": "1"}
    command = [sys.executable, "-m", "tests.verification", "--no-figures", "matrix"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | wanted, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def altered(tmp_path: Path, path: str, right: str, wrong: str) -> Path:
    """A copy of the bundle with one line replaced."""
    for part in ("functions", "layers"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", tmp_path)
    source = (tmp_path / path).read_text()
    assert source.count(right) == 1
    (tmp_path / path).write_text(source.replace(right, wrong))
    return tmp_path


@pytest.mark.covers(3, 6, 7, "I1", "I2", "I13")
def test_kills_around_the_send_break_nothing() -> None:
    code, output = matrix("submit-session/warm/doku.transfer#1/kill-*,submit-session/warm/doku.transfer#1/lose-reply")
    assert code == 0, output
    assert "matrix: 3 cells, 0 failed" in output


@pytest.mark.parametrize(
    ("path", "right", "wrong", "cell", "message"),
    [
        (
            SEND,
            "if first.finding is Finding.NOT_SENT:",
            "if first.finding in (Finding.NOT_SENT, Finding.IN_DOUBT):",
            "submit-session/warm/doku.transfer#1/lose-reply",
            "I1: 2 requests that DOKU may have executed",
        ),
        (
            SEND,
            "existing = self._store.create(transfer)",
            "existing = None",
            "submit-session/warm/doku.transfer#1/503",
            "I4: a transfer was sent before it was stored",
        ),
        (
            SEND,
            "if not refusal_stands:",
            "if False:",
            "submit-session/warm/doku.transfer#1/refused-and-executed",
            "I1: 2 requests that DOKU may have executed",
        ),
        (
            RECEIVER,
            'return Reply(503, _FAILED, "try again later", notification.transaction_id)',
            "pass",
            "receive/warm/sqs.SendMessage#1/503",
            "I11: a notification was accepted and never applied: unpaid",
        ),
        (
            QUEUES,
            "return False\n        return True",
            "return True\n        return True",
            "set-aside/warm/sqs.SendMessage#1/503",
            "I28: SUCCESS was never delivered",
        ),
    ],
    ids=[
        "a second send after no answer",
        "a send before the put",
        "a second send after a 401 unasked",
        "an acknowledgement of what was not kept",
        "a webhook that is neither delivered nor set aside",
    ],
)
def test_a_seeded_bug_fails_a_cell(tmp_path: Path, path: str, right: str, wrong: str, cell: str, message: str) -> None:
    code, output = matrix(cell, altered(tmp_path, path, right, wrong))
    assert code == 1, output
    assert message in output
    assert f"MATRIX_ONLY='{cell}'" in output


def test_no_matching_cell_is_a_failure() -> None:
    assert matrix("no-such-flow/*")[0] == 1
