"""References in code, tests and pages: every file, heading and make target that they name exists."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, anchor, anchors, links
from tests.support.harness import ROOT

FORBIDDEN = re.compile(
    r"\bDESIGN(?:\.md|,? (?:section )?\d)|\bFAULTS [0-9]|\bPROTOCOL(?:\.md| \d)|\b[Ss]eeds? 00\d|\bSTYLE\.md"
)
"""Notes that are not in this repository."""

THIS = Path(__file__).relative_to(ROOT).as_posix()
WITHOUT_REFERENCES = {"docs/decisions.md", "CHANGELOG.md"}
"""Pages that name files and targets of the past."""
_PAGE = re.compile(
    r"\b(?:docs/)([a-z-]+\.md)"  # docs/page.md
    r"(?:#([\w-]+)"  # docs/page.md#anchor
    r"|(?:`?,?\s+(?:section\s+)?\"([^\"\n]+)\"))?"  # docs/page.md, "Heading"
)
_BARE = re.compile(r"(?<![\w/.*-])([a-z]+(?:-[a-z]+)*\.md)\b")
_MAKE = re.compile(r"(?:`|^\s*(?:sh )?|\()make ([a-z][a-z-]*)", re.MULTILINE)
_QUOTED_MAKE = re.compile(r"`make ([a-z][a-z-]*)")
_PATH = re.compile(r"`((?:docs|tests|tools|local|layers|functions|benchmarks|console|events)/[\w./-]*\w/?)`")


FOLDERS = (".github", "benchmarks", "console", "docs", "events", "functions", "layers", "local", "tests", "tools")
GENERATED = {"__pycache__", "node_modules"}
BINARY = {".pyc", ".png", ".xlsx"}


@cache
def files() -> tuple[str, ...]:
    """The text files of the repository, read without git: a release need not be a checkout."""
    below = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")))
    kept = (path for path in below if not GENERATED & set(path.parts) and path.suffix not in BINARY)
    top = (
        path for path in sorted(ROOT.iterdir()) if path.suffix in {".md", ".toml", ".yaml"} or path.name == "Makefile"
    )
    return tuple(path.relative_to(ROOT).as_posix() for path in (*top, *kept) if path.is_file())


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", text("Makefile"), re.MULTILINE))


def page_names() -> set[str]:
    return {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_resolves(page: Path) -> None:
    for path, wanted in links(page):
        target = (page.parent / path) if path else page
        assert target.exists(), path
        if wanted:
            assert wanted in anchors(target), f"{path}#{wanted}"


def broken_references(name: str) -> Iterator[str]:
    """Pages and headings that a file names and that do not exist."""
    for page, wanted, heading in _PAGE.findall(joined(text(name))):
        path = ROOT / "docs" / page
        if not path.exists():
            yield f"{name}: docs/{page}"
        elif wanted and wanted not in anchors(path):
            yield f"{name}: docs/{page}#{wanted}"
        elif heading and anchor(heading) not in anchors(path):
            yield f'{name}: docs/{page}, "{heading}"'
    if not name.endswith(".md"):
        yield from (f"{name}: {page}" for page in _BARE.findall(text(name)) if page not in page_names())


def joined(source: str) -> str:
    """The text with comments and docstrings that run over several lines on one line each."""
    return re.sub(r"\n\s*(?:#|//|\*)? *(?=\S)", " ", source)


def test_every_page_and_heading_exists() -> None:
    names = [name for name in files() if name not in {THIS, *WITHOUT_REFERENCES}]
    assert [broken for name in names for broken in broken_references(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_of_a_page_exists(page: Path) -> None:
    assert set(_MAKE.findall(page.read_text(encoding="utf-8"))) <= targets()


def test_every_make_target_in_code_exists() -> None:
    names = [name for name in files() if name.endswith((".py", ".toml", ".yaml", ".js"))]
    missing = {f"{name}: {target}" for name in names for target in _QUOTED_MAKE.findall(text(name))}
    assert {one for one in missing if one.rpartition(" ")[2] not in targets()} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_in_a_page_exists(page: Path) -> None:
    if page.relative_to(ROOT).as_posix() not in WITHOUT_REFERENCES:
        named = _PATH.findall(page.read_text(encoding="utf-8"))
        assert [path for path in named if not (ROOT / path).exists()] == []


def test_no_file_names_notes_outside_the_repository() -> None:
    found = {name for name in files() if name != THIS and FORBIDDEN.search(text(name))}
    assert sorted(found) == []
