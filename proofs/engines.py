"""The tests of store, flows and queue once more, with tables on DynamoDB Local and queues on ElasticMQ."""

import os
from pathlib import Path

import pytest
from rich.console import Console

from bench import dynamodb_local, elasticmq
from bench.java_engine import NotInstalled
from proofs.part import Shown

_TESTS = Path(__file__).parent.parent / "tests" / "integration"
FILES = (
    *("test_store_faults", "test_transfers", "test_crashes", "test_tokens", "test_poller", "test_ten_thousand"),
    *("test_processor", "test_queue_engine", "test_burst", "test_settle"),
)
"""Whatever depends on how a table or a queue behaves."""


class Count:
    """Outcomes of tests, as pytest reports them."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Told of each phase of each test."""
        self.passed += report.when == "call" and report.passed
        self.failed += report.failed


def run(console: Console) -> Shown:
    """Passes over it where Java or Maven is missing, but never in CI."""
    try:
        for engine in (dynamodb_local.ENGINE, elasticmq.ENGINE):
            engine.prepare()
    except NotInstalled as reason:
        if os.environ.get("CI"):
            raise
        return Shown(f"skipped: {reason}", {}, holds=True)
    count = Count()
    files = [str(_TESTS / f"{name}.py") for name in FILES]
    options = ["--engine", "dynamodb-local", "--engine", "elasticmq", "--show-capture=no"]
    status = pytest.main([*options, *files], plugins=[count])
    line = f"{count.passed} tests passed on DynamoDB Local and ElasticMQ, {count.failed} failed"
    figures = {"engines_passed": count.passed, "engines_failed": count.failed}
    return Shown(line, figures, holds=status == pytest.ExitCode.OK and count.passed > 0)
