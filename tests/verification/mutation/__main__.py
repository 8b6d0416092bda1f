"""python -m tests.verification.mutation [module ...]: mutate the pure modules, or those whose path matches."""

import argparse
import sys

from rich.console import Console

from tests.verification import mutation
from tests.verification.mutation.modules import MODULES


def main() -> int:
    """Mutate the named modules. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.verification.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="module", help="part of a path, such as schedule.py")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the mutants of lines that contain this text")
    options = parser.parse_args()
    matching = [name for name in MODULES if not options.modules or any(part in name for part in options.modules)]
    if not matching:
        parser.error(f"no module matches; choose from {', '.join(MODULES)}")
    console = Console()
    shown = mutation.run(console, matching, options.only)
    console.print(f"mutate: {shown.line}", highlight=False)
    return 0 if shown.holds else 1


if __name__ == "__main__":
    sys.exit(main())
