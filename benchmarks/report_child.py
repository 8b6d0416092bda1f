"""The daily report in its own process, whose memory is that of the function. The argument is the time of its event."""

import io
import json
import os
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from status_poller.app import Handler, create_handler
from status_poller.services import build_services

_SECONDS = 60
"""The poller's time-out in template.yaml."""


@dataclass(frozen=True)
class Context:
    """The part of Lambda's context that the poller uses."""

    until: float = field(default_factory=lambda: time.monotonic() + _SECONDS)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left, as in Lambda's context."""
        return int((self.until - time.monotonic()) * 1000)


def main() -> None:
    """Send the report's event until it is done. Prints the result, invocations, seconds and peak memory in MB."""
    now = float(sys.argv[1])
    handler = create_handler(build_services(os.environ, clock=lambda: now), Logger(stream=io.StringIO()))
    began, cpu = time.monotonic(), time.process_time()
    invocations = 1
    while not (result := _event(handler))["finished"]:
        now += 300
        invocations += 1
    measured = {
        "invocations": invocations,
        "seconds": time.monotonic() - began,
        "cpuSeconds": time.process_time() - cpu,
        "memory": _peak_megabytes(),
    }
    print(json.dumps({**result, **measured}), flush=True)


def _peak_megabytes() -> float:
    """Peak memory of this program. `getrusage` begins with that of the process that started it."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) / 1024


def _event(handler: Handler) -> dict[str, Any]:
    return handler({"report": "yesterday"}, Context())  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
