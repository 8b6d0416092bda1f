"""The daily report in its own process, whose memory is that of the function. The argument is the time of its event."""

import json
import os
import resource
import sys
import time

from benchmarks import backing_services


def main() -> None:
    """Send the report's event until it is done. Prints the result, invocations, seconds and peak memory in MB."""
    now = float(sys.argv[1])
    poller = backing_services.cold_start(os.environ, clock=lambda: now)
    began, cpu = time.monotonic(), time.process_time()
    invocations = 1
    while not (result := poller.report())["finished"]:
        now += 300
        invocations += 1
    measured = {
        "invocations": invocations,
        "seconds": time.monotonic() - began,
        "cpuSeconds": time.process_time() - cpu,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps({**result, **measured}), flush=True)


if __name__ == "__main__":
    main()
