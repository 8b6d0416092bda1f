"""A cell: one flow, one of its calls, one way to break it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.verification.matrix.modes import Mode, goes_with


@dataclass(frozen=True, order=True)
class Cell:
    """`flow` is cold (a fresh worker, a token to mint) or warm; `label` is its call, empty where nothing is broken."""

    flow: str
    cold: bool
    label: str = ""
    mode: Mode | None = None

    @property
    def name(self) -> str:
        """Such as `submit/cold/dynamodb.PutItem(TOKEN)#1/kill-after`; with it, `MATRIX_ONLY` runs just this cell."""
        parts = (self.flow, "cold" if self.cold else "warm", self.label, self.mode or "")
        return "/".join(part for part in parts if part)


def broken(healthy: Cell, labels: Iterable[str]) -> Iterator[Cell]:
    """The cells of a flow whose calls are these."""
    for label in dict.fromkeys(labels):
        for mode in Mode:
            if goes_with(mode, label):
                yield Cell(healthy.flow, healthy.cold, label, mode)


def selected(cells: Iterable[Cell], only: str) -> list[Cell]:
    """Those whose name is `only`, or fits it where it has a `*`; all for the empty string."""
    patterns = only.split(",")
    return [cell for cell in cells if not only or any(fnmatchcase(cell.name, _literal(one)) for one in patterns)]


def _literal(pattern: str) -> str:
    return pattern.replace("[", "[[]")
