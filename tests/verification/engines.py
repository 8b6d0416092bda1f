"""Runs the tests of store, flows and queue with tables on DynamoDB Local and queues on ElasticMQ."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console

from local.engines import dynamodb_local, elasticmq
from local.engines.java_engine import NotInstalled
from tests.verification.part import Shown

_FOLDER = Path(__file__).parents[1] / "integration"
TESTS = (
    *("test_store_faults.py", "test_transfers.py", "test_crashes.py", "test_tokens.py", "test_poller.py"),
    *("processor", "test_queue_engine.py", "test_burst.py", "test_settle.py"),
    "../contention/test_concurrency.py",
)
"""Files and folders of tests that depend on the behaviour of a table or a queue."""


def run(console: Console) -> Shown:
    """Run the tests. Skipped without Java or Maven, except in CI."""
    try:
        for engine in (dynamodb_local.ENGINE, elasticmq.ENGINE):
            engine.prepare()
    except NotInstalled as reason:
        if os.environ.get("CI"):
            raise
        return Shown(f"skipped: {reason}", {}, holds=True)
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        tests = [str(_FOLDER / name) for name in TESTS]
        options = ["--engine", "dynamodb-local", "--engine", "elasticmq", "--show-capture=no", f"--junit-xml={report}"]
        options += ["-n", "2", "--dist", "loadfile"]
        done = subprocess.run([sys.executable, "-m", "pytest", *options, *tests], check=False)
        suite = ElementTree.parse(report).getroot()[0].attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    passed = int(suite["tests"]) - failed - int(suite["skipped"])
    line = f"{passed} tests passed on DynamoDB Local and ElasticMQ, {failed} failed"
    return Shown(line, {"engines_passed": passed, "engines_failed": failed}, holds=done.returncode == 0 and passed > 0)
