"""The rows of a batch, checked as a request to create a transfer is. Pure.

A row's number is the one that a spreadsheet shows beside it, so the first row below a header is 2; in JSON the first
is 1. Numbers grow, with gaps where a file has empty rows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payouts.doku.fields import OF_A_ROW
from payouts.doku.messages import wire_name
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Intent

MOST_ROWS = 100_000
MOST_BYTES = 25 * 2**20
"""Of a file."""
MOST_PROBLEMS = 20
"""Problems of a row that are shown."""
AMOUNT = "amount"
COLUMNS: Mapping[str, str] = {wire_name(name): name for name in ("amount", *OF_A_ROW)}
"""The API's names of a row's fields, and ours."""
REQUIRED = (
    "customerNumber",
    "beneficiaryBankCode",
    "beneficiaryAccountNumber",
    "beneficiaryAccountName",
    AMOUNT,
)
_WHOLE = re.compile(r"([1-9][0-9]{0,14})(?:\.00)?", re.ASCII)
_SCIENTIFIC = re.compile(r"[0-9.,]+[eE][+-]?[0-9]+", re.ASCII)
_LARGEST = 10**15
_SHOWN = 64
"""Bytes of an unknown name that are repeated."""
MOST_PROBLEMS = 20
"""Problems of a row that are stored: its chunk is one item of at most 400 KB."""
_AS_TEXT = 'format the whole column as "Text" and enter the values again'


@dataclass(frozen=True, slots=True)
class NotText:
    """A cell that holds neither text nor a number: a date, or true or false."""


Cell = str | int | float | NotText
"""A cell of a file. Empty text is an empty cell."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that may become a transfer. `intent` has no reference if the row has none, and never a session."""

    number: int
    intent: Intent


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a row: the API's name of the column, empty for the row as a whole, and the reason.

    The reason does not repeat the value, which may be personal.
    """

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot become a transfer, with at most `MOST_PROBLEMS`: a chunk of rows is one item of 400 KB."""

    number: int
    problems: tuple[Problem, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "problems", self.problems[:MOST_PROBLEMS])


def row_of(number: int, cells: Mapping[str, Cell]) -> Row | BadRow:
    """Check the cells of a row, by the API's names of their columns."""
    values: dict[str, str] = {}
    problems = []
    for column, cell in cells.items():
        if cell == "":
            continue
        try:
            values[COLUMNS[column]] = _amount(cell) if column == AMOUNT else _text(column, cell)
        except ValueError as error:
            problems.append(Problem(column, str(error)))
    problems += [Problem(column, "is missing") for column in REQUIRED if cells.get(column, "") == ""]
    return BadRow(number, tuple(problems)) if problems else Row(number, _intent(values))


def row_of_json(number: int, given: Mapping[str, Any]) -> Row | BadRow:
    """Check a row in the form of POST /v1/transfers, at the top level or in `additionalInfo`. Null is empty."""
    flat, problems = _lifted(given)
    problems += [Problem(_shown(name), "is not a field of a row") for name in flat if name not in COLUMNS]
    if flat.get(AMOUNT) is not None:
        flat[AMOUNT], wrong = _amount_of_json(flat[AMOUNT])
        problems += wrong
    if problems:
        return BadRow(number, tuple(problems))
    return row_of(number, {name: _cell_of_json(value) for name, value in flat.items()})


def _lifted(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    flat = {name: value for name, value in given.items() if name != "additionalInfo"}
    nested = given.get("additionalInfo")
    if nested is None:
        return flat, []
    if not isinstance(nested, Mapping):
        return flat, [Problem("additionalInfo", "must be an object")]
    twice = [name for name, value in nested.items() if flat.setdefault(name, value) != value]
    return flat, [Problem(_shown(name), "is given twice with different values") for name in twice]


def _shown(name: str) -> str:
    return name.encode(errors="replace")[:_SHOWN].decode(errors="ignore")


def _cell_of_json(value: Any) -> Cell:
    if value is None:
        return ""
    return value if isinstance(value, str) else NotText()


def _amount_of_json(amount: Any) -> tuple[str, list[Problem]]:
    if not isinstance(amount, Mapping) or amount.keys() != {"value", "currency"} or amount["currency"] != "IDR":
        return "", [Problem(AMOUNT, 'must be an object such as {"value": "200000.00", "currency": "IDR"}')]
    value = amount["value"]
    if not isinstance(value, str) or not value.endswith(".00"):
        return "", [Problem(AMOUNT, 'must have a value of whole rupiah such as "200000.00"')]
    return value, []


def _amount(cell: Cell) -> str:
    """DOKU's form of an amount. Raises ValueError unless it is whole rupiah in one certain reading."""
    if not isinstance(cell, str):
        return _amount_of_number(cell)
    if match := _WHOLE.fullmatch(cell):
        return f"{match[1]}.00"
    if _SCIENTIFIC.fullmatch(cell):
        raise ValueError('is rounded, such as 1.2E+15: format the column as "Number" without decimals')
    raise ValueError('must be digits only, such as 1500000: "1.500" may be 1500 or one and a half')


def _amount_of_number(cell: int | float | NotText) -> str:
    if isinstance(cell, NotText):
        raise ValueError("must be a number")
    if cell != cell // 1 or not 0 < cell < _LARGEST:
        raise ValueError("must be whole rupiah, more than 0")
    return f"{int(cell)}.00"


def _text(column: str, cell: Cell) -> str:
    """The text of a cell. Raises ValueError for another form, and for a number: its leading zeros are lost."""
    if isinstance(cell, int | float):
        raise ValueError(f"is stored as a number, which loses leading zeros: {_AS_TEXT}")
    if cell == NotText():
        raise ValueError("must be text")
    try:
        return OF_A_ROW[COLUMNS[column]](str(cell))
    except ValueError:
        if _SCIENTIFIC.fullmatch(str(cell)):
            raise ValueError(f"is a rounded number, such as 1.2E+15: {_AS_TEXT}") from None
        raise


def _intent(values: dict[str, str]) -> Intent:
    given = {"partner_reference_no": "", "sender_country_code": "ID", **values}
    amount = Rupiah.parse(given.pop(AMOUNT))
    return Intent(**given, amount=amount, session_id="")
