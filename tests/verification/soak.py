"""python -m tests.verification.soak: run many random histories of a deployment, different ones each time."""

import argparse
import os
import sys

from hypothesis import settings

from tests.stateful.explore import PROFILES, deployed, explore


def main() -> int:
    """Run the histories. Prints a history that breaks an invariant, and returns exit code 1."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    chosen = os.environ.get("HYPOTHESIS_PROFILE", "soak")
    parser.add_argument("profile", nargs="?", default=chosen, choices=sorted(PROFILES), help="also HYPOTHESIS_PROFILE")
    parser.add_argument("--examples", type=int, help="number of histories; default: that of the profile")
    options = parser.parse_args()
    profile = PROFILES[options.profile]
    if options.examples:
        profile = settings(profile, max_examples=options.examples)
    with deployed() as backing_services:
        explored = explore(backing_services, profile)
    print(explored.failed or "", end="")
    print(f"soak: {explored}")
    return 1 if explored.failed else 0


if __name__ == "__main__":
    sys.exit(main())
