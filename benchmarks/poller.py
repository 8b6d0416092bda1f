"""A poller in its own process: reports that it is ready, then runs one tick for each line of standard input."""

import json
import os
import sys
import time

from benchmarks import backing_services


def main() -> None:
    """Run a tick for each `{"poller": n, "of": m}`; print its result and its processor time."""
    poller = backing_services.cold_start(os.environ)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        event = json.loads(line)
        before = time.process_time()
        tick = poller.tick(event["poller"], event["of"])
        print(json.dumps({**tick, "cpuSeconds": time.process_time() - before}), flush=True)


if __name__ == "__main__":
    main()
