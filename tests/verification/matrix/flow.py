"""A flow: how it is prepared, the step in which a call fails, what a client does afterwards, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.verification.matrix.cell_run import Answer, CellRun


@dataclass(frozen=True)
class Flow:
    """`prepare` runs without a fault, `act` with it; `retry` is what a correct client sends afterwards."""

    function: str
    """The function whose calls fail."""
    prepare: Callable[[CellRun], None]
    act: Callable[[CellRun], Answer | None]
    retry: Callable[[CellRun], None]
    keeps_token: bool = False
    """True if a cold start finds a token in the table."""
    finish: Callable[[CellRun], None] = CellRun.settle
    """Lets time pass until nothing is pending."""
