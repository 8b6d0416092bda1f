"""python -m batch_worker.rows.sheet_process FILE: print the rows of an XLSX file as JSON, within fixed limits.

A line is {"row": 2, "cells": [...]}, where null is a cell that is neither text nor a number. The last line is
{"end": true} or {"error": message}. Without it the process exceeded a limit and was ended by the system.
"""

import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

MEMORY = 192 * 2**20
"""100,000 rows of seven columns take 110 MB, of ten wide ones 166. The function's MemorySize has room for itself beside
it."""
PROCESSOR_SECONDS = 20
"""100,000 rows take 2. Lambda gives less than a fifth of a processor, and the file is read twice within a time-out."""
UNZIPPED = 200 * 2**20
PARTS = 1000
MOST_COLUMNS = 100
LONGEST = 4096
"""Characters of a cell that are printed; longer than any field may be."""
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_ERROR_CELL = re.compile(rb"<(?:\w+:)?c\s(?=[^>]*?\br\s*=\s*[\"']([A-Z]{1,3}[0-9]+))?[^>]*?\bt\s*=\s*[\"']e[\"']")
_NOT_XLSX = "the file is not a spreadsheet in the XLSX format"
_BLOCK = 2**20
_OVERLAP = 256


class Refused(Exception):
    """The file is refused; the message is for its sender."""


def main(path: str) -> None:
    """Print the rows."""
    _limit()
    try:
        _check_archive(path)
        for number, cells in _rows(path):
            _print({"row": number, "cells": cells})
    except Refused as refused:
        _print({"error": str(refused)})
    else:
        _print({"end": True})


def _limit() -> None:
    """Bound memory and processor time, and write no core file. macOS enforces no limit of memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _check_archive(path: str) -> None:
    """Refuse an archive that is too large, and sheets with an error such as #N/A, which reads as an empty cell."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS or sum(part.file_size for part in parts) > UNZIPPED:
                raise Refused(f"the spreadsheet has more than {UNZIPPED // 2**20} MB when unzipped: split it")
            for part in parts:
                if _SHEET.fullmatch(part.filename):
                    _check_sheet(archive, part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):  # also an encrypted part
        raise Refused(_NOT_XLSX) from None


def _check_sheet(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    rest = b""
    with archive.open(part) as content:
        while block := content.read(_BLOCK):
            if found := _ERROR_CELL.search(rest + block):
                where = found[1].decode() if found[1] else "a cell"
                raise Refused(f"{where} has an error such as #N/A: correct it, or clear the cell")
            rest = block[-_OVERLAP:]


def _rows(path: str) -> Iterator[tuple[int, list[object]]]:
    from python_calamine import CalamineError, CalamineWorkbook  # not at the top: the limits come first

    try:
        with CalamineWorkbook.from_path(path) as workbook:
            for number, cells in enumerate(_only_sheet(workbook).iter_rows(), start=1):
                yield number, [_cell(cell) for cell in cells]
    except CalamineError:
        raise Refused(_NOT_XLSX) from None


def _only_sheet(workbook: "CalamineWorkbook") -> "CalamineSheet":
    """The sheet with data. Raises Refused if there are several: the rows of none of them may be lost."""
    sheets = (workbook.get_sheet_by_name(name) for name in workbook.sheet_names)
    with_data = list(islice((sheet for sheet in sheets if sheet.height), 2))
    if len(with_data) > 1:
        raise Refused("more than one sheet has data, hidden ones included: keep one")
    if not with_data:
        raise Refused("the spreadsheet is empty")
    if with_data[0].width > MOST_COLUMNS:
        raise Refused(f"the sheet has more than {MOST_COLUMNS} columns: copy the rows into a new file")
    return with_data[0]


def _cell(value: object) -> str | int | float | None:
    if isinstance(value, str):
        return value.strip()[:LONGEST]
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _print(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
