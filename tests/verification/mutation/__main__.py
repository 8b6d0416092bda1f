"""python -m tests.verification.mutation [part of a module's path ...]: mutate some of the pure modules, or all."""

import argparse
import sys

from rich.console import Console

from tests.verification import mutation
from tests.verification.mutation.modules import MODULES


def main() -> int:
    """Mutate what the command line names. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.verification.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="module", help="part of a path, such as schedule.py")
    options = parser.parse_args()
    wanted = [name for name in MODULES if not options.modules or any(part in name for part in options.modules)]
    if not wanted:
        parser.error(f"no module is called so; there are {', '.join(MODULES)}")
    console = Console()
    shown = mutation.run(console, wanted)
    console.print(f"mutate: {shown.line}", highlight=False)
    return 0 if shown.holds else 1


if __name__ == "__main__":
    sys.exit(main())
