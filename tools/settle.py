"""Settle a DISPUTED transfer, or one in REVIEW, by hand: after DOKU told you how it ended."""

import argparse
import sys
import time

from payouts.errors import PayoutError
from payouts.settle import settle
from payouts.transfer import ENDED, Status
from tools.target import NoSuchDeployment, add_option, find


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when there is no such transfer or it may not be settled."""
    parser = argparse.ArgumentParser(prog="python -m tools.settle", description=__doc__)
    add_option(parser)
    parser.add_argument("reference", help="partnerReferenceNo")
    parser.add_argument("verdict", choices=sorted(str(status) for status in ENDED), help="how DOKU says that it ended")
    parser.add_argument("--by", required=True, help="your name, kept in the history")
    parser.add_argument("--reason", required=True, help="how you know, such as DOKU's ticket; kept in the history")
    options = parser.parse_args(arguments)
    try:
        target = find(options.env)
    except NoSuchDeployment as error:
        print(error, file=sys.stderr)
        return 1
    try:
        store = target.transfers()
        transfer = store.get(options.reference)
        if transfer is None:
            print(f"no transfer in {target.name} is known as {options.reference}", file=sys.stderr)
            return 1
        verdict = Status(options.verdict)
        settled = settle(store, transfer, verdict, options.by, options.reason, int(time.time() * 1000))
    except (PayoutError, ValueError) as error:
        print(f"in {target.name}, {error}", file=sys.stderr)
        return 1
    print(f"in {target.name}, {settled.reference} is {settled.status}, by {options.by}")
    return 0 if settled.status is verdict else 1


if __name__ == "__main__":
    sys.exit(main())
