"""The reconciliation of a day: counts and sums by status, what is open and why, where DOKU's word changed."""

import argparse
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from doku_signing.timestamps import WIB
from payouts.domain.errors import PayoutError
from payouts.services.daily_report import of_day
from tools.deployment import NoSuchDeployment, add_option, find
from transfer_api.listing import checked_day


def main(arguments: Iterable[str] | None = None) -> int:
    """Exit code 1 when a transfer needs attention, 2 when there is no report."""
    parser = argparse.ArgumentParser(prog="make reconcile", description=__doc__)
    add_option(parser)
    parser.add_argument("--day", default=datetime.now(WIB).date().isoformat(), help="in WIB, by default today")
    parser.add_argument("--csv", type=Path, help="also write every transfer to this file")
    options = parser.parse_args(None if arguments is None else list(arguments))
    try:
        day = checked_day(options.day)
        target = find(options.env)
        if options.csv:
            _try(options.csv)
        report = of_day(target.transfers(), day, int(time.time() * 1000))
    except (NoSuchDeployment, PayoutError, _NotWritable) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"reconciliation in {target.name}\n\n{report.text()}", end="")
    if options.csv:
        options.csv.write_text(report.csv())
        print(f"every transfer: {options.csv}")
    return int(any(line.attention for line in report.lines))


class _NotWritable(Exception):
    """The file can't be written; the message says why."""


def _try(file: Path) -> None:
    """Before the report is made, which may take long. What the file holds stays."""
    try:
        file.open("a").close()
    except OSError as error:
        raise _NotWritable(f"{file} can't be written: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
