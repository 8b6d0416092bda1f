"""Reads an uploaded file, CSV or XLSX, as the rows of a batch."""

from collections.abc import Iterator
from pathlib import Path

from batch_worker.rows import csv_file, spreadsheet
from batch_worker.rows.columns import Columns
from batch_worker.rows.refusal import FileRefused
from payouts.services.batch_rows import MOST_BYTES, MOST_ROWS, BadRow, Cell, Row

__all__ = ["FileRefused", "read_rows"]

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"


def read_rows(path: Path) -> Iterator[Row | BadRow]:
    """The rows of a file, in order; empty rows are left out.

    Raises FileRefused, perhaps after some rows: then no row of the file counts. Memory does not grow with the file.
    """
    lines = ((number, cells) for number, cells in _lines(path) if any(cell != "" for cell in cells))
    columns = Columns.of_header(next(lines, (0, []))[1])
    count = 0
    for count, (number, cells) in enumerate(lines, start=1):
        if count > MOST_ROWS:
            raise FileRefused(f"the file has more than {MOST_ROWS} rows: split it")
        yield columns.row(number, cells)
    if count == 0:
        raise FileRefused("the file has a header and no rows")


def _lines(path: Path) -> Iterator[tuple[int, list[Cell]]]:
    """The lines of a file with their numbers, the first is 1. Its first bytes say what it is."""
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("the file is empty")
    if size > MOST_BYTES:
        raise FileRefused(f"the file is larger than {MOST_BYTES // 2**20} MB: split it")
    with path.open("rb") as file:
        start = file.read(4)
    if start == _OLE:
        raise FileRefused("the file is protected by a password, or of Excel before 2007: save it as XLSX without one")
    return spreadsheet.lines(path) if start == _ZIP else csv_file.lines(path)
