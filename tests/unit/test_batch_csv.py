"""CSV files of batches: separators, encodings, headers, limits, and memory."""

import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from batch_worker import rows
from batch_worker.rows import FileRefused, read_rows
from batch_worker.rows.columns import ALIASES
from payouts.services.batch_rows import COLUMNS, REQUIRED, BadRow, Row

HEADER = "customerNumber,beneficiaryBankCode,beneficiaryAccountNumber,beneficiaryAccountName,amount,remark"
LINE = "628115678890,014,0012345678,SITI AMINAH,1500000,salary"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def read(file: Path, *lines: str, end: str = "\r\n") -> list[Row | BadRow]:
    file.write_bytes("".join(f"{line}{end}" for line in lines).encode())
    return list(read_rows(file))


def refusal(file: Path) -> str:
    with pytest.raises(FileRefused) as raised:
        list(read_rows(file))
    return str(raised.value)


def names(rows: list[Row | BadRow]) -> list[tuple[int, str]]:
    assert all(isinstance(row, Row) for row in rows), rows
    return [(row.number, row.intent.beneficiary_account_name) for row in rows if isinstance(row, Row)]


def bad(row: Row | BadRow) -> tuple[int, str, str]:
    assert isinstance(row, BadRow), row
    return row.number, row.problems[0].column, row.problems[0].reason


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_commas_and_semicolons_with_and_without_bom(file: Path, end: str, bom: str, separator: str) -> None:
    header, line = HEADER.replace(",", separator), LINE.replace(",", separator)
    assert names(read(file, bom + header, line, end=end)) == [(2, "SITI AMINAH")]


def test_the_last_line_may_have_no_end(file: Path) -> None:
    file.write_text(f"{HEADER}\n{LINE}")
    assert names(list(read_rows(file))) == [(2, "SITI AMINAH")]


def test_quoted_text_may_have_separators_and_lines(file: Path) -> None:
    quoted = LINE.replace("SITI AMINAH", '"SITI, ""S"" AMINAH"')
    broken = LINE.replace("salary", '"two\nlines"')
    found = read(file, HEADER, quoted, broken, LINE)
    assert names([found[0], found[2]]) == [(2, 'SITI, "S" AMINAH'), (4, "SITI AMINAH")]
    assert bad(found[1])[:2] == (3, "remark")


def test_empty_rows_keep_the_numbers_of_a_spreadsheet(file: Path) -> None:
    assert names(read(file, "", HEADER, "", LINE, ",,,,,", " , ,,,,", LINE)) == [(4, "SITI AMINAH"), (7, "SITI AMINAH")]


def test_blanks_around_cells_do_not_count(file: Path) -> None:
    spaced = ",".join(f" {cell}\u00a0" for cell in LINE.split(","))
    assert names(read(file, HEADER.replace(",", " , "), spaced)) == [(2, "SITI AMINAH")]


def test_each_alias_names_its_column(file: Path) -> None:
    for column, aliases in ALIASES.items():
        for alias in aliases:
            header = HEADER.replace("remark", "keterangan").replace(column, alias)
            if column in HEADER:
                assert names(read(file, header, LINE)) == [(2, "SITI AMINAH")], alias


@pytest.mark.parametrize("indonesian", ["No. HP,Kode Bank,No. Rekening,Nama Penerima,Nominal,Berita"])
def test_case_and_punctuation_of_names_do_not_count(file: Path, indonesian: str) -> None:
    assert names(read(file, indonesian, LINE)) == [(2, "SITI AMINAH")]
    assert names(read(file, indonesian.upper().replace(" ", "_"), LINE)) == [(2, "SITI AMINAH")]


def test_no_alias_names_two_columns() -> None:
    every = [name for column, aliases in ALIASES.items() for name in (column, *aliases)]
    assert [name for name, count in Counter(map(str.casefold, every)).items() if count > 1] == []
    assert ALIASES.keys() <= COLUMNS.keys()


def test_a_row_with_other_cells_than_the_header_is_bad(file: Path) -> None:
    found = read(file, HEADER, LINE.replace("SITI", "SITI,"), LINE.removesuffix(",salary"), LINE)
    assert [bad(row)[:2] for row in found[:2]] == [(2, ""), (3, "")]
    assert bad(found[0])[2].startswith("has 7 cells, and the header has 6")
    assert names(found[2:]) == [(4, "SITI AMINAH")]


def test_a_cell_below_no_name_is_bad(file: Path) -> None:
    assert names(read(file, f"{HEADER},,", f"{LINE},,")) == [(2, "SITI AMINAH")]
    assert bad(read(file, f"{HEADER},,", f"{LINE},,x")[0]) == (2, "", "has a cell in a column without a name")


def test_good_rows_stand_beside_bad_ones(file: Path) -> None:
    found = read(file, HEADER, LINE.replace("1500000", "1.500"), LINE, LINE.replace("014", "14"))
    assert [row.number for row in found] == [2, 3, 4]
    assert [bad(found[0])[1], bad(found[2])[1]] == ["amount", "beneficiaryBankCode"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("remark", "department"), "unknown column: department. Remove it"),
        (HEADER.replace("remark", "sessionId"), "unknown column: sessionId. Remove it"),
        (HEADER.replace("remark", "Nominal"), "there are two columns for amount: remove one"),
        (HEADER.replace("amount", "keterangan").replace("remark", "note"), "there are two columns for remark"),
        (HEADER.removesuffix(",amount,remark"), "there is no column for amount"),
        (LINE, "the first row must name the columns: customerNumber,"),
        (",,;", "the first row must name the columns"),
        ("", "the first row must name the columns"),
        (HEADER.replace(",", "\t"), "the first row must name the columns"),
    ],
)
def test_a_header_is_refused_with_the_reason(file: Path, header: str, message: str) -> None:
    file.write_text(f"{header}\n{LINE}\n")
    assert refusal(file).startswith(message)


def test_each_required_column_must_be_there(file: Path) -> None:
    for column in REQUIRED:
        file.write_text(",".join(name for name in HEADER.split(",") if name != column) + f"\n{LINE}\n")
        assert refusal(file) == f"there is no column for {column}"


def test_a_file_without_header_shows_no_value(file: Path) -> None:
    file.write_text(f"{LINE}\n")
    assert not any(value in refusal(file) for value in LINE.split(","))


def test_an_empty_file_is_refused(file: Path) -> None:
    file.write_bytes(b"")
    assert refusal(file) == "the file is empty"
    file.write_text(f"{HEADER}\n\n,,,,,\n")
    assert refusal(file) == "the file has a header and no rows"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_another_encoding_is_refused(file: Path, encoding: str) -> None:
    text = f"{HEADER}\n{LINE}\n{LINE.replace('SITI', 'JOSÉ')}\n"
    file.write_bytes(("\ufeff" if encoding.startswith("utf-16-") else "").encode(encoding) + text.encode(encoding))
    assert refusal(file) == 'the file is not in UTF-8: save it as "CSV UTF-8"'


@pytest.mark.parametrize("line", [LINE.replace("SITI", '"SITI'), LINE.replace("SITI AMINAH", '"SITI" AMINAH')])
def test_broken_quotes_refuse_the_file(file: Path, line: str) -> None:
    file.write_text(f"{HEADER}\n{LINE}\n{line}\n{LINE}\n")
    assert refusal(file).startswith("the file is not valid CSV after row 2")


def test_a_cell_of_megabytes_refuses_the_file(file: Path) -> None:
    file.write_text(f"{HEADER}\n{LINE.replace('SITI', 'S' * 2**20)}\n")
    assert refusal(file).startswith("the file is not valid CSV after row 1")


def test_too_many_rows_and_bytes_are_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_ROWS", 3)
    assert len(read(file, HEADER, *[LINE] * 3)) == 3
    with file.open("a") as more:
        more.write(f"\n\n{LINE}\n")
    assert refusal(file) == "the file has more than 3 rows: split it"
    file.write_bytes(b" " * (25 * 2**20 + 1))
    assert refusal(file) == "the file is larger than 25 MB: split it"


def test_an_old_or_protected_workbook_is_refused(file: Path) -> None:
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    assert refusal(file).startswith("the file is protected by a password, or of Excel before 2007")


def test_memory_does_not_grow_with_the_file(file: Path) -> None:
    peaks = []
    for count in (100, 4_000):
        file.write_text(f"{HEADER}\n" + f"{LINE}\n" * count)
        tracemalloc.start()
        assert sum(1 for _ in read_rows(file)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 20_000


@pytest.mark.parametrize(
    "data", [b"\x00", b"\xff\xff\xff\xff", b"PK", b"PK\x03\x05", b'"', b"\n" * 1000, b"," * 10_000]
)
def test_hostile_bytes_are_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert refusal(file)
