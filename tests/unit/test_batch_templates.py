"""The templates that people fill in, and the page about files."""

import io
import re
import zipfile
from pathlib import Path

import pytest

from batch_worker.rows import FileRefused, read_rows
from batch_worker.rows.columns import ALIASES
from payouts.services.batch_rows import REQUIRED
from tools import batch_templates

ROOT = Path(__file__).parents[2]


def parts(name: str, content: bytes) -> dict[str, bytes]:
    """The parts of an archive, since libraries compress differently."""
    if not name.endswith(".xlsx"):
        return {name: content}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {part: archive.read(part) for part in archive.namelist()}


def test_the_templates_are_current() -> None:
    stored = {path.name: parts(path.name, path.read_bytes()) for path in batch_templates.FOLDER.iterdir()}
    wanted = {name: parts(name, content) for name, content in batch_templates.templates().items()}
    assert stored == wanted, "run `make templates`"


@pytest.mark.parametrize("name", batch_templates.templates())
def test_a_template_lacks_only_rows(name: str) -> None:
    with pytest.raises(FileRefused, match="the file has a header and no rows"):
        list(read_rows(batch_templates.FOLDER / name))


def test_the_page_lists_every_alias() -> None:
    page = (ROOT / "docs" / "batch-files.md").read_text()
    found = re.findall(r"^\| `(\w+)` \| ([^|]*)\| ([^|]*)\| (required)?", page, re.MULTILINE)
    cells = {name: (*english.split(","), *indonesian.split(",")) for name, english, indonesian, _ in found}
    listed = {name: tuple(alias.strip() for alias in aliases if alias.strip()) for name, aliases in cells.items()}
    assert listed == dict(ALIASES)
    assert {name for name, _, _, required in found if required} == set(REQUIRED)
