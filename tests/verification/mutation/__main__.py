"""python -m tests.verification.mutation [part of a path ...]: mutate the pure modules, or those that match."""

import argparse
import sys

from rich.console import Console

from tests.verification import mutation
from tests.verification.mutation.modules import MODULES


def main() -> int:
    """Mutate the named modules. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.verification.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="module", help="part of a path, such as schedule.py")
    options = parser.parse_args()
    matching = [name for name in MODULES if not options.modules or any(part in name for part in options.modules)]
    if not matching:
        parser.error(f"no module matches; choose from {', '.join(MODULES)}")
    console = Console()
    shown = mutation.run(console, matching)
    console.print(f"mutate: {shown.line}", highlight=False)
    return 0 if shown.holds else 1


if __name__ == "__main__":
    sys.exit(main())
