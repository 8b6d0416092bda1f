"""The header of a file: the API's names of its columns, or their aliases in English and Indonesian."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from batch_worker.rows.refusal import FileRefused
from payouts.services.batch_rows import COLUMNS, REQUIRED, BadRow, Cell, Problem, Row, row_of

ALIASES: Mapping[str, tuple[str, ...]] = {
    "partnerReferenceNo": ("reference", "reference no", "referensi", "no referensi", "nomor referensi"),
    "customerNumber": ("phone", "phone number", "customer phone", "no hp", "no telepon", "nomor telepon"),
    "beneficiaryBankCode": ("bank code", "kode bank"),
    "beneficiaryAccountNumber": ("account", "account no", "account number", "no rekening", "nomor rekening"),
    "beneficiaryAccountName": ("name", "account name", "beneficiary name", "nama", "nama penerima", "nama rekening"),
    "amount": ("jumlah", "nominal"),
    "remark": ("description", "note", "keterangan", "catatan", "berita"),
}
"""Case, blanks and punctuation do not count, so that "Beneficiary account number" and "No. Rekening" are found."""
_SHOWN = 40


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


_NAMES = {_folded(name): name for name in COLUMNS}
_NAMES |= {_folded(alias): name for name, aliases in ALIASES.items() for alias in aliases}


def known(cells: Sequence[str]) -> int:
    """Count the cells that name a column."""
    return sum(_folded(cell) in _NAMES for cell in cells)


@dataclass(frozen=True, slots=True)
class Columns:
    """The API's names of a file's columns, in the order of the file. A column without a name must be empty."""

    names: tuple[str, ...]

    @classmethod
    def of_header(cls, header: Sequence[Cell]) -> Self:
        """Read the header. Raises FileRefused for a column that is unknown, there twice, or missing."""
        texts = [cell if isinstance(cell, str) else "(a number or date)" for cell in header]
        names = [_NAMES.get(_folded(text), "") for text in texts]
        unknown = [text[:_SHOWN] for text, name in zip(texts, names, strict=True) if text and not name]
        if not any(names):
            raise FileRefused(f"the first row must name the columns: {', '.join(REQUIRED)}")
        if unknown:
            raise FileRefused(f"unknown column: {', '.join(unknown)}. Remove it; the names are {', '.join(COLUMNS)}")
        if twice := sorted({name for name in names if name and names.count(name) > 1}):
            raise FileRefused(f"there are two columns for {', '.join(twice)}: remove one")
        if missing := [name for name in REQUIRED if name not in names]:
            raise FileRefused(f"there is no column for {', '.join(missing)}")
        return cls(tuple(names))

    def row(self, number: int, cells: Sequence[Cell]) -> Row | BadRow:
        """Check a row. One with another number of cells than the header may have shifted."""
        if len(cells) != len(self.names):
            reason = f"has {len(cells)} cells, and the header has {len(self.names)}: quote text that has separators"
            return BadRow(number, (Problem("", reason),))
        named = list(zip(self.names, cells, strict=True))
        if any(cell != "" and not name for name, cell in named):
            return BadRow(number, (Problem("", "has a cell in a column without a name"),))
        return row_of(number, {name: cell for name, cell in named if name})
