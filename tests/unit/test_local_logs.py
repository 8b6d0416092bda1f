"""Function logs in readable form for the terminal."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.lambda_runtime.logs import Follower, readable


@pytest.mark.parametrize(
    ("record", "line"),
    [
        ({"level": "INFO", "message": "paid", "service": "payouts", "reference": "P-1"}, "INFO    paid reference=P-1"),
        ({"level": "ERROR", "message": {"a": 1}, "retries": 2}, 'ERROR   {"a":1} retries=2'),
        ({"level": "INFO", "message": "tick", "finished": True}, "INFO    tick finished=true"),
        ({"_aws": {"CloudWatchMetrics": []}, "service": "payouts", "transfer_status": "SUCCESS", "Transfers": [1]}, ""),
        (["a list"], '["a list"]'),
    ],
)
def test_structured_lines_become_short(record: Any, line: str) -> None:
    assert readable(json.dumps(record)) == line


def test_other_lines_stay_as_they_are() -> None:
    assert readable("Task timed out after 1.00 seconds") == "Task timed out after 1.00 seconds"


def test_all_that_was_written_is_shown_when_it_closes(tmp_path: Path) -> None:
    shown: list[str] = []
    follower = Follower(tmp_path, shown.append)
    follower.start()
    (tmp_path / "TransferApiFunction.log").write_text('one\n{"level": "INFO", "message": "two"}\nhalf')

    follower.close()

    assert [line.split() for line in shown] == [["TransferApi", "one"], ["TransferApi", "INFO", "two"]]
