"""Report a day in WIB: counts and sums by status, and the transfers that need attention."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from doku_signing.timestamps import WIB
from payouts.domain.balance_proof import BalanceProof
from payouts.domain.errors import PayoutError
from payouts.domain.money import Rupiah, signed
from payouts.services import balance_statement
from payouts.services.daily_report import COLUMNS, lines
from payouts.services.report_summary import ReportSummary
from payouts.services.safe_csv import csv_rows
from payouts.store.balance_readings import BalanceReadings
from payouts.store.transfers import TransferStore
from tools.compare_statement import compare, read_statement
from tools.deployment import find
from tools.errors import UsageError
from tools.output import print_json
from transfer_api.listing import checked_day

_LINES = 1000
_PROGRESS = 10_000
"""Transfers between two lines of progress."""


def reconcile(env: str, day: str | None = None, csv: Path | None = None, as_json: bool = False) -> None:
    """Print the report of a day, by default today, and write every transfer to `csv`.

    Prints the progress of a long day to standard error. Raises UsageError for an invalid day or a file that cannot be
    written, both before the report is built.
    """
    chosen = _day(day)
    deployment = find(env)
    with _written(csv) as file:
        summary = _stream(deployment.transfers(), chosen, file)
    measured = BalanceReadings(deployment.table()).read(chosen)
    proof = measured.proof if measured else None
    if as_json:
        print_json({"deployment": deployment.name, **to_json(chosen, summary), "balance": _balance(proof)})
        return
    print(f"reconciliation in {deployment.name}\n\n{summary.text(chosen)}{balance_statement.text(proof)}", end="")
    if csv:
        print(f"every transfer: {csv}")


def compare_with_statement(
    env: str, statement: Path, columns: Path | None, day: str | None, csv: Path | None, as_json: bool
) -> None:
    """Print what differs between a day's transfers and DOKU's statement, and write every line to `csv`.

    Raises UsageError for an invalid day, a statement or a mapping that can't be read, or a file that can't be written.
    """
    chosen, rows = _day(day), read_statement(statement, columns)
    deployment = find(env)
    with _written(csv) as file:
        comparison = compare(deployment.transfers(), chosen, rows, int(time.time() * 1000))
        if file:
            file.write(comparison.csv())
    if as_json:
        print_json({"deployment": deployment.name, **comparison.as_json(chosen)})
        return
    print(f"reconciliation in {deployment.name}\n\n{comparison.text(chosen)}", end="")


def to_json(day: str, summary: ReportSummary) -> dict[str, Any]:
    """Counts and sums (rupiah, as strings) by status, and the transfers that need attention, at most LISTED of them."""
    names = ("partnerReferenceNo", "status", "attention")
    return {
        "day": day,
        "statuses": {
            status: {"count": count, "amount": str(Rupiah(summary.sums[status]))}
            for status, count in summary.counts.items()
        },
        "needingAttention": summary.needing_attention,
        "attention": [dict(zip(names, listed, strict=True)) for listed in summary.listed],
    }


def _balance(proof: BalanceProof | None) -> dict[str, Any] | None:
    """The proof of the day's balance (rupiah, as strings); None if the balance was not measured."""
    if proof is None:
        return None
    amounts = {name: signed(sen) for name, sen in balance_statement.figures(proof).items()}
    unstated = proof.sums.unstated_fees
    return {**balance_statement.times(proof), **amounts, "unstatedFees": unstated, "verdict": proof.verdict}


def _stream(store: TransferStore, day: str, file: TextIO | None) -> ReportSummary:
    """The summary of the day; its rows go to `file`."""
    summary, shown = ReportSummary(), 0
    found = lines(store, day, int(time.time() * 1000))
    if file:
        file.write(csv_rows([COLUMNS]))
    while some := list(islice(found, _LINES)):
        for line in some:
            summary.add(line)
        if file:
            file.write(csv_rows(line.cells() for line in some))
        if summary.transfers >= shown + _PROGRESS:
            shown = summary.transfers
            print(f"{shown:,} transfers, up to {some[-1].cells()[6]}", file=sys.stderr)
    return summary


@contextmanager
def _written(csv: Path | None) -> Iterator[TextIO | None]:
    """A file that takes the place of `csv` once it is complete; None without one."""
    if csv is None:
        yield None
        return
    is_plain = csv.is_file() or not csv.exists()  # unlike /dev/stdout
    written = csv.with_name(f"{csv.name}.part") if is_plain else csv
    try:
        file = written.open("w")
    except OSError as error:
        raise UsageError(f"{csv} can't be written: {error.strerror}") from error
    with file:
        yield file
    if is_plain:
        written.replace(csv)


def _day(day: str | None) -> str:
    try:
        return datetime.now(WIB).date().isoformat() if day is None else checked_day(day)
    except PayoutError as error:
        raise UsageError(error.message) from error
