"""python -m tools.batch_templates: write the empty files that people fill in for a batch, as XLSX and CSV."""

import io
import sys
from datetime import datetime
from pathlib import Path

from payouts.services.batch_rows import AMOUNT, MOST_ROWS, REQUIRED
from payouts.services.safe_csv import BOM, csv_rows

FOLDER = Path(__file__).parents[1] / "console" / "templates"
COLUMNS = ("partnerReferenceNo", *REQUIRED, "remark")
_WIDTH = 28
_MADE = datetime(2026, 11, 28)  # noqa: DTZ001 - xlsxwriter takes no zone; a fixed time gives the same bytes each time


def templates() -> dict[str, bytes]:
    """The content of each file by its name."""
    return {"payouts.csv": (BOM + csv_rows([COLUMNS])).encode(), "payouts.xlsx": _spreadsheet()}


def _spreadsheet() -> bytes:
    """One sheet with a header. Its columns are text, which keeps leading zeros, and the amount a whole number."""
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": _MADE})
        sheet = workbook.add_worksheet("payouts")
        text, number = workbook.add_format({"num_format": "@"}), workbook.add_format({"num_format": "0"})
        for index, name in enumerate(COLUMNS):
            sheet.set_column(index, index, _WIDTH, number if name == AMOUNT else text)
        sheet.write_row(0, 0, COLUMNS, workbook.add_format({"bold": True, "num_format": "@"}))
        sheet.freeze_panes(1, 0)
        amount = COLUMNS.index(AMOUNT)
        whole = {"validate": "integer", "criteria": ">", "value": 0}
        sheet.data_validation(1, amount, MOST_ROWS, amount, whole)
    return content.getvalue()


def main() -> int:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in templates().items():
        (FOLDER / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
