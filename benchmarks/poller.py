"""A poller in a process of its own: says that it is ready, then makes one tick for every line that it reads."""

import json
import os
import sys
import time

from benchmarks import ground


def main() -> None:
    """Tick for `{"poller": n, "of": m}` and answer with the tick's summary and the processor time that it took."""
    poller = ground.cold_start(os.environ)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        before = time.process_time()
        tick = poller.tick(order["poller"], order["of"])
        print(json.dumps({**tick, "cpuSeconds": time.process_time() - before}), flush=True)


if __name__ == "__main__":
    main()
