"""Report a day in WIB: counts and sums by status, and the transfers that need attention."""

import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from doku_signing.timestamps import WIB
from payouts.domain.errors import PayoutError
from payouts.domain.money import Rupiah
from payouts.services.daily_report import Report, of_day
from tools.deployment import find
from tools.errors import UsageError
from tools.output import print_json
from transfer_api.listing import checked_day


def reconcile(env: str, day: str | None = None, csv: Path | None = None, as_json: bool = False) -> None:
    """Print the report of a day, by default today, and write every transfer to `csv`.

    Raises UsageError for an invalid day or a file that cannot be written, both before the report is built.
    """
    chosen = _day(day)
    deployment = find(env)
    if csv:
        _check_writable(csv)
    report = of_day(deployment.transfers(), chosen, int(time.time() * 1000))
    if csv:
        csv.write_text(report.csv())
    if as_json:
        print_json({"deployment": deployment.name, **to_json(report)})
        return
    print(f"reconciliation in {deployment.name}\n\n{report.text()}", end="")
    if csv:
        print(f"every transfer: {csv}")


def to_json(report: Report) -> dict[str, Any]:
    """Counts and sums (rupiah, as strings) by status, and each transfer that needs attention."""
    counts: Counter[str] = Counter()
    sen: Counter[str] = Counter()
    for line in report.lines:
        counts[line.transfer.status] += 1
        sen[line.transfer.status] += line.transfer.intent.amount.sen
    return {
        "day": report.day,
        "statuses": {status: {"count": counts[status], "amount": str(Rupiah(sen[status]))} for status in counts},
        "attention": [
            {
                "partnerReferenceNo": line.transfer.partner_reference_no,
                "status": line.transfer.status,
                "attention": line.attention,
            }
            for line in report.lines
            if line.attention
        ],
    }


def _day(day: str | None) -> str:
    try:
        return datetime.now(WIB).date().isoformat() if day is None else checked_day(day)
    except PayoutError as error:
        raise UsageError(error.message) from error


def _check_writable(file: Path) -> None:
    """Raise UsageError if the file cannot be written. Its content stays."""
    try:
        file.open("a").close()
    except OSError as error:
        raise UsageError(f"{file} can't be written: {error.strerror}") from error
