"""Load on the whole local stack: HTTP, gateway, function processes, moto and the simulator.

Shows failures under load and the distribution of latencies. On one machine, the local services take most of the time.
"""

import gc
import json
import statistics
import time
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from rich.console import Console
from rich.table import Table

from local.in_process.samples import order
from local.stack import LocalStack

_CLIENTS, _WARM_UP, _TRANSFERS = 4, 12, 200


def run(console: Console) -> Mapping[str, float]:
    """Create transfers with four concurrent clients and read each one once."""
    with LocalStack() as stack:
        gc.freeze()  # as `make run` does
        headers = {"Authorization": f"Bearer {stack.token()}", "Content-Type": "application/json"}
        numbers, millis, errors = count(), [], []

        def one(_: int) -> None:
            reference = f"LOAD-{next(numbers):06d}"
            body = json.dumps(order(partnerReferenceNo=reference)).encode()
            for method, path, sent in (("POST", "/v1/transfers", body), ("GET", f"/v1/transfers/{reference}", None)):
                began = time.monotonic()
                request = urllib.request.Request(f"{stack.api_url}{path}", sent, headers, method=method)
                try:
                    with urllib.request.urlopen(request, timeout=35) as answer:
                        answer.read()
                except OSError as error:
                    errors.append(str(error))
                if method == "POST":
                    millis.append((time.monotonic() - began) * 1000)

        with ThreadPoolExecutor(_CLIENTS) as clients:
            list(clients.map(one, range(_WARM_UP)))
            millis.clear()
            began = time.monotonic()
            list(clients.map(one, range(_TRANSFERS)))
            seconds = time.monotonic() - began
        debits = len(stack.simulator.ledger()["debits"])
    spread = statistics.quantiles(millis, n=100)
    figures = {
        "load_transfers": _TRANSFERS,
        "load_errors": len(errors),
        "load_p50_ms": spread[49],
        "load_p99_ms": spread[98],
        "load_per_second": _TRANSFERS / seconds,
    }
    table = Table("transfers", "errors", "debits", "p50 ms", "p99 ms", "a second", title="Load on the local stack")
    wanted = _TRANSFERS + _WARM_UP
    table.add_row(
        f"{_TRANSFERS} + {_WARM_UP}", str(len(errors)), str(debits), *(f"{spread[at]:.0f}" for at in (49, 98)),
        f"{_TRANSFERS / seconds:.1f}",
    )  # fmt: skip
    console.print(table)
    if errors or debits != wanted:
        raise RuntimeError(f"{wanted} transfers, {debits} debits, {len(errors)} errors: {errors[:3]}")
    return figures
