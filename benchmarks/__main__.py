"""python -m benchmarks [name ...]: run benchmarks, print their tables and write their figures; default: all."""

import argparse
import sys
import time

from rich.console import Console

from local.engines.java_engine import NotAvailable
from tools import figures
from tools.interpreter import run_alone

BENCHMARKS = (
    "cold",
    "signing",
    "warm",
    "writes",
    "load",
    "scale",
    "throughput",
    "converge",
    "report",
    "webhooks",
    "burst",
    "batches",
)
"""In the order of running. A module's `run(console)` prints its results and returns figures for bench.json."""


def main() -> None:
    """Run the benchmarks that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--no-figures", action="store_true", help="do not write bench.json")
    options = parser.parse_args()
    names = options.names or BENCHMARKS
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"unknown benchmark {', '.join(unknown)}; choose from {', '.join(BENCHMARKS)}")
    console, began = Console(), time.monotonic()
    for name in names:
        console.rule(name)
        measured = run_alone(f"benchmarks.{name}")
        if not options.no_figures:
            figures.merge(measured)
    console.print(f"bench: {len(names)} done in {time.monotonic() - began:.0f} s, figures in {figures.BENCH.name}")


if __name__ == "__main__":
    try:
        main()
    except NotAvailable as reason:
        sys.exit(f"bench: {reason}")
