"""docs/figures/bench.json: one flat map of names to numbers, from which README and docs take theirs."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

PATH = Path(__file__).parent.parent / "docs" / "figures" / "bench.json"


def merge(measured: Mapping[str, float], path: Path = PATH) -> None:
    """Write what was measured, and the day; what was not measured now stays as it was."""
    known = json.loads(path.read_text()) if path.exists() else {}
    today = int(datetime.now(UTC).strftime("%Y%m%d"))
    figures = known | {name: _rounded(value) for name, value in measured.items()} | {f"{path.stem}_date": today}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    os.replace(fresh, path)


def _rounded(value: float) -> float:
    """Four significant digits: more would be noise."""
    return value if isinstance(value, int) else float(f"{value:.4g}")
