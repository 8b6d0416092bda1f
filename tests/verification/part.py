"""What a part of the proof hands back."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """One part's result: the line that ends it, its counts for docs/figures/proof.json, and whether it holds."""

    line: str
    figures: Mapping[str, int]
    holds: bool
