"""XLSX, read by a process of its own: a crafted file of 2 KB can make any reader allocate without end."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from batch_worker.rows import sheet_process
from batch_worker.rows.refusal import FileRefused
from payouts.services.batch_rows import Cell, NotText

_UNREADABLE = (
    f"the spreadsheet cannot be read, or needs more than {sheet_process.MEMORY // 2**20} MB of memory: save it as CSV,"
    " which needs none, or copy only its columns into a new file"
)
_KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""Variables that the process gets. Those with credentials are not among them."""


def lines(path: Path) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of the one sheet that has data, numbered as in the sheet. Raises FileRefused."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-P", "-m", sheet_process.__name__, str(path)]
    with subprocess.Popen(  # noqa: S603 - nothing of the command is from outside
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield from _rows(process.stdout or ())
        finally:
            process.kill()


def _rows(output: Iterable[str]) -> Iterator[tuple[int, list[Cell]]]:
    """What the process printed. It ends with a line that says so; without it the process died."""
    for line in output:
        if not line.endswith("\n"):
            break
        printed: dict[str, Any] = json.loads(line)
        if "error" in printed:
            raise FileRefused(printed["error"])
        if printed.get("end"):
            return
        yield printed["row"], [NotText() if cell is None else cell for cell in printed["cells"]]
    raise FileRefused(_UNREADABLE)
