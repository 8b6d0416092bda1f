"""XLSX files of batches: cells that are not text, several sheets, and crafted files."""

import datetime
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from batch_worker.rows import FileRefused, read_rows
from payouts.domain.money import Rupiah
from payouts.services.batch_rows import BadRow, Row

HEADER = (
    "customerNumber",
    "beneficiaryBankCode",
    "beneficiaryAccountNumber",
    "beneficiaryAccountName",
    "amount",
    "remark",
)
LINE = ("628115678890", "014", "0012345678", "SITI AMINAH", 1500000, "salary")
UNREADABLE = "the spreadsheet cannot be read, or needs more than 192 MB of memory: save it as CSV"


def written(path: Path, *rows: Any, also: Callable[[Any, Any], object] | None = None) -> Path:
    """Write rows as a spreadsheet; `also` gets the workbook and its sheet."""
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                write = sheet.write_string if isinstance(cell, str) else sheet.write
                write(number, column, cell)
        if also:
            also(workbook, sheet)
    return path


def changed(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Replace the content of each part of the archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: change(name, archive.read(name)) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def with_date(workbook: Any, sheet: Any) -> None:
    sheet.write_datetime(5, 4, datetime.date(2026, 11, 28), workbook.add_format({"num_format": "d mmm yyyy"}))


def with_error(_: Any, sheet: Any) -> None:
    sheet.write_formula(2, 3, "=NA()", value="#N/A")


def sheet_with(path: Path, old: bytes, new: bytes) -> Path:
    return changed(path, lambda name, content: content.replace(old, new) if "worksheets" in name else content)


def read(path: Path) -> list[Row | BadRow]:
    return list(read_rows(path))


def refusal(path: Path) -> str:
    with pytest.raises(FileRefused) as raised:
        read(path)
    return str(raised.value)


def bad(row: Row | BadRow) -> tuple[int, str, str]:
    assert isinstance(row, BadRow), row
    return row.number, row.problems[0].column, row.problems[0].reason


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "upload"
    assert children() == [], "a process outlived its file"


def children() -> list[str]:
    found = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return found.read_text().split() if found.exists() else []


def test_text_and_numbers_make_rows(path: Path) -> None:
    (row,) = read(written(path, HEADER, LINE))
    assert isinstance(row, Row)
    assert row.number == 2
    assert (row.intent.beneficiary_account_number, row.intent.amount) == ("0012345678", Rupiah(150_000_000))


def test_rows_have_the_numbers_of_the_sheet(path: Path) -> None:
    rows = read(written(path, (), (), ("", *HEADER), (), ("", *LINE), (), ("", *LINE)))
    assert [row.number for row in rows if isinstance(row, Row)] == [5, 7]


def test_numbers_and_dates_in_text_columns_are_bad(path: Path) -> None:
    wrong = [
        (628115678890, *LINE[1:]),
        (*LINE[:1], 14, *LINE[2:]),
        (*LINE[:2], 8377388292, *LINE[3:]),
        (*LINE[:5], True),
    ]
    rows = read(
        written(
            path,
            HEADER,
            *wrong,
            LINE,
            also=with_date,
        )
    )
    columns = ["customerNumber", "beneficiaryBankCode", "beneficiaryAccountNumber", "remark", "amount"]
    assert [bad(row)[:2] for row in rows] == list(zip(range(2, 7), columns, strict=True))
    assert "leading zeros" in bad(rows[2])[2]
    assert bad(rows[4])[2] == "must be a number"


@pytest.mark.parametrize("amount", [1.5, 0, -1, 1e15, "1.500", "1.2E+15", ""])
def test_an_amount_in_doubt_is_bad(path: Path, amount: Any) -> None:
    assert bad(read(written(path, HEADER, (*LINE[:4], amount, "")))[0])[:2] == (2, "amount")


def test_a_formula_counts_as_its_stored_result(path: Path) -> None:
    def formula(_: Any, sheet: Any) -> None:
        sheet.write_formula(1, 4, "=1000000+500000", value=1500000)
        sheet.write_string(1, 5, "=1+1")

    (row,) = read(written(path, HEADER, LINE, also=formula))
    assert isinstance(row, Row)
    assert (row.intent.amount, row.intent.remark) == (Rupiah(150_000_000), "=1+1")


def test_an_error_in_a_cell_refuses_the_file(path: Path) -> None:
    """A reader shows it as an empty cell, so a row of errors alone would be lost."""
    assert refusal(written(path, HEADER, LINE, LINE, also=with_error)).startswith("D3 has an error such as #N/A")


@pytest.mark.parametrize("shift", [0, 1, 4, 10])
def test_an_error_at_the_edge_of_a_block_is_found(path: Path, shift: int) -> None:
    written(path, HEADER, LINE, LINE, also=with_error)
    with zipfile.ZipFile(path) as archive:
        at = archive.read("xl/worksheets/sheet1.xml").index(b' t="e"')
    comment = b"<!--" + b"x" * (2**20 - at - 7 - shift) + b"-->"
    sheet_with(path, b"<sheetData>", comment + b"<sheetData>")
    assert refusal(path).startswith("D3 has an error")


def test_only_one_sheet_may_have_data(path: Path) -> None:
    assert len(read(written(path, HEADER, LINE, also=lambda workbook, _: workbook.add_worksheet("Sheet2")))) == 1

    def hidden(workbook: Any, _: Any) -> None:
        second = workbook.add_worksheet("Sheet2")
        second.write(0, 0, "x")
        second.hide()

    assert refusal(written(path, HEADER, LINE, also=hidden)).startswith("more than one sheet has data")


def test_a_workbook_without_data_is_refused(path: Path) -> None:
    assert refusal(written(path)) == "the spreadsheet is empty"
    assert refusal(written(path, HEADER)) == "the file has a header and no rows"


def test_a_cell_at_the_far_corner_costs_no_memory(path: Path) -> None:
    """Two cells, and a reader that allocates the area between them: 17 thousand million cells."""
    written(path, HEADER, LINE, also=lambda _, sheet: sheet.write(1_048_575, 16_383, "x"))
    assert path.stat().st_size < 8_000
    assert refusal(path).startswith(UNREADABLE)


def test_a_wide_sheet_is_refused(path: Path) -> None:
    assert refusal(written(path, HEADER, LINE, also=lambda _, sheet: sheet.write(1, 500, "x"))).startswith(
        "the sheet has more than 100 columns"
    )


def test_a_zip_bomb_is_refused(path: Path) -> None:
    written(path, HEADER, LINE)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/x.png", "w") as part:
        for _ in range(201):
            part.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    assert refusal(path).startswith("the spreadsheet has more than 200 MB when unzipped")


def test_a_bomb_that_understates_its_size_is_refused(path: Path) -> None:
    filler = b"<!--" + b" " * (220 * 2**20) + b"-->"
    sheet_with(written(path, HEADER, LINE), b"<sheetData>", filler + b"<sheetData>")
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    assert data.count(size.to_bytes(4, "little")) == 2
    path.write_bytes(data.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    assert refusal(path)


def test_too_many_parts_are_refused(path: Path) -> None:
    written(path, HEADER, LINE)
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(1001):
            archive.writestr(f"x/{number}", b"")
    assert refusal(path).startswith("the spreadsheet has more than 200 MB")


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + bytes(1000), b"PK\x03\x04" + b"\xff" * 1000])
def test_what_is_no_spreadsheet_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path) == "the file is not a spreadsheet in the XLSX format"


def test_another_zip_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("payouts.csv", "x")
    assert refusal(path) == "the file is not a spreadsheet in the XLSX format"


def test_a_damaged_spreadsheet_is_refused(path: Path) -> None:
    whole = written(path, HEADER, *[LINE] * 50).read_bytes()
    for cut in (len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:cut])
        assert refusal(path)
    assert refusal(sheet_with(written(path, HEADER, LINE), b"</sheetData>", b""))


def test_a_cell_of_megabytes_is_bad(path: Path) -> None:
    written(path, HEADER, (*LINE[:5], "remarkable"))
    changed(path, lambda _, content: content.replace(b"remarkable", b"x" * 2**22))
    assert bad(read(path)[0]) == (2, "remark", "must be at most 255 printable ASCII characters")


def test_a_reader_that_stops_leaves_no_process(path: Path) -> None:
    rows = read_rows(written(path, HEADER, *[LINE] * 2000))
    assert next(rows).number == 2
    assert len(children()) in (0, 1)
    rows.close()  # type: ignore[attr-defined]


def test_the_process_gets_no_credentials(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Python imports sitecustomize at its start; this one writes what it sees."""
    (tmp_path / "sitecustomize.py").write_text(
        f"import os; open({str(tmp_path / 'seen')!r}, 'w').write(' '.join(sorted(os.environ)))"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    assert len(read(written(path, HEADER, LINE))) == 1
    assert "PYTHONPATH" in (tmp_path / "seen").read_text()
    assert "AWS" not in (tmp_path / "seen").read_text()
