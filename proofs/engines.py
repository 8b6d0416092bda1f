"""The tests of store, flows and queue once more, with tables on DynamoDB Local and queues on ElasticMQ."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

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


def run(console: Console) -> Shown:
    """Passes over it where Java or Maven is missing, but never in CI."""
    try:
        for engine in (dynamodb_local.ENGINE, elasticmq.ENGINE):
            engine.prepare()
    except NotInstalled as reason:
        if os.environ.get("CI"):
            raise
        return Shown(f"skipped: {reason}", {}, holds=True)
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        files = [str(_TESTS / f"{name}.py") for name in FILES]
        options = ["--engine", "dynamodb-local", "--engine", "elasticmq", "--show-capture=no", f"--junit-xml={report}"]
        done = subprocess.run([sys.executable, "-m", "pytest", *options, *files], check=False)
        suite = ElementTree.parse(report).getroot()[0].attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    passed = int(suite["tests"]) - failed - int(suite["skipped"])
    line = f"{passed} tests passed on DynamoDB Local and ElasticMQ, {failed} failed"
    return Shown(line, {"engines_passed": passed, "engines_failed": failed}, holds=done.returncode == 0 and passed > 0)
