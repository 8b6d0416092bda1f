"""Keeps measured numbers in docs/figures/*.json and writes them into README.md and docs/: make figures.

A page has a block between `<!-- figures: NAME -->` and `<!-- /figures -->`. Its text is the template NAME of
tools/figures.toml, filled with the numbers of docs/figures/*.json.
"""

import argparse
import json
import os
import re
import string
import sys
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BENCH = ROOT / "docs" / "figures" / "bench.json"
MISSING = "not measured yet"
TEMPLATES = Path(__file__).with_name("figures.toml")
_BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)


def pages() -> list[Path]:
    """The pages that may have blocks."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read() -> dict[str, float]:
    """All figures by name."""
    files = sorted((ROOT / "docs" / "figures").glob("*.json"))
    return {name: value for file in files for name, value in json.loads(file.read_text(encoding="utf-8")).items()}


def templates() -> dict[str, str]:
    """The text of each block by its name."""
    return tomllib.loads(TEMPLATES.read_text(encoding="utf-8"))


def fill(page: str, figures: Mapping[str, float]) -> str:
    """The page with every block filled. Raises KeyError for a block without a template."""
    texts, numbers = templates(), _Numbers(figures)
    return _BLOCK.sub(lambda block: f"{block[1]}{texts[block[2]].format_map(numbers)}{block[3]}", page)


def names(page: str) -> set[str]:
    """The figures that the blocks of a page show."""
    texts = templates()
    parsed = (string.Formatter().parse(texts[block[2]]) for block in _BLOCK.finditer(page))
    return {name for fields in parsed for _, name, _, _ in fields if name}


def write() -> list[Path]:
    """Fill all pages. Returns those that changed."""
    figures, changed = read(), []
    for path in pages():
        before = path.read_text(encoding="utf-8")
        if (after := fill(before, figures)) != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


def merge(measured: Mapping[str, float], path: Path = BENCH) -> None:
    """Write these figures and today's date to `path`. Figures that were not measured now stay as they were."""
    known = json.loads(path.read_text()) if path.exists() else {}
    today = int(datetime.now(UTC).strftime("%Y%m%d"))
    figures = known | {name: _rounded(value) for name, value in measured.items()} | {f"{path.stem}_date": today}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    os.replace(fresh, path)


def main() -> int:
    """Fill the pages, or with --check only compare them. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.figures", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if a page is not current")
    options = parser.parse_args()
    figures = read()
    if options.check:
        behind = [path.name for path in pages() if fill(text := path.read_text("utf-8"), figures) != text]
        if behind:
            print(f"figures: {', '.join(behind)} not current; run make figures")
        return int(bool(behind))
    for path in write():
        print(f"figures: wrote {path.relative_to(ROOT)}")
    wanted = {name for path in pages() for name in names(path.read_text("utf-8"))}
    if missing := sorted(wanted - figures.keys()):
        print(f"figures: {MISSING}: {', '.join(missing)}")
    return 0


def _rounded(value: float) -> float:
    """Four significant digits: more would be noise."""
    return value if isinstance(value, int) else float(f"{value:.4g}")


class _Numbers(dict[str, Any]):
    """Figures for `str.format_map`: one that ends with `_date`, such as 20261121, is a date."""

    def __init__(self, figures: Mapping[str, float]) -> None:
        super().__init__({name: _value(name, number) for name, number in figures.items()})

    def __missing__(self, name: str) -> "_NotMeasured":
        return _NotMeasured()


class _NotMeasured:
    def __format__(self, spec: str) -> str:
        return MISSING


def _value(name: str, number: float) -> float | date:
    return date.fromisoformat(f"{number}") if name.endswith("_date") else number


if __name__ == "__main__":
    sys.exit(main())
