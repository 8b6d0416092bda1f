"""python -m bench [name ...]: run benchmarks, print their tables, write their figures. All of them without a name."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping

from rich.console import Console

from bench import cold, converge, figures, load, scale, signing, throughput, warm
from bench.java_engine import NotAvailable

Benchmark = Callable[[Console], Mapping[str, float]]

BENCHMARKS: Mapping[str, Benchmark] = {
    "cold": cold.run,
    "signing": signing.run,
    "warm": warm.run,
    "load": load.run,
    "scale": scale.run,
    "throughput": throughput.run,
    "converge": converge.run,
}
"""By name, in the order in which they run. Each prints what it found and returns figures for bench.json."""


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--no-figures", action="store_true", help="leave bench.json as it is")
    options = parser.parse_args()
    names = options.names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    console, began = Console(), time.monotonic()
    for name in names:
        console.rule(name)
        measured = BENCHMARKS[name](console)
        if not options.no_figures:
            figures.merge(measured)
    console.print(f"bench: {len(names)} done in {time.monotonic() - began:.0f} s, figures in {figures.PATH.name}")


if __name__ == "__main__":
    try:
        main()
    except NotAvailable as reason:
        sys.exit(f"bench: {reason}")
