"""Write measured numbers into README.md and docs/ (make figures).

A page holds `<!-- figure:NAME -->` TEXT `<!-- /figure -->`, in a sentence or a cell of a table; TEXT is the number of
that name in docs/figures/*.json. A format may follow the name, as Python writes it, `<!-- figure:NAME .0% -->`, or
`date` for a day such as 20261121.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent.parent
MISSING = "not measured yet"
_PLACE = re.compile(r"(<!-- figure:(\w+)(?: (\S+))? -->).*?(<!-- /figure -->)")


def pages() -> list[Path]:
    """The pages that may have places for numbers."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read() -> dict[str, float]:
    """Every figure by its name."""
    files = sorted((ROOT / "docs" / "figures").glob("*.json"))
    return {name: value for file in files for name, value in json.loads(file.read_text(encoding="utf-8")).items()}


def fill(page: str, figures: Mapping[str, float]) -> str:
    """The page with every place filled. Raises ValueError for a format that fits no number."""
    return _PLACE.sub(lambda place: f"{place[1]}{_text(figures, place[2], place[3])}{place[4]}", page)


def names(page: str) -> list[str]:
    """The names of the figures of a page."""
    return [place[2] for place in _PLACE.finditer(page)]


def write() -> list[Path]:
    """Fill all pages; return those that changed."""
    figures, changed = read(), []
    for path in pages():
        before = path.read_text(encoding="utf-8")
        if (after := fill(before, figures)) != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


def main() -> int:
    """Fill the pages, or only check them. Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.figures", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a page is not current")
    options = parser.parse_args()
    figures = read()
    if options.check:
        behind = [path.name for path in pages() if fill(text := path.read_text("utf-8"), figures) != text]
        if behind:
            print(f"figures: {', '.join(behind)} not current with docs/figures; run make figures")
        return int(bool(behind))
    for path in write():
        print(f"figures: wrote {path.relative_to(ROOT)}")
    wanted = {name for path in pages() for name in names(path.read_text("utf-8"))}
    if missing := sorted(wanted - figures.keys()):
        print(f"figures: {MISSING}: {', '.join(missing)}")
    return 0


def _text(figures: Mapping[str, float], name: str, spec: str | None) -> str:
    if name not in figures:
        return MISSING
    value = figures[name]
    if spec == "date":
        return date.fromisoformat(f"{value}").isoformat()
    return format(value, spec or ("," if isinstance(value, int) else ",.4g"))


if __name__ == "__main__":
    sys.exit(main())
