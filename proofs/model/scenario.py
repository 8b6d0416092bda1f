"""What takes part in one exploration, and its bound."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from proofs.model.doku import Words
from proofs.model.parts import Invocation

BEGAN = 1_790_000_000_000
"""When every exploration begins, in milliseconds. Any time would do."""


LIFETIME = 2 * 60_000
"""Milliseconds after which an invocation has been stopped: the longest time-out of a function, and a minute by which
clocks may be apart."""


class Budget(NamedTuple):
    """How often each thing may still happen on one path. What DOKU makes of a transfer request costs nothing."""

    faults: int = 0
    """Crashes between two calls, refused and lost writes, refused reads, answers of DOKU that are no use."""
    ticks: int = 0
    """Of all pollers together."""
    advances: int = 0
    """Of the clock, to the next time at which something is due or ends."""
    weeks: int = 0
    """Of the clock by seven days."""
    callbacks: int = 0
    """With a valid signature: true or altered, early or late, once or again."""
    deliveries: int = 0
    """Of notifications from the queue."""
    words: int = 0
    """Of an operator."""


@dataclass(frozen=True)
class Scenario:
    """One exploration: every path of these actors within the budget."""

    name: str
    submitters: tuple[Invocation, ...]
    budget: Budget
    pollers: int = 1
    patient: bool = True
    """Whether DOKU knows within half an hour what it took. Otherwise it may deny it for a day."""
    words: Words = Words.EVERY
    """In how many ways DOKU answers a transfer request."""
    items: tuple[Mapping[str, Any], ...] = field(default=())
    """What the table holds at the beginning."""
    small: Budget | None = None
    """A bound that takes about a second, for the tests; the whole one where there is none."""
