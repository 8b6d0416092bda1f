"""CSV as RFC 4180 has it: UTF-8 with or without a byte order mark, separated by commas or semicolons."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from batch_worker.rows.columns import known
from batch_worker.rows.refusal import FileRefused
from payouts.services.batch_rows import Cell

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ENCODING = 'the file is not in UTF-8: save it as "CSV UTF-8"'
_LONGEST = 4096
"""Characters of a cell; longer than any field may be."""
_LONGEST_RECORD = 2**18
"""Characters of a record. A cell takes at least 8 bytes of memory, and one of the file."""


def lines(path: Path) -> Iterator[tuple[int, list[Cell]]]:
    """The records of a file, numbered from 1, without blanks around cells. Raises FileRefused."""
    with path.open("rb") as file:
        if file.read(2) in _UTF_16:
            raise FileRefused(_ENCODING)
    csv.field_size_limit(_LONGEST)
    with path.open(encoding="utf-8-sig", newline="") as file:
        number, given = 0, _Lines(file)
        try:
            delimiter = _delimiter(file)
            for number, cells in enumerate(csv.reader(given, delimiter=delimiter, strict=True), start=1):
                given.length = 0
                yield number, [cell.strip() for cell in cells]
        except UnicodeDecodeError:
            raise FileRefused(_ENCODING) from None
        except csv.Error as error:
            raise FileRefused(f"the file is not valid CSV after row {number}: {error}") from None


class _Lines:
    """The lines of a file. Raises csv.Error for a record that is too long."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.length = 0
        """Of the lines since the last record."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(_LONGEST_RECORD)
        self.length += len(line)
        if self.length >= _LONGEST_RECORD:
            raise csv.Error(f"a row of more than {_LONGEST_RECORD // 2**10} KB, perhaps without a closing quote")
        if not line:
            raise StopIteration
        return line


def _delimiter(file: TextIO) -> str:
    """The separator with which the first record names more columns; a comma if neither does."""
    first = next((line for line in iter(lambda: file.readline(_LONGEST), "") if line.strip(",;\r\n ")), "")
    file.seek(0)
    return max(",;", key=lambda delimiter: known(first.replace('"', "").split(delimiter)))
