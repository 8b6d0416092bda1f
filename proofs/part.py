"""What a part of the proof hands back."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True)
class Shown:
    """One part's result: the line that ends it, its counts for docs/figures/proof.json, and whether it holds."""

    line: str
    figures: Mapping[str, int]
    holds: bool


def shown_by(module: str) -> Shown:
    """Run the part that is in a module, telling how it goes."""
    shown: Shown = importlib.import_module(module).run(Console())
    return shown
