"""Reads DOKU's statement, a CSV file, by a mapping of its columns. Every row is read or refused; none is left out."""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payouts.domain.money import Rupiah
from payouts.domain.transfer import Status
from tools.errors import UsageError

COLUMNS = Path(__file__).with_name("statement.toml")
_REFERENCES = ("partnerReferenceNo", "referenceNo")
_FIELDS = (*_REFERENCES, "amount", "fee", "status")
_OF_DOKU = ("SUCCESS", "FAILED", "REFUNDED", "UNPAID", "ACCEPTED")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the statement. `fee` and `status` are None if the file has no such column."""

    number: int
    """The line of the file in which the row ends."""
    partner_reference_no: str
    reference_no: str
    amount: Rupiah
    fee: Rupiah | None
    status: Status | None


@dataclass(frozen=True, slots=True)
class StatementFormat:
    """How a statement is written."""

    columns: Mapping[str, str]
    statuses: Mapping[str, str]
    delimiter: str
    encoding: str
    decimal: str
    thousands: str

    def amount(self, text: str) -> Rupiah:
        """An amount as it is written in the file. Raises ValueError."""
        plain = text.strip()
        if self.thousands:
            whole, mark, rest = plain.partition(self.decimal)
            groups = whole.split(self.thousands)
            if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
                raise ValueError(f"{text!a} is no amount")
            plain = "".join(groups) + mark + rest
        whole, _, sen = plain.partition(self.decimal)
        try:
            return Rupiah.parse(f"{whole}.{sen.ljust(2, '0')}")
        except ValueError:
            raise ValueError(f"{text!a} is no amount") from None

    def status(self, text: str) -> Status:
        """A status as it is written in the file. Raises ValueError."""
        found = self.statuses.get(text.strip())
        if found is None:
            raise ValueError(f"the status {text!a} is not in [statuses]")
        return Status(found)


def read_format(path: Path) -> StatementFormat:
    """The mapping in a TOML file such as tools/statement.toml. Raises UsageError."""
    try:
        given = tomllib.loads(path.read_text())
        columns, file = dict(given["columns"]), dict(given.get("file", {}))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} can't be read: {error}") from None
    statuses = dict(given.get("statuses", {}))
    if unknown := sorted(set(columns) - set(_FIELDS)):
        raise UsageError(f"{path}: [columns] has {', '.join(unknown)}; it may have {', '.join(_FIELDS)}")
    if "amount" not in columns or not set(_REFERENCES) & set(columns):
        raise UsageError(f"{path}: [columns] needs amount, and {' or '.join(_REFERENCES)}")
    if wrong := sorted(set(statuses.values()) - set(_OF_DOKU)):
        raise UsageError(f"{path}: [statuses] has {', '.join(wrong)}; it may have {', '.join(_OF_DOKU)}")
    return _mapping(path, columns, statuses, file)


def read_rows(path: Path, mapping: StatementFormat) -> list[Row]:
    """All rows of the statement. Raises UsageError for the first one that can't be read."""
    try:
        with path.open(encoding=mapping.encoding, newline="") as file:
            return list(_rows(path, csv.DictReader(file, delimiter=mapping.delimiter, strict=True), mapping))
    except (OSError, ValueError, LookupError, csv.Error) as error:
        raise UsageError(f"{path} can't be read: {error}") from None


def _mapping(path: Path, columns: dict[str, Any], statuses: dict[str, Any], file: dict[str, Any]) -> StatementFormat:
    usual = {"delimiter": ",", "encoding": "utf-8-sig", "decimal": ".", "thousands": ","}
    chosen = {name: file.get(name, text) for name, text in usual.items()}
    texts = [*columns.values(), *chosen.values()]
    if set(file) - set(usual) or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{path}: [file] may have {', '.join(usual)}, and every value is text")
    if len(chosen["delimiter"]) != 1 or len(chosen["decimal"]) != 1 or chosen["decimal"] == chosen["thousands"]:
        raise UsageError(f"{path}: delimiter and decimal are one character, and thousands is another than decimal")
    return StatementFormat(columns, statuses, **chosen)


def _rows(path: Path, reader: "csv.DictReader[str]", mapping: StatementFormat) -> Iterator[Row]:
    present = reader.fieldnames or []
    missing = [column for column in mapping.columns.values() if present.count(column) != 1]
    if missing:
        raise UsageError(
            f"{path} has not once the columns {', '.join(missing)}; it has {', '.join(present) or 'none'}."
            " DOKU does not publish its columns: write those of your file into tools/statement.toml or a copy"
        )
    for cells in reader:
        try:
            if None in cells or None in cells.values():
                raise ValueError("more or fewer values than columns")
            yield _row(reader.line_num, cells, mapping)
        except ValueError as error:
            raise UsageError(f"{path}, line {reader.line_num}: {error}") from None


def _row(number: int, cells: Mapping[str, str], mapping: StatementFormat) -> Row:
    given = {field: cells[column] for field, column in mapping.columns.items()}
    ours, dokus = (given.get(name, "").strip() for name in _REFERENCES)
    if not ours and not dokus:
        raise ValueError("the row has no reference")
    fee = mapping.amount(given["fee"]) if "fee" in given else None
    status = mapping.status(given["status"]) if "status" in given else None
    return Row(number, ours, dokus, mapping.amount(given["amount"]), fee, status)
