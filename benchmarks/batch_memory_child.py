"""The batch worker in its own process: reads the file that the arguments name, checks chunks, prints peak memory."""

import io
import json
import os
import re
import sys
import time
from pathlib import Path

from aws_lambda_powertools import Logger

from batch_worker.app import create_handler
from batch_worker.services import build_services
from local.in_process.invocation import Context
from payouts.domain.batch import BatchStatus
from payouts.services.batch_queue import ChunkTask, FileTask, Task

_CHUNKS = 5
_MOST_READINGS = 20
_MILLIS = 300_000
"""The worker's time-out in template.yaml."""


def main() -> None:
    """Prints the peak in MB."""
    reference, sha256 = sys.argv[1:]
    services = build_services(os.environ)
    handler = create_handler(services, Logger(stream=io.StringIO()))

    def deliver(task: Task) -> None:
        until = time.monotonic() + _MILLIS / 1000
        event = {"Records": [{"messageId": "1", "body": task.body(), "attributes": {"ApproximateReceiveCount": "1"}}]}
        handler(event, Context(lambda: int((until - time.monotonic()) * 1000), "BatchWorkerFunction"))  # type: ignore[arg-type]

    for _ in range(_MOST_READINGS):
        deliver(FileTask(reference, sha256))
        batch = services.store.get(reference)
        if batch is not None and batch.status is BatchStatus.CHECKING:
            break
    else:
        raise RuntimeError("the file was not read")
    for index in range(_CHUNKS):
        deliver(ChunkTask(reference, index))
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps({"memory": int(kilobytes) / 1024}), flush=True)


if __name__ == "__main__":
    main()
