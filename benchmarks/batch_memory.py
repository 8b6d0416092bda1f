"""Peak memory of a batch worker that reads a file of 100,000 rows and checks chunks of them."""

import hashlib
import os
import tempfile
from pathlib import Path

from benchmarks.child_process import ChildProcess
from local.engines import dynamodb_local
from local.in_process import backing_services
from local.in_process.batches import Batches

ROWS, _QUICK_ROWS = 100_000, 5_000
_REFERENCE = "BENCH-MEMORY"
_QUIET = {"POWERTOOLS_LOG_LEVEL": "CRITICAL", "POWERTOOLS_METRICS_DISABLED": "true"}
_HEADER = "customerNumber,beneficiaryBankCode,beneficiaryAccountNumber,beneficiaryAccountName,amount,remark"


def measure() -> float:
    """Megabytes of the process at its peak. Raises NotAvailable."""
    rows = _QUICK_ROWS if os.environ.get("QUICK") else ROWS
    content = "\n".join([_HEADER, *(_line(number) for number in range(rows))]).encode()
    with (
        tempfile.TemporaryDirectory() as directory,
        dynamodb_local.running() as engine,
        backing_services.running(Path(directory) / "clock", engine) as found,
    ):
        os.environ.update(found.environment)
        batches = Batches.start(found.start())
        batches.upload(_REFERENCE, content, expectedCount=rows)
        sha256 = hashlib.sha256(content).hexdigest()
        child = ChildProcess("benchmarks.batch_memory_child", found.environment | _QUIET, _REFERENCE, sha256)
        try:
            return float(child.receive()["memory"])
        finally:
            child.close()


def _line(number: int) -> str:
    return f"628115678890,014,{3_000_000 + number},MUHAMMAD ABDURRAHMAN WAHID,1500000,Gaji September 2024"
