"""python -m tests.verification [part ...]: verify the promise; default: all parts. Ends with one line for each part."""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from tests.verification.part import Shown
from tools import figures
from tools.interpreter import run_alone

PARTS: Mapping[str, str] = {
    "model": "tests.verification.models",
    "guards": "tests.verification.hand_mutants",
    "mutants": "tests.verification.mutation",
    "matrix": "tests.verification.matrix.runner",
    "stateful": "tests.verification.stateful",
    "concurrency": "tests.verification.concurrency",
    "engines": "tests.verification.engines",
}
"""Part to module, in the order of running. A module has `run(console) -> Shown`."""

FIGURES = Path(__file__).parents[2] / "docs" / "figures" / "proof.json"


def main() -> int:
    """Run the parts that the command line names. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.verification", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--no-figures", action="store_true", help="do not write proof.json")
    options = parser.parse_args()
    if unknown := [name for name in options.parts if name not in PARTS]:
        parser.error(f"unknown part {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    console = Console()
    lines, holds, started = [], True, time.monotonic()
    for name in options.parts or PARTS:
        console.rule(name)
        began = time.monotonic()
        shown: Shown = run_alone(PARTS[name])
        holds &= shown.holds
        lines.append(f"{name}: {shown.line} ({time.monotonic() - began:.0f} s)")
        if not options.no_figures:
            figures.merge(shown.figures, FIGURES)
            figures.write()
    minutes = (time.monotonic() - started) / 60
    if holds and not options.parts and not options.no_figures:
        figures.merge({"prove_minutes": round(minutes, 1)}, FIGURES)
        figures.write()
    console.rule("proved" if holds else "not proved")
    for line in [*lines, f"{len(lines)} of {len(PARTS)} parts in {minutes:.1f} minutes"]:
        console.print(line, highlight=False, soft_wrap=True)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
