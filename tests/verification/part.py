"""The result of a part of `make prove`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A part's result: a summary line, its counts for docs/figures/proof.json, and whether the promise holds."""

    line: str
    figures: Mapping[str, int]
    holds: bool
