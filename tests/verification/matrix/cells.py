"""Cells of the matrix: one flow, one of its calls, one fault mode."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.verification.matrix.modes import KILLS, Mode, goes_with

_COLD_START = ("secretsmanager.GetSecretValue", "dynamodb.GetItem(SWITCH)", "doku.token")
"""Calls that a function makes on a cold start only; reads and writes of the token's item are others."""
_SAME_COLD_START = {"submit-key": "submit", "status-check": "refresh"}
"""Flows whose cold start makes the same calls, at the same point, as that of another flow."""
_ALSO_COLD = KILLS | {Mode.LOSE_REPLY}
"""Modes of the remaining calls on a cold start: a warm function handles the other modes in the same way."""


OF_BATCHES = "batch-"
"""Prefix of the flows of batches, which are only played warm."""
_FOR_BATCHES, _FOR_READS = frozenset({Mode.KILL_AFTER, Mode.LOSE_REPLY}), frozenset({Mode.KILL_AFTER, Mode.THROTTLE})
"""A kill before a call is one after the call before. Other faults become errors in the same clients as elsewhere."""


@dataclass(frozen=True, order=True)
class Cell:
    """One run of a flow. `cold`: in a new function process. `label` and `mode` are empty if no call fails."""

    flow: str
    cold: bool
    label: str = ""
    mode: Mode | None = None

    @property
    def name(self) -> str:
        """The name for MATRIX_ONLY, such as `submit/cold/dynamodb.PutItem(TOKEN)#1/kill-after`."""
        parts = (self.flow, "cold" if self.cold else "warm", self.label, self.mode or "")
        return "/".join(part for part in parts if part)


def with_faults(healthy: Cell, labels: Iterable[str]) -> Iterator[Cell]:
    """The cells of a flow that makes these calls: each call with each mode that applies."""
    for label in dict.fromkeys(labels):
        for mode in Mode:
            if goes_with(mode, label) and _is_played(healthy, label, mode):
                yield Cell(healthy.flow, healthy.cold, label, mode)


def _is_played(healthy: Cell, label: str, mode: Mode) -> bool:
    if healthy.flow.startswith(OF_BATCHES):
        return mode in (_FOR_READS if ".Get" in label or ".BatchGet" in label or ".Query" in label else _FOR_BATCHES)
    return not healthy.cold or _is_played_cold(healthy.flow, label, mode)


def _is_played_cold(flow: str, label: str, mode: Mode) -> bool:
    is_cold_start = label.startswith(_COLD_START) or "(TOKEN)" in label
    return mode in _ALSO_COLD or (is_cold_start and flow not in _SAME_COLD_START)


def selected(cells: Iterable[Cell], only: str) -> list[Cell]:
    """Cells whose name matches one of the comma-separated patterns in `only`; all cells if it is empty."""
    patterns = only.split(",")
    return [cell for cell in cells if not only or any(fnmatchcase(cell.name, _literal(one)) for one in patterns)]


def _literal(pattern: str) -> str:
    return pattern.replace("[", "[[]")
