"""CSV that a spreadsheet opens without running a cell."""

import csv
import io
from collections.abc import Iterable

BOM = "\ufeff"
"""At the beginning of a file it lets Excel read UTF-8."""
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings of a formula; Excel takes the full-width forms, too."""


def csv_rows(rows: Iterable[Iterable[str]]) -> str:
    """Rows of a CSV file. No cell is a formula for a spreadsheet."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Prefix text that a spreadsheet would take for a formula. Line ends become LF, which the writer quotes."""
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
